/** Requests of users, by inputs and effects: blocking, verifying, reading back, hanging up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ok } from 'neverthrow';
import { CoreScene, connection, messageId, scenePeer } from '../../support/core-scene.js';

const bob = scenePeer(1);
const number = Array.from({ length: 12 }, (_, group) => String(10_000 + group)).join(' ');

const kinds = (scene: CoreScene): readonly string[] =>
  scene.effects.map((effect) => ('say' in effect ? `${effect.to} ${effect.say}` : effect.to));

test('a block ends all sessions, is stored, and closes the reserved slot', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', bob);
  const call = scene.ask('block', { peer: bob.peerId, blocked: true });
  assert.deepEqual(kinds(scene), ['history', 'feed', 'session close', 'transport known', 'caller']);
  assert.deepEqual(scene.asked('put-contact').ask.contact.blocked, true);
  assert.equal((scene.answerTo(call) as { readonly blocked?: boolean }).blocked, true);
  scene.ask('block', { peer: bob.peerId, blocked: true });
  assert.deepEqual(kinds(scene), ['caller']);
});

test('a peer that was only heard of can be blocked, and its key is learnt later', () => {
  const scene = new CoreScene();
  scene.sees(bob);
  scene.ask('block', { peer: bob.peerId, blocked: true });
  const { contact } = scene.asked('put-contact').ask;
  assert.deepEqual([contact.blocked, contact.idKeyHex], [true, '']);
  assert.equal(scene.events('peer')[0]?.state, 'offline');
});

test('a block is there after a restart, and opens no slot', () => {
  const before = new CoreScene();
  before.callsIn('s-1', bob);
  before.ask('block', { peer: bob.peerId, blocked: true });
  const { contact } = before.asked('put-contact').ask;
  const correspondents = [{ peerId: bob.peerId, isWrittenTo: true, isWaiting: true }];
  const scene = new CoreScene({ contacts: [contact], correspondents });
  scene.sees(bob);
  assert.ok(!scene.all.some((effect) => effect.to === 'transport' && effect.say === 'dial'));
  const known = scene.all.findLast((effect) => effect.to === 'transport' && effect.say === 'known');
  assert.deepEqual(known, { to: 'transport', say: 'known', hosts: [], ticketIds: [] });
});

test('the safety number of a peer that never proved a key is not computed', () => {
  const scene = new CoreScene();
  scene.sees(bob, { addresses: [] });
  const call = scene.ask('safety', { peer: bob.name });
  assert.deepEqual(scene.answerTo(call), { code: 'chat/unknown-peer', peer: bob.name });
});

test('only the right digits verify; the peer is then trusted, and its messages say so', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', bob);
  const verify = (code: string | null): unknown => {
    const call = scene.ask('verify', { peer: bob.peerId, code });
    const [job] = scene.to('jobs');
    assert.ok(job !== undefined);
    scene.take({ type: 'computed', token: job.token, result: ok(number) });
    return scene.answerTo(call);
  };
  const wrong = verify(number.replace(/0/, '9')) as { readonly code: string };
  assert.equal(wrong.code, 'chat/code-mismatch');
  assert.deepEqual(kinds(scene), ['caller']);
  const right = verify(number.replaceAll(' ', '')) as { readonly verified: boolean };
  assert.equal(right.verified, true);
  assert.deepEqual(kinds(scene), [
    'history',
    'feed',
    'presence contacts',
    'transport known',
    'presence watchHosts',
    'caller',
  ]);
  assert.equal(scene.asked('put-contact').ask.contact.trust, 'verified');
  scene.ask('send', { peer: bob.peerId, messages: [{ id: messageId(1), text: 'x' }], via: null });
  assert.equal(scene.asked('append').ask.entries[0]?.verified, true);
});

test('a page of one conversation names its peer; the page of all names none', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', bob);
  const call = scene.ask('page', { peer: bob.peerId, query: { limit: 10 } });
  const { token, ask } = scene.asked('page');
  assert.deepEqual(ask.query, { limit: 10, peerId: bob.peerId });
  scene.stored(token, { type: 'page', result: ok([]) });
  assert.deepEqual(scene.answerTo(call), []);
  scene.ask('page', { peer: null, query: { limit: 5 } });
  assert.deepEqual(scene.asked('page').ask.query, { limit: 5 });
});

test('hanging up ends every session with the peer and forgets nothing of it', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', bob);
  const call = scene.ask('disconnect', { peer: bob.peerId });
  assert.deepEqual(kinds(scene), ['session close', 'caller']);
  assert.equal(scene.answerTo(call), null);
});

test('the first message to a peer makes it trusted: discovery and transport learn of it once', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', bob);
  const send = (id: number): void => {
    scene.ask('send', { peer: bob.peerId, messages: [{ id: messageId(id), text: 'x' }], via: null });
  };
  send(1);
  assert.deepEqual(kinds(scene), [
    'history',
    'history',
    'presence contacts',
    'transport known',
    'presence watchHosts',
  ]);
  send(2);
  assert.deepEqual(kinds(scene), ['history']);
});

test('the beacon says nothing before the node listens, and then its name and port', () => {
  const scene = new CoreScene();
  assert.deepEqual(scene.answerTo(scene.ask('description', {})), {
    name: 'own',
    tcpPort: 6_000,
    certificateSerial: 1,
    status: { presence: 'here', text: '', untilMs: null },
  });
  const self = scene.answerTo(scene.ask('self', {})) as { readonly port: number; readonly name: string };
  assert.deepEqual([self.port, self.name], [6_000, 'own']);
});

test('commands of foreign programs that are off are refused', () => {
  const scene = new CoreScene();
  const word = 'netech://10.0.0.9:9000';
  const connect = scene.ask('foreignConnect', { peer: word, isManual: false });
  assert.equal((scene.answerTo(connect) as { readonly code: string }).code, 'chat/dialect-off');
  const peers = scene.ask('foreignPeers', { dialect: 'netech' });
  assert.equal((scene.answerTo(peers) as { readonly code: string }).code, 'chat/dialect-off');
  const connectionId = connection('i-9');
  scene.take({ type: 'slotWanted', connectionId });
  assert.deepEqual(scene.effects, []);
});
