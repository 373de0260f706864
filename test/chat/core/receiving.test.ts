/** Messages of peers on their way to the disk, without a core around: which are stored together, and what is confirmed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { err, ok } from 'neverthrow';
import { bytesOf } from '../../../src/chat/delivery/entry.js';
import { Expiry } from '../../../src/chat/delivery/expiry/expiry.js';
import { Incoming } from '../../../src/chat/delivery/incoming.js';
import { incoming as limits } from '../../../src/chat/delivery/limits.js';
import type { Heard } from '../../../src/chat/routes/route.js';
import { tokenOf } from '../../../src/chat/turn.js';
import type { MessageId } from '../../../src/ids.js';
import { parseSessionId } from '../../../src/ids.js';
import { entry, messageId, peer } from '../../history/driver.js';
import { openTurn } from '../../support/core-parts.js';

const sessionId = parseSessionId('s1')._unsafeUnwrap();
const lost = err({ code: 'runtime/lost', actor: 'history', name: 'append' } as const);
const poisoned = err({ code: 'runtime/poison', actor: 'history', name: 'append' } as const);

/** A part with one turn for all inputs. */
function receiving() {
  const incoming = new Incoming(new Expiry());
  const turn = openTurn();
  let calls = 0;
  const heardOf = (numbers: readonly number[], isRepeated: boolean, sender = 1): Heard => ({
    type: 'heard',
    entries: numbers.map((number) => entry(number, { direction: 'in', peerId: peer(sender) })),
    call: { callId: (calls += 1) },
    repeatedBy: isRepeated ? { peerId: peer(sender), sessionId } : null,
  });
  return {
    incoming,
    turn,
    heardOf,
    hear: (...numbers: number[]) => incoming.heard(heardOf(numbers, true), turn),
    hearOnce: (...numbers: number[]) => incoming.heard(heardOf(numbers, false), turn),
    store: (token: number, result: Parameters<Incoming['stored']>[1] = ok(null)) =>
      incoming.stored(tokenOf(token), result, turn),
    /** The ids of each append, in order. */
    appends: (): readonly (readonly MessageId[])[] =>
      turn.effects.flatMap((effect) =>
        effect.to === 'history' && effect.ask.type === 'append'
          ? [effect.ask.entries.map(({ id }) => id)]
          : [],
      ),
    /** The receipts that each call got. */
    receipts: (): ReadonlyMap<number, unknown> =>
      new Map(
        turn.effects.flatMap((effect) =>
          effect.to === 'caller' ? [[effect.callId, effect.result._unsafeUnwrap()] as const] : [],
        ),
      ),
  };
}

const ids = (...numbers: number[]): readonly MessageId[] => numbers.map(messageId);
const confirmed = (...numbers: number[]) => ({ receipts: ids(...numbers) });

// Fault Z2
test('a session has one append under way, and what comes meanwhile shares the next one', () => {
  const { hear, store, appends, receipts, incoming } = receiving();
  hear(1, 2);
  hear(3);
  hear(4);
  assert.deepEqual(appends(), [ids(1, 2)]);
  assert.deepEqual(incoming.entriesOf(tokenOf(1))?.length, 2);
  assert.deepEqual(receipts().size, 0, 'no receipt before the commit');
  assert.deepEqual(store(1), []);
  assert.deepEqual(appends(), [ids(1, 2), ids(3, 4)]);
  store(2);
  assert.deepEqual(
    [...receipts()],
    [
      [1, confirmed(1, 2)],
      [2, confirmed(3)],
      [3, confirmed(4)],
    ],
  );
  assert.equal(incoming.entriesOf(tokenOf(2)), null);
  assert.equal(store(2), null, 'an append is answered once');
  hear(5);
  assert.deepEqual(appends().at(-1), ids(5), 'the session goes on');
});

// Fault Z2
test('an append takes as many messages as its bound, and the rest follows', () => {
  const { hear, store, appends } = receiving();
  const some = Array.from({ length: limits.appendEntriesMax }, (_, at) => at + 10);
  hear(1);
  hear(2);
  hear(...some.slice(1));
  hear(3);
  store(1);
  assert.deepEqual(appends()[1]?.length, limits.appendEntriesMax);
  store(2);
  assert.deepEqual(appends()[2], ids(3));
});

// Fault Z2
test('a refused append refuses what waits behind it, without receipts, and the session goes on', () => {
  const { hear, store, appends, receipts } = receiving();
  hear(1);
  hear(2);
  const orders = store(1, lost);
  assert.deepEqual(orders, [{ type: 'refuse', peerId: peer(1), sessionId }]);
  assert.deepEqual(
    [...receipts()],
    [
      [1, confirmed()],
      [2, confirmed()],
    ],
  );
  assert.deepEqual(appends(), [ids(1)]);
  hear(1, 2);
  assert.deepEqual(appends().at(-1), ids(1, 2));
});

// Fault Z2
test('after a crash of several each goes alone, and only the culprit is set aside', () => {
  const { hear, store, appends, receipts } = receiving();
  hear(1, 2);
  assert.equal(store(1, poisoned)?.length, 1, 'the culprit is not known yet');
  hear(1, 2, 3);
  hear(4);
  assert.deepEqual(appends().slice(1), [ids(1)]);
  assert.deepEqual(store(2, poisoned), [], 'the culprit is known: the session stays');
  assert.deepEqual(appends().slice(2), [ids(2)]);
  store(3);
  assert.deepEqual(appends().slice(3), [ids(3)]);
  assert.equal(receipts().has(2), false, 'one portion is open');
  store(4);
  assert.deepEqual(receipts().get(2), confirmed(2, 3));
  store(5);
  hear(1);
  assert.deepEqual(receipts().get(4), confirmed(), 'a message that is set aside gets no receipt');
  hear(1, 2, 5);
  assert.deepEqual(appends().at(-1), ids(2, 5), 'a committed message is no suspect');
});

// Fault Z2
test('a sender that never repeats waits for no other append, and its loss is said', () => {
  const { hearOnce, store, appends, receipts, turn } = receiving();
  hearOnce(1);
  hearOnce(2);
  assert.deepEqual(appends(), [ids(1), ids(2)]);
  assert.deepEqual(store(1, lost), [], 'nobody is asked to repeat');
  assert.deepEqual(store(2), []);
  assert.deepEqual(
    [...receipts()],
    [
      [1, confirmed()],
      [2, confirmed(2)],
    ],
  );
  const said = turn.effects.flatMap((effect) =>
    effect.to === 'feed' && effect.event.type === 'error' ? [effect.event.message] : [],
  );
  assert.deepEqual(said, ['a message arrived and could not be stored; its sender does not know']);
});

// Case N4
test('the quota of a stranger counts what is being stored and what waits, of that stranger alone', () => {
  const { heardOf, incoming, turn, hear } = receiving();
  hear(1);
  hear(2);
  incoming.heard(heardOf([3], false, 2), turn);
  const bytes = [1, 2, 4].reduce((sum, number) => sum + bytesOf(entry(number).content), 0);
  const asked: number[] = [];
  const people = (isTrusted: boolean, isOver: boolean) => ({
    isTrusted: () => isTrusted,
    isOverQuota: (_: unknown, more: number) => (asked.push(more), isOver),
  });
  assert.equal(incoming.refusal(heardOf([4], true), people(false, false), turn), null);
  assert.deepEqual(asked, [bytes]);
  assert.equal(incoming.refusal(heardOf([4], true), people(true, true), turn), null, 'a friend has no quota');
  assert.equal(incoming.refusal(heardOf([4], false), people(false, true), turn), null);
  assert.equal(asked.length, 1);
  const before = turn.effects.length;
  const order = incoming.refusal(heardOf([4], true), people(false, true), turn);
  assert.deepEqual(order, { type: 'refuse', peerId: peer(1), sessionId });
  const [answered, line] = turn.effects.slice(before);
  assert.ok(answered?.to === 'caller');
  assert.deepEqual(answered.result._unsafeUnwrap(), confirmed());
  assert.ok(line?.to === 'log');
  assert.deepEqual(line.ration, { source: peer(1), isRestLogged: true });
});
