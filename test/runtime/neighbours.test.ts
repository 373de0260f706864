/** A message that ends its thread each time, passed on between two actors of that thread, or by an actor to itself. */
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { DeadLetter } from '../../src/runtime/index.js';
import type { Fate } from './actors.js';
import { relaysAt, type Way } from './neighbours.js';
import { notes, shared, startTree, workerAt } from './tree.js';
import { hangMs } from '../support/deadline.js';

/** Each way once, and each end of a thread once. */
const cases: readonly (readonly [Way, Fate])[] = [
  ['cast', 'exit'],
  ['call', 'uncaught'],
  ['circle', 'loop'],
];
/** A message of an actor to itself is lost with its thread, unless its cause was not acknowledged yet. */
const ownCases: readonly (readonly [Way, Fate])[] = [
  ['itself', 'exit'],
  ['self', 'exit'],
];
const soon = { busyMsMax: 100, heartbeatDeadlineMs: 200, heartbeatEveryMs: 50, poisonTriesMax: 2 };

const isOfPass = ({ name, reason }: DeadLetter): boolean => name === 'pass' && reason === 'poison';
const isOfOwn = ({ from, reason }: DeadLetter): boolean => from === 'relay' && reason === 'lost-with-thread';

/** Sends the message, and waits until a letter tells of it and its thread serves again. */
async function passOn(context: TestContext, way: Way, fate: Fate): Promise<readonly DeadLetter[]> {
  const [relay, echo] = relaysAt(shared);
  const tree = await startTree({ children: [notes, workerAt(shared), relay, echo], limits: soon });
  context.after(() => tree.root.stop());
  const ref = tree.root.ref(relay);
  ref.cast('pass', { way, fate })._unsafeUnwrap();
  await tree.event(
    (event) =>
      event.type === 'gave-up' ||
      (event.type === 'dead-letter' && (isOfPass(event.letter) || isOfOwn(event.letter))),
  );
  const answer = await ref.call('ask', null, { deadlineMs: hangMs });
  assert.equal(answer._unsafeUnwrap(), 'still there');
  return tree.root.deadLetters();
}

describe('a message whose consequence ends the thread each time', () => {
  for (const [way, fate] of cases)
    test(`(${way}, ${fate}) becomes a dead letter, and its thread goes on`, async (context) => {
      const letters = await passOn(context, way, fate);
      assert.deepEqual(
        letters.filter(({ reason }) => reason === 'poison'),
        [{ actor: 'relay', from: '', name: 'pass', reason: 'poison', body: { way, fate } }],
      );
    });

  for (const [way, fate] of ownCases)
    test(`(${way}, ${fate}) becomes letters, and its thread goes on`, async (context) => {
      const letters = await passOn(context, way, fate);
      assert.ok(letters.length > 0 && letters.every((letter) => isOfPass(letter) || isOfOwn(letter)));
    });
});
