/** Changed keys and requests by inputs and effects: a key is decided about once, and takes no name over by itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ok } from 'neverthrow';
import type { AcceptedInfo, ContactInfo } from '../../../src/chat/contract.js';
import type { PeerEvent } from '../../../src/chat/events.js';
import { contacts as limits } from '../../../src/chat/people/limits.js';
import { peerIdOf, tagOf } from '../../../src/chat/people/identity.js';
import { CoreScene, messageId, scenePeer, session } from '../../support/core-scene.js';

const [old, fresh] = [scenePeer(1), scenePeer(2)];
const [oldName, freshName] = [old, fresh].map(({ peerId }) => `Dave#${tagOf(peerId, 8)}`);
const day = 24 * 3_600_000;

const sendTo = (scene: CoreScene, peer: string): number =>
  scene.ask('send', { peer, messages: [{ id: messageId(1), text: 'x' }], via: null });

function led(scene: CoreScene, word: string): unknown {
  const answer = scene.answerTo(sendTo(scene, word));
  return answer ?? scene.asked('append').ask.entries[0]?.peerId;
}

/** Dave is a contact that we wrote to, and is gone. */
function withoutDave(): CoreScene {
  const scene = new CoreScene();
  scene.sees(old, { name: 'Dave' });
  scene.callsIn('s-1', old);
  assert.equal(led(scene, 'Dave'), old.peerId);
  scene.committed(1);
  scene.lost('s-1');
  scene.sees(old, { name: 'Dave', state: 'offline' });
  return scene;
}

const warnings = (scene: CoreScene) =>
  scene.events('error', scene.all).filter(({ code }) => code === 'session/key-changed');
const changed = { code: 'chat/key-changed', peer: oldName, claimant: freshName };

// Case P4
test('a changed key is one event per key and day, with both tags and the way out', () => {
  const scene = withoutDave();
  for (let beacon = 0; beacon < 5; beacon += 1) {
    scene.nowMs += 8_000;
    scene.sees(fresh, { name: 'Dave', state: beacon === 2 ? 'away' : 'online' });
  }
  const [warning, ...more] = warnings(scene);
  assert.equal(more.length, 0);
  assert.equal(warning?.peer, 'Dave');
  for (const part of [oldName, freshName, 'new device', 'poses', `contact accept ${freshName}`])
    assert.ok(warning?.message.includes(part ?? '?'), part);
  scene.nowMs += day;
  scene.sees(fresh, { name: 'Dave', state: 'away' });
  assert.equal(warnings(scene).length, 2, 'and again on another day');
});

// Case P4
test('a new key that is seen before the old one is gone is warned of once the old one leaves', () => {
  const scene = new CoreScene();
  scene.sees(old, { name: 'Dave' });
  scene.callsIn('s-1', old);
  assert.equal(led(scene, 'Dave'), old.peerId);
  scene.committed(1);
  scene.sees(fresh, { name: 'Dave' });
  scene.lost('s-1');
  assert.equal(warnings(scene).length, 0, 'both are here: two people of one name');
  scene.sees(old, { name: 'Dave', state: 'offline' });
  assert.deepEqual([warnings(scene).length, warnings(scene)[0]?.peer], [1, 'Dave']);
});

// Case P4
test('keys without end under one name are warned of a few times a day', () => {
  const scene = withoutDave();
  for (let number = 10; number < 40; number += 1) scene.sees(scenePeer(number), { name: 'Dave' });
  assert.equal(warnings(scene).length, limits.warningsPerNameMax);
});

// Case P4
test('a warning is kept over a restart', () => {
  const scene = withoutDave();
  scene.sees(fresh, { name: 'Dave' });
  const kept = new Map(
    scene.all.flatMap((effect) =>
      effect.to === 'history' && effect.ask.type === 'put-contact'
        ? [[effect.ask.contact.peerId, effect.ask.contact] as const]
        : [],
    ),
  );
  const again = new CoreScene({ contacts: [...kept.values()] });
  again.sees(fresh, { name: 'Dave' });
  assert.equal(warnings(again).length, 0);
});

// Case P4
test('the bare name leads nowhere until the new key is accepted by its tag', () => {
  const scene = withoutDave();
  scene.sees(fresh, { name: 'Dave' });
  assert.deepEqual(led(scene, 'Dave'), changed);
  assert.deepEqual(scene.answerTo(scene.ask('accept', { peer: 'Dave' })), changed);
  assert.deepEqual(scene.answerTo(scene.ask('reject', { peer: 'dave' })), changed);
  const accepted = scene.answerTo(scene.ask('accept', { peer: freshName ?? '' })) as AcceptedInfo;
  assert.equal(accepted.contact.standing, 'accepted');
  assert.deepEqual(
    accepted.replaced.map(({ id }) => id),
    [old.peerId],
  );
  assert.equal(led(scene, 'Dave'), fresh.peerId);
  assert.equal(led(scene, oldName ?? ''), old.peerId, 'the old key is found by its tag');
  scene.nowMs += 2 * day;
  scene.sees(fresh, { name: 'Dave', state: 'away' });
  assert.equal(warnings(scene).length, 1, 'no further noise');
});

// Case P4
test('a rejected key is silent, and the name stays with the old one', () => {
  const scene = withoutDave();
  scene.sees(fresh, { name: 'Dave' });
  const rejected = scene.answerTo(scene.ask('reject', { peer: freshName ?? '' })) as ContactInfo;
  assert.deepEqual([rejected.standing, rejected.peer.blocked], ['rejected', true]);
  assert.equal(led(scene, 'Dave'), old.peerId);
  scene.nowMs += 2 * day;
  scene.sees(fresh, { name: 'Dave', state: 'away' });
  assert.equal(warnings(scene).length, 1);
});

// Case P4
test('a forgotten contact leaves its name to the next key', () => {
  const scene = withoutDave();
  scene.sees(fresh, { name: 'Dave' });
  scene.ask('forget', { peer: oldName ?? '' });
  assert.equal(led(scene, 'Dave'), fresh.peerId);
  const rows = scene.answerTo(scene.ask('peers', {})) as readonly PeerEvent[];
  assert.deepEqual(
    rows.map(({ id }) => id),
    [fresh.peerId],
  );
});

// Case P17
test('a blocked contact keeps its name until the new key is accepted', () => {
  const scene = withoutDave();
  scene.ask('block', { peer: old.peerId, blocked: true });
  scene.sees(fresh, { name: 'Dave' });
  assert.deepEqual(led(scene, 'Dave'), changed);
  scene.ask('accept', { peer: freshName ?? '' });
  assert.equal(led(scene, 'Dave'), fresh.peerId);
});

// Case P4
test('verify takes a peer that was only heard: its key is asked for where it is announced', () => {
  const scene = new CoreScene();
  scene.sees(old, { name: 'Dave' });
  const call = scene.ask('safety', { peer: 'Dave' });
  const dial = scene.to('transport').find(({ say }) => say === 'dial');
  assert.ok(dial?.say === 'dial');
  assert.equal(dial.address.host, old.host);
  scene.take({ type: 'dialled', connectionId: dial.connectionId });
  const sessionId = scene.to('session')[0]?.sessionId ?? '';
  scene.up(sessionId, old);
  const jobs = scene.all.find(({ to }) => to === 'jobs');
  assert.ok(jobs?.to === 'jobs', 'its key is compared');
  scene.take({ type: 'computed', token: jobs.token, result: ok('12345') });
  assert.equal((scene.answerTo(call) as { readonly code: string }).code, '12345');
});

/** The stranger calls and says `bytes` bytes. */
function says(scene: CoreScene, sessionId: string, number: number, bytes: number): number {
  const text = 'x'.repeat(bytes);
  const said = { type: 'text', id: messageId(number), sentAtMs: 1, text } as const;
  return scene.ask('said', { sessionId: session(sessionId), utterances: [said] });
}

// Case N4
test('a stranger is a request once it wrote, and no row on disk before', () => {
  const scene = new CoreScene();
  scene.sees(old, { name: 'Dave' });
  scene.callsIn('s-1', old);
  const isKept = () =>
    scene.all.some((effect) => effect.to === 'history' && effect.ask.type === 'put-contact');
  assert.equal(isKept(), false);
  says(scene, 's-1', 1, 10);
  scene.committed(1);
  assert.equal(isKept(), true);
  assert.deepEqual(
    scene.events('peer').map(({ request }) => request),
    [true],
  );
  scene.ask('accept', { peer: 'Dave' });
  const row = scene.answerTo(scene.ask('find', { peer: 'Dave' })) as PeerEvent;
  assert.equal(row.request, undefined);
});

// Case N4
test('a stranger says no more than its quota until it is accepted', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', old);
  const piece = 2 ** 16;
  let number = 0;
  let refused: number | null = null;
  while (refused === null && number < 40) {
    number += 1;
    const call = says(scene, 's-1', number, piece);
    if (scene.to('history').length > 0) scene.committed(number);
    else refused = call;
  }
  assert.equal((number - 1) * piece, limits.strangerBytesMax);
  assert.ok(refused !== null);
  assert.deepEqual(scene.answerTo(refused), { receipts: [] });
  assert.ok(scene.all.some((effect) => effect.to === 'session' && effect.say === 'close'));
});

// Case N4
test('strangers beyond the bound and those that are gone for long are forgotten', () => {
  const scene = new CoreScene();
  for (let number = 0; number < limits.strangersMax + 50; number += 1)
    scene.callsIn(`s-${number + 1}`, { ...scenePeer(number % 90), ...strangerOf(number) });
  scene.lost('s-1');
  const contacts = scene.answerTo(scene.ask('contacts', {})) as readonly ContactInfo[];
  assert.ok(contacts.length <= limits.strangersMax + 50);
  for (let number = 0; number < limits.strangersMax + 50; number += 1) scene.lost(`s-${number + 1}`);
  scene.nowMs += limits.silentAgeMs + 1;
  scene.take({ type: 'due', due: { type: 'tickets' } });
  assert.deepEqual(scene.answerTo(scene.ask('contacts', {})), []);
});

function strangerOf(number: number) {
  const idKey = new Uint8Array(32).fill(7);
  new DataView(idKey.buffer).setUint32(0, number);
  return { idKey, peerId: peerIdOf(idKey) };
}
