/** Delivery states as readers of events learn them: each once, whatever the history had to do twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Told } from '../../src/chat/delivery/told.js';
import { peerIdOf } from '../../src/chat/people/identity.js';
import { messageId } from '../history/driver.js';

const peerId = peerIdOf(new Uint8Array(32).fill(2));
const ids = [1, 2, 3].map(messageId);
const mark = { peerId, ids, state: 'delivered', reason: null } as const;

// Case H6
test('a state is told once for each message and recipient, a later state again', () => {
  const told = new Told();
  assert.deepEqual(told.untold(mark, ids.slice(0, 2)), ids.slice(0, 2));
  assert.deepEqual(told.untold(mark, ids), ids.slice(2));
  assert.deepEqual(told.untold(mark, ids), []);
  assert.deepEqual(told.untold({ ...mark, peerId: peerIdOf(new Uint8Array(32)) }, ids), ids);
  assert.deepEqual(told.untold({ ...mark, state: 'failed' }, ids), ids);
});

test('the oldest of very many is forgotten first', () => {
  const told = new Told();
  const many = Array.from({ length: 10_001 }, (_, at) => messageId(at));
  assert.equal(told.untold(mark, many).length, many.length);
  assert.deepEqual(told.untold(mark, [messageId(1), messageId(0)]), [messageId(0)]);
});
