/** The meaning of a peer's word for a transfer in each state: it is acknowledged, repeated, or goes on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stepsFor } from '../../../src/chat/files/hearing.js';
import { isWithoutUse, isWordUrgent, mayAct, type TransferRecord } from '../../../src/chat/files/record.js';
import type { FileWords } from '../../../src/dialects/files.js';
import { messageId } from '../../history/driver.js';
import { transferRecord } from '../../support/transfer-record.js';

const id = messageId(1);
const accept: FileWords = { type: 'consent', id, answer: 'accept', reason: 'known' };
const decline: FileWords = { type: 'consent', id, answer: 'decline', reason: 'cancelled' };
const pull: FileWords = { type: 'pull', id, first: 0, count: 1 };
const stored: FileWords = { type: 'stored', id, root: new Uint8Array(32) };
const stop = (reason: 'cancelled' | 'known'): FileWords => ({ type: 'stop', id, reason });
const out = (fields: Partial<TransferRecord>): TransferRecord =>
  transferRecord({ direction: 'out', ...fields });
const kinds = (record: TransferRecord, words: FileWords): readonly string[] =>
  stepsFor(record, words).map((step) =>
    step.type === 'change' ? (step.fields.state ?? 'change') : step.type,
  );

test('a receiver that tries again finds its transfer, unless the sender cancelled it', () => {
  const stopped = { state: 'stopped', isTold: true } as const;
  assert.deepEqual(kinds(out({ ...stopped, reason: 'cancelled', isEndedByPeer: true }), accept), [
    'accepted',
  ]);
  assert.deepEqual(kinds(out({ ...stopped, reason: 'io' }), accept), ['accepted']);
  assert.deepEqual(kinds(out({ ...stopped, reason: 'cancelled' }), accept), ['tell']);
  // The receiver has not heard of the end, so its word is not a second try.
  assert.deepEqual(kinds(out({ ...stopped, reason: 'io', isTold: false }), accept), ['tell']);
  assert.deepEqual(kinds(out({ ...stopped, reason: 'io', hasRemains: false }), accept), ['tell']);
});

test('an end is acknowledged each time it is said, and an acknowledgement never', () => {
  for (const state of ['accepted', 'stopped', 'done'] as const)
    for (const direction of ['in', 'out'] as const) {
      const record = transferRecord({ direction, state });
      assert.equal(kinds(record, stop('cancelled')).at(-1), 'acknowledge');
      assert.ok(!kinds(record, stop('known')).includes('acknowledge'));
    }
  assert.deepEqual(kinds(out({ state: 'done' }), stored), ['acknowledge']);
  assert.deepEqual(kinds(out({ state: 'declined' }), decline), ['acknowledge']);
});

test('a word of the receiver accepts an offer, and is served at once', () => {
  assert.deepEqual(kinds(out({ state: 'offered' }), pull), ['accepted', 'serve']);
  assert.deepEqual(kinds(out({ state: 'accepted' }), pull), ['serve']);
  assert.deepEqual(kinds(out({ state: 'accepted' }), stored), ['done', 'acknowledge']);
  assert.deepEqual(kinds(out({ state: 'stopped', reason: 'changed' }), pull), ['tell']);
});

test('a peer is dialled for an answer that it waits for, not for an offer that was cancelled', () => {
  assert.equal(isWordUrgent(out({ state: 'stopped', reason: 'cancelled', isTold: false }), 0), false);
  const declined = transferRecord({ state: 'declined', isTold: false, updatedAtMs: 0 });
  assert.equal(isWordUrgent(declined, 1_000), true);
  assert.equal(isWordUrgent({ ...declined, isTold: true }, 1_000), false);
  assert.equal(isWordUrgent(declined, 30 * 24 * 3_600_000), false);
});

test('a stopped transfer keeps what it has for a day, and every other end keeps nothing', () => {
  const hourMs = 3_600_000;
  const stopped = transferRecord({ state: 'stopped', updatedAtMs: 0 });
  assert.equal(isWithoutUse(stopped, 23 * hourMs), false);
  assert.equal(isWithoutUse(stopped, 25 * hourMs), true);
  assert.equal(isWithoutUse({ ...stopped, hasRemains: false }, 25 * hourMs), false);
  for (const state of ['done', 'declined', 'expired'] as const)
    assert.equal(isWithoutUse({ ...stopped, state }, 1), true);
  assert.equal(isWithoutUse({ ...stopped, state: 'accepted' }, 99 * hourMs), false);
  assert.equal(mayAct(stopped, 'cancel'), true);
  assert.equal(mayAct(out({ state: 'stopped' }), 'cancel'), false);
});
