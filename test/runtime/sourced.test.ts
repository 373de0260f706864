/** An actor whose state is the sum of its events counts each message once, whatever crashes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  actor,
  child,
  next,
  ok,
  openSource,
  reply,
  type Call,
  type Cast,
  type Entry,
  type Journal,
  type Snapshot,
  type Sourced,
} from '../../src/runtime/index.js';
import { explore, type World } from '../../src/runtime/testkit.js';

type AccountProtocol = { payIn: Cast<number>; sum: Call<null, number> };

/** A journal in memory. Each `failEvery`th append fails, after it has written when `isLate`. */
function memoryJournal(failEvery: number, isLate: boolean) {
  const entries: Entry<number>[] = [];
  const kept: Snapshot<number>[] = [];
  const counts = { appends: 0 };
  const journal: Journal<number, number> = {
    load() {
      const snapshot = kept.at(-1) ?? null;
      return { snapshot, entries: entries.slice(snapshot?.count ?? 0) };
    },
    append(more, count) {
      assert.equal(count, entries.length);
      counts.appends += 1;
      const isFailing = counts.appends % failEvery === 0;
      if (isFailing && !isLate) throw new Error('the disk is full');
      entries.push(...more);
      if (isFailing) throw new Error('the disk answers too late');
    },
    keep(snapshot) {
      kept.push(snapshot);
    },
  };
  return { journal, entries, kept };
}

const account = (journal: Journal<number, number>) =>
  actor<null, Sourced<number, number>, AccountProtocol>({
    name: 'account',
    triesMax: 20,
    init: () => openSource({ journal, initial: 0, apply: (sum, n) => sum + n, snapshotEvery: 5 }),
    receive: {
      payIn: (sourced, n, { messageId }) => {
        sourced.emit(n, messageId);
        return next(sourced);
      },
      sum: (sourced) => reply(sourced, ok(sourced.state)),
    },
    settle: (sourced) => sourced.commit(),
  });

const scenario = (isLate: boolean) => async (world: World) => {
  const { journal, entries, kept } = memoryJournal(3, isLate);
  const spec = child(account(journal));
  const root = await world.start({ name: 'root', children: [spec], restartsMax: 1_000 });
  for (let n = 1; n <= 20; n += 1) root.ref(spec).cast('payIn', n)._unsafeUnwrap();
  await world.sleep(60_000);
  assert.equal((await root.ref(spec).call('sum', null))._unsafeUnwrap(), 210);
  assert.equal(entries.length, 20);
  assert.ok(kept.length > 0);
  assert.deepEqual(root.deadLetters(), []);
};

describe('an actor with a journal', () => {
  for (const when of ['before', 'after'])
    test(`counts each message once when its journal fails ${when} it has written`, async () => {
      assert.equal(await explore(scenario(when === 'after'), { runs: 30, crashes: 2 }), 30);
    });
});
