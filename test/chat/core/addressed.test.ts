/** Messages to an address where nobody answers, by inputs and effects. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ok } from 'neverthrow';
import { wordsOf } from '../../../src/chat/delivery/entry.js';
import { directConversation, parsePeerId } from '../../../src/ids.js';
import { CoreScene, connection, messageId, scenePeer, session } from '../../support/core-scene.js';

const bob = scenePeer(1);
const typed = `${bob.host}:6000`;
const waiting = `native://${typed}`;
const text = (number: number) => ({
  messages: [{ id: messageId(number), text: `text ${number}` }],
  via: null,
});
const refused = {
  code: 'transport/dial-failed',
  address: bob.host,
  port: 6_000,
  reason: 'nobody listens there',
} as const;

const unreached = (scene: CoreScene, dial: number) =>
  scene.take({ type: 'dialFailed', connectionId: connection(`o-${dial}`), error: refused });

// Case S11
test('a message to an address where nobody listens is queued, and goes to the peer that answers', () => {
  const scene = new CoreScene();
  const call = scene.ask('send', { peer: typed, ...text(1) });
  unreached(scene, 1);
  const [entry] = scene.asked('append').ask.entries;
  assert.deepEqual([entry?.peerId, entry?.peer], [waiting, typed]);
  scene.committed(1);
  assert.equal((scene.answerTo(call) as readonly { readonly state: string }[])[0]?.state, 'queued');
  assert.deepEqual(
    scene.events('peer').map(({ id }) => id),
    [],
    'an address is no peer',
  );
  // The address is dialled again, and again later where nobody answers.
  unreached(scene, 2);
  const timer = scene.to('self').find(({ due }) => due.type === 'outbox');
  assert.ok(timer !== undefined);
  scene.nowMs += timer.afterMs;
  scene.take({ type: 'due', due: timer.due });
  scene.take({ type: 'dialled', connectionId: connection('o-3') });
  scene.up('s-1', bob);
  const instance = '22'.repeat(8);
  scene.ask('said', { sessionId: session('s-1'), utterances: [{ type: 'profile', name: 'Bob', instance }] });
  const { token, ask } = scene.asked('readdress');
  assert.deepEqual([ask.from, ask.peerId, ask.name], [waiting, bob.peerId, 'Bob']);
  scene.stored(token, { type: 'readdress', result: ok({ entries: 1, bytes: 6 }) });
  assert.equal(scene.asked('outbox').ask.peerId, bob.peerId);
});

test('a message to an address waits for the contact that was proved there before', () => {
  const before = new CoreScene();
  before.callsIn('s-1', bob);
  before.ask('send', { peer: bob.peerId, ...text(1) });
  const { contact } = before.asked('put-contact').ask;
  const scene = new CoreScene({ contacts: [{ ...contact, address: typed }] });
  scene.ask('send', { peer: typed, ...text(2) });
  unreached(scene, 1);
  assert.deepEqual(
    scene.asked('append').ask.entries.map(({ peerId, content }) => [peerId, wordsOf(content)]),
    [[bob.peerId, 'text 2']],
  );
});

test('an address for which messages wait is dialled after a start, and they can be withdrawn', () => {
  const scene = new CoreScene({
    correspondents: [{ peerId: parsePeerId(waiting)._unsafeUnwrap(), isWrittenTo: true, isWaiting: true }],
  });
  const dials = scene.all.filter((effect) => effect.to === 'transport' && effect.say === 'dial');
  assert.equal(dials.length, 1);
  scene.ask('outbox', { peer: typed, afterSeq: 0 });
  assert.equal(scene.asked('outbox').ask.peerId, waiting);
  scene.ask('withdraw', { peer: typed, ids: [messageId(1)] });
  assert.equal(scene.asked('mark').ask.peerId, waiting);
});

const waitsFor = {
  correspondents: [{ peerId: parsePeerId(waiting)._unsafeUnwrap(), isWrittenTo: true, isWaiting: true }],
};

test('a message that waits for what is the own address fails, and is not dialled for ever', () => {
  const scene = new CoreScene(waitsFor);
  scene.take({ type: 'dialled', connectionId: connection('o-1') });
  const error = { code: 'session/own-identity' } as const;
  scene.take({ type: 'sessionDown', sessionId: session('s-1'), end: { type: 'failed', error } });
  const { token, ask } = scene.asked('outbox');
  assert.equal(ask.peerId, waiting);
  const peerId = parsePeerId(waiting)._unsafeUnwrap();
  const entry = {
    ...({
      id: messageId(1),
      seq: 1,
      direction: 'out',
      peerId,
      peer: typed,
      sentAtMs: 1,
      receivedAtMs: 1,
    } as const),
    ...({ conversation: directConversation(peerId), content: { type: 'text', text: 'hello' } } as const),
    ...({ dialect: 'native', encryption: 'noise', verified: false, state: 'queued' } as const),
  };
  scene.stored(token, { type: 'outbox', result: ok({ entries: [entry], isLast: true }) });
  const mark = scene.asked('mark');
  assert.deepEqual([mark.ask.ids, mark.ask.state], [[messageId(1)], 'failed']);
  const outbox = { entries: 0, bytes: 0 };
  scene.stored(mark.token, { type: 'mark', result: ok({ reached: [messageId(1)], outbox }) });
  const [failed] = scene.events('status').filter(({ state }) => state === 'failed');
  assert.equal(failed?.reason, 'chat/own-address');
  const dials = scene.all.filter((effect) => effect.to === 'transport' && effect.say === 'dial');
  assert.equal(dials.length, 1);
});
