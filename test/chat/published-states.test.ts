/** Delivery states as readers of events get them: each once, although the history may report it twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PublishedStates } from '../../src/chat/delivery/published-states.js';
import { peerIdOf } from '../../src/chat/people/identity.js';
import { messageId } from '../history/driver.js';

const peerId = peerIdOf(new Uint8Array(32).fill(2));
const ids = [1, 2, 3].map(messageId);
const mark = { peerId, ids, state: 'delivered', reason: null } as const;

// Case H6
test('a state is published once for each message and recipient, a later state again', () => {
  const published = new PublishedStates();
  assert.deepEqual(published.unpublished(mark, ids.slice(0, 2)), ids.slice(0, 2));
  assert.deepEqual(published.unpublished(mark, ids), ids.slice(2));
  assert.deepEqual(published.unpublished(mark, ids), []);
  assert.deepEqual(published.unpublished({ ...mark, peerId: peerIdOf(new Uint8Array(32)) }, ids), ids);
  assert.deepEqual(published.unpublished({ ...mark, state: 'failed' }, ids), ids);
});

test('the oldest of more than 10,000 states is forgotten first', () => {
  const published = new PublishedStates();
  const many = Array.from({ length: 10_001 }, (_, at) => messageId(at));
  assert.equal(published.unpublished(mark, many).length, many.length);
  assert.deepEqual(published.unpublished(mark, [messageId(1), messageId(0)]), [messageId(0)]);
});
