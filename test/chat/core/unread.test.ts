/** Unread messages by inputs and effects: rows count them, each once, and marks take them away. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { err, ok } from 'neverthrow';
import type { PeerEvent } from '../../../src/chat/events.js';
import { directConversation } from '../../../src/ids.js';
import { CoreScene, entryOf, messageId, scenePeer, session } from '../../support/core-scene.js';

const bob = scenePeer(1);

/** Bob has called and says something. */
function says(scene: CoreScene, number: number): void {
  const text = { type: 'text', id: messageId(number), sentAtMs: 1, text: `text ${number}` } as const;
  scene.ask('said', { sessionId: session('s-1'), utterances: [text] });
}

const rowOf = (scene: CoreScene): PeerEvent | undefined =>
  (scene.answerTo(scene.ask('peers', {})) as readonly PeerEvent[]).find(({ id }) => id === bob.peerId);

// Case P1
test('a message that arrives is unread until the mark has reached the disk', () => {
  const scene = new CoreScene();
  scene.sees(bob);
  scene.callsIn('s-1', bob);
  says(scene, 1);
  assert.equal(rowOf(scene)?.unread, 0, 'not stored yet');
  scene.stored(scene.asked('append').token, {
    type: 'append',
    result: ok({ seqs: [1], duplicates: [], outbox: { entries: 0, bytes: 0 } }),
  });
  assert.equal(rowOf(scene)?.unread, 1);
  assert.deepEqual(scene.events('peer'), [], 'a message alone is no news of the peer');

  const call = scene.ask('read', { peer: 'peer1', upToSeq: null });
  assert.equal(scene.answerTo(call), undefined);
  const { token, ask } = scene.asked('read');
  assert.deepEqual(ask, { type: 'read', peerId: bob.peerId, upToSeq: null, isTold: true });
  scene.stored(token, { type: 'read', result: ok({ readSeq: 1, unread: 0, newestSeq: 1, owed: null }) });
  assert.equal((scene.answerTo(call) as PeerEvent).unread, 0);
  assert.deepEqual(
    scene.events('peer').map(({ unread }) => unread),
    [0],
    'other readers of the home learn it',
  );
});

// Case P1
test('a start counts what the history counted, and no message twice', () => {
  const unread = [{ peerId: bob.peerId, readSeq: 2, unread: 2, bytes: 2, name: 'bob' }];
  const scene = new CoreScene({
    newestSeq: 4,
    publishedSeq: 3,
    unseen: { unread, emittedSeq: 3 },
  });
  assert.equal(rowOf(scene)?.name, 'bob', 'nothing else is known of the peer');
  assert.equal(rowOf(scene)?.unread, 2);
  const entry = entryOf(
    {
      id: messageId(4),
      direction: 'in',
      peerId: bob.peerId,
      peer: 'bob',
      conversation: directConversation(bob.peerId),
      content: { type: 'text', text: 'behind the last published one' },
      sentAtMs: 1,
      receivedAtMs: 1,
      dialect: 'native',
      encryption: 'noise',
      verified: false,
      state: 'delivered',
    },
    4,
  );
  scene.stored(scene.asked('page').token, { type: 'page', result: ok([entry]) });
  assert.equal(scene.events('message').length, 1, 'it is published');
  assert.equal(rowOf(scene)?.unread, 2, 'and was counted by the history');
  assert.equal((scene.answerTo(scene.ask('unread', {})) as readonly unknown[]).length, 1);
});

// Case P1
test('the emitted mark is answered from memory, and raised on disk', () => {
  const scene = new CoreScene({ unseen: { unread: [], emittedSeq: 3 } });
  assert.deepEqual(scene.answerTo(scene.ask('emitted', { seq: null })), { seq: 3 });
  assert.deepEqual(scene.answerTo(scene.ask('emitted', { seq: 2 })), { seq: 3 });
  const call = scene.ask('emitted', { seq: 5 });
  scene.stored(scene.asked('emitted').token, {
    type: 'emitted',
    result: err({ code: 'store/full', file: 'x' }),
  });
  assert.deepEqual(scene.answerTo(call), { code: 'store/full', file: 'x' });
  assert.deepEqual(scene.answerTo(scene.ask('emitted', { seq: null })), { seq: 3 });
});
