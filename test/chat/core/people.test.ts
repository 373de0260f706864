/** Names and rows of peers by inputs and effects: the peer that a word means, and the events that readers get. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noChoice } from '../../../src/chat/people/contact.js';
import { tagOf } from '../../../src/chat/people/identity.js';
import { toHex } from '../../../src/wire/bytes.js';
import {
  CoreScene,
  connection,
  messageId,
  own,
  proofOf,
  scenePeer,
  session,
} from '../../support/core-scene.js';

const [bob, other] = [scenePeer(1), scenePeer(2)];
const at = (peer: { readonly host: string }) => `${peer.host}:6000`;

const sendTo = (scene: CoreScene, peer: string): number =>
  scene.ask('send', { peer, messages: [{ id: messageId(1), text: 'x' }], via: null });

/** The code of the refusal; or the peer that the text was written for. */
function led(scene: CoreScene, word: string): string {
  const answer = scene.answerTo(sendTo(scene, word)) as { readonly code?: string } | undefined;
  return answer?.code ?? scene.asked('append').ask.entries[0]?.peerId ?? '';
}

/** Bob is a contact that we wrote to. */
function friendOf(name: string): CoreScene {
  const scene = new CoreScene();
  scene.sees(bob, { name });
  scene.callsIn('s-1', bob);
  assert.equal(led(scene, name), bob.peerId);
  scene.committed(1);
  return scene;
}

test('a word that means nobody, or ourselves, writes nothing', () => {
  const scene = new CoreScene();
  for (const word of ['nobody', own.peerId.slice(0, 4)])
    assert.equal(led(scene, word), 'chat/unknown-peer', word);
  // Case P19
  for (const word of ['own', `own#${own.peerId.slice(0, 6)}`, own.peerId])
    assert.equal(led(scene, word), 'chat/own-name', word);
  assert.equal(led(scene, 'cmp2204://10.0.0.9'), 'chat/dialect-off');
  assert.ok(!scene.all.some(({ to }) => to === 'history'));
});

test('our own address is answered with the reason', () => {
  const scene = new CoreScene();
  const call = sendTo(scene, '10.0.0.100:6000');
  scene.take({ type: 'dialled', connectionId: connection('o-1') });
  const error = scene.answerTo(scene.ask('judgePeer', { sessionId: session('s-1'), peer: proofOf(own) })) as {
    readonly code: 'session/own-identity';
  };
  scene.take({ type: 'sessionDown', sessionId: session('s-1'), end: { type: 'failed', error } });
  assert.deepEqual(scene.answerTo(call), { code: 'chat/own-address', address: '10.0.0.100:6000' });
});

test('an address where nobody listens is answered with the reason of the dial, to every caller', () => {
  const scene = new CoreScene();
  const calls = [1, 2].map(() => scene.ask('safety', { peer: at(other) }));
  const dials = scene.all.filter((effect) => effect.to === 'transport' && effect.say === 'dial');
  assert.equal(dials.length, 1, 'one dial serves both');
  const error = {
    code: 'transport/dial-failed',
    address: other.host,
    port: 6_000,
    reason: 'refused',
  } as const;
  scene.take({ type: 'dialFailed', connectionId: connection('o-1'), error });
  for (const call of calls) assert.deepEqual(scene.answerTo(call), error);
});

test('a stranger that spells the name of a contact differently takes nothing over', () => {
  const scene = friendOf('Bob');
  scene.sees(other, { name: 'bob' });
  assert.equal(led(scene, 'bob'), bob.peerId);
  scene.lost('s-1');
  scene.sees(bob, { name: 'Bob', state: 'offline' });
  assert.equal(led(scene, 'bob'), 'chat/key-changed');
  assert.deepEqual(scene.answerTo(scene.ask('find', { peer: 'bob' })), {
    code: 'chat/key-changed',
    peer: `Bob#${tagOf(bob.peerId, 8)}`,
    claimant: `bob#${tagOf(other.peerId, 8)}`,
  });
});

test('of two strangers with one name each is reached by its tag, and the bare name by neither', () => {
  const scene = new CoreScene();
  scene.sees(bob, { name: 'bob' });
  scene.sees(other, { name: 'Bob' });
  const answer = scene.answerTo(sendTo(scene, 'BOB')) as { readonly candidates: readonly string[] };
  assert.equal(answer.candidates.length, 2);
  const reached = answer.candidates.map((label) => led(scene, label));
  assert.deepEqual(reached.toSorted(), [bob.peerId, other.peerId].toSorted());
});

test('of two with one name the one that is not blocked is meant', () => {
  const scene = new CoreScene();
  for (const peer of [bob, other]) scene.sees(peer, { name: 'bob' });
  assert.equal(led(scene, 'bob'), 'chat/ambiguous-peer');
  scene.ask('block', { peer: other.peerId, blocked: true });
  assert.equal(led(scene, 'bob'), bob.peerId);
});

test('a name that looks like that of a contact is warned about, until the peer is verified', () => {
  const scene = friendOf('paul');
  scene.nowMs += 1_000;
  scene.sees(other, { name: 'pаul' });
  const warning = scene.events('peer').find(({ id }) => id === other.peerId)?.warning;
  assert.match(warning ?? '', /^looks like paul#/);
  // To call us does not make it known.
  scene.callsIn('s-2', other);
  scene.ask('peers', {});
  const { row, rows } = { row: scene.ask('find', { peer: other.peerId }), rows: scene.ask('peers', {}) };
  assert.equal((scene.answerTo(row) as { readonly warning?: string }).warning, warning);
  const warned = (scene.answerTo(rows) as readonly { readonly warning?: string }[]).filter(
    (each) => each.warning,
  );
  assert.equal(warned.length, 1, 'the contact itself is not warned about');
});

test('a trusted contact keeps its address: another key there gets nothing', () => {
  const scene = new CoreScene();
  scene.sees(bob);
  scene.callsIn('s-1', bob);
  sendTo(scene, bob.peerId);
  scene.committed(1);
  scene.lost('s-1');
  const call = sendTo(scene, at(bob));
  const dial = scene.to('transport').find(({ say }) => say === 'dial');
  assert.ok(dial?.say === 'dial');
  scene.take({ type: 'dialled', connectionId: dial.connectionId });
  const sessionId = scene.to('session')[0]?.sessionId ?? '';
  scene.sees(other, { addresses: [] });
  scene.up(sessionId, other);
  assert.equal((scene.answerTo(call) as { readonly code: string }).code, 'chat/key-changed');
});

test('a stranger that has gone is published with what was known, and forgotten', () => {
  const scene = new CoreScene();
  scene.sees(bob);
  const [here] = scene.events('peer');
  scene.nowMs += 5_000;
  scene.sees(bob, { state: 'offline' });
  const [gone] = scene.events('peer');
  const { presence, ...known } = here ?? {};
  assert.equal(presence, 'here');
  assert.deepEqual(gone, { ...known, state: 'offline', lastSeen: gone?.lastSeen });
  assert.deepEqual(scene.answerTo(scene.ask('peers', {})), []);
});

test('a sign of life alone causes no event', () => {
  const scene = new CoreScene();
  scene.sees(bob);
  assert.equal(scene.events('peer').length, 1);
  scene.nowMs += 8_000;
  scene.sees(bob);
  assert.deepEqual(scene.effects, []);
});

test('a new name is sent to peers and by beacons, and stored; an invisible one changes nothing', () => {
  const scene = friendOf('bob');
  const call = scene.ask('rename', { name: 'Alicia  B.' });
  assert.equal((scene.answerTo(call) as { readonly name: string }).name, 'Alicia B.');
  assert.deepEqual(
    scene.effects.map((effect) => ('say' in effect ? `${effect.to} ${effect.say}` : effect.to)),
    ['settings name', 'presence describe', 'session utter', 'caller'],
  );
  const refused = scene.ask('rename', { name: ' \u200b\n' });
  assert.equal((scene.answerTo(refused) as { readonly code: string }).code, 'chat/name-invalid');
  assert.deepEqual(
    scene.effects.map(({ to }) => to),
    ['caller'],
  );
});

test('a peer that changes its name all the time is heard once a second, with its last name', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', bob);
  const names = (): readonly string[] => scene.events('peer').map(({ name }) => name);
  const says = (name: string): void => {
    const profile = { type: 'profile', name, instance: '' } as const;
    scene.ask('said', { sessionId: session('s-1'), utterances: [profile] });
  };
  says('one');
  assert.deepEqual(names(), ['one']);
  for (const name of ['two', 'three', 'four']) {
    says(name);
    assert.deepEqual(names(), []);
  }
  scene.nowMs += 1_000;
  scene.take({ type: 'due', due: { type: 'name', sessionId: session('s-1') } });
  assert.deepEqual(names(), ['four']);
});

test('discovery that starts again gets the contacts and the rows that it had announced', () => {
  const scene = friendOf('bob');
  scene.sees(other);
  scene.take({ type: 'discoveryStarted' });
  assert.deepEqual(
    scene.effects.map((effect) => {
      if (effect.to !== 'presence') return effect.to;
      if (effect.say === 'contacts') return effect.peerIds;
      if (effect.say === 'watchHosts') return effect.hosts;
      return effect.say === 'recall' && effect.rows.map(({ peerId }) => peerId);
    }),
    [[bob.peerId], [{ peerId: bob.peerId, host: bob.host }], [bob.peerId, other.peerId]],
  );
});

test('a copied home is an error event', () => {
  const scene = new CoreScene();
  scene.take({ type: 'twin', address: '10.0.0.7' });
  assert.deepEqual(
    scene.events('error').map(({ code }) => code),
    ['node/twin'],
  );
});

test('the next identity that a peer announced first stays pinned, and another one is logged', () => {
  const scene = new CoreScene();
  const peer = scenePeer(1);
  const [first, other] = ['11'.repeat(32), '22'.repeat(32)];
  sendTo(scene, peer.peerId);
  const pinned = (sessionId: string, proof: Parameters<CoreScene['up']>[2]) => {
    scene.callsIn(sessionId, peer);
    scene.up(sessionId, peer, proof);
    const { features, nextHex } = scene.asked('put-contact').ask.contact;
    const isLogged = scene.to('log').some(({ event }) => event === 'next-identity-changed');
    return { features, nextHex, isLogged };
  };
  assert.deepEqual(pinned('s-1', {}), { features: 0, nextHex: '', isLogged: false });
  assert.deepEqual(pinned('s-2', { nextHex: first, features: 2 }), {
    features: 2,
    nextHex: first,
    isLogged: false,
  });
  assert.deepEqual(pinned('s-3', { nextHex: other }), { features: 0, nextHex: first, isLogged: true });
  assert.deepEqual(pinned('s-4', {}), { features: 0, nextHex: first, isLogged: false });
});

// Case P3
test('a shared name lengthens the tags of its bearers, also of one that bore it', () => {
  const scene = friendOf('Bob');
  const row = (peer: typeof bob) => scene.events('peer', scene.all).findLast(({ id }) => id === peer.peerId);
  assert.equal(row(bob)?.tag, tagOf(bob.peerId));
  scene.sees(other, { name: 'bob' });
  assert.deepEqual([row(bob)?.tag, row(bob)?.shared], [tagOf(bob.peerId, 8), true]);
  assert.deepEqual([row(other)?.tag, row(other)?.shared], [tagOf(other.peerId, 8), true]);
  scene.sees(other, { name: 'Eve' });
  assert.equal(row(other)?.shared, true, 'it bore the name');
  assert.deepEqual(row(other)?.formerNames, ['bob']);
  scene.sees(other, { name: 'Eve', state: 'offline' });
  assert.equal(row(bob)?.shared, undefined, 'a stranger that left is forgotten');
});

// Case P3, case P21
test('a name like the own one, or like a contact with a tag, is warned about', () => {
  const scene = friendOf('paul');
  const warningOf = (name: string): string | undefined => {
    scene.sees(other, { name });
    return scene.events('peer', scene.all).findLast(({ id }) => id === other.peerId)?.warning;
  };
  assert.match(warningOf('Own') ?? '', /^looks like you, own#/);
  assert.match(warningOf('paul＃abcd') ?? '', /^looks like paul#/);
  assert.equal(warningOf('peter'), undefined);
});

// Case P16
test('the former name of a contact finds it, and never a stranger that takes the name', () => {
  const scene = friendOf('Dave');
  scene.sees(bob, { name: 'David' });
  assert.equal(led(scene, 'dave'), bob.peerId);
  scene.sees(other, { name: 'Dave' });
  assert.equal(led(scene, 'Dave'), 'chat/ambiguous-peer');
  assert.equal(led(scene, `Dave#${tagOf(other.peerId, 8)}`), other.peerId);
});

/** The last sign of life of bob as a row tells it, ms. */
function lastSeen(scene: CoreScene): number {
  const rows = scene.answerTo(scene.ask('peers', {})) as readonly { id: string; lastSeen: string }[];
  return Date.parse(rows.find(({ id }) => id === bob.peerId)?.lastSeen ?? '');
}

const kept = (scene: CoreScene): readonly number[] =>
  scene.all.flatMap((effect) =>
    effect.to === 'history' && effect.ask.type === 'put-contact' ? [effect.ask.contact.lastSeenMs] : [],
  );

// Case P9
test('a peer was last seen at its last announcement, or when bytes of it last arrived', () => {
  const scene = friendOf('bob');
  const first = scene.nowMs;
  assert.equal(lastSeen(scene), first);
  scene.nowMs += 8_000;
  scene.take({ type: 'seen', peers: [{ peerId: bob.peerId, lastSeenMs: scene.nowMs }] });
  assert.equal(lastSeen(scene), first + 8_000);
  scene.nowMs += 8_000;
  scene.take({ type: 'sessionHeard', sessionId: session('s-1') });
  assert.equal(lastSeen(scene), first + 16_000);
  scene.take({ type: 'seen', peers: [{ peerId: bob.peerId, lastSeenMs: first }] });
  assert.equal(lastSeen(scene), first + 16_000, 'a late report changes nothing');
  scene.nowMs += 8_000;
  const profile = { type: 'profile', name: 'bob', instance: '00'.repeat(8) } as const;
  scene.ask('said', { sessionId: session('s-1'), utterances: [profile] });
  assert.equal(lastSeen(scene), first + 24_000);
});

// Case P9
test('the last sign of life is stored at silence, at the end of the node, and every 10 minutes', () => {
  const scene = friendOf('bob');
  const writes = kept(scene).length;
  const seenAt = (afterMs: number): void => {
    scene.nowMs += afterMs;
    scene.take({ type: 'seen', peers: [{ peerId: bob.peerId, lastSeenMs: scene.nowMs }] });
  };
  for (let n = 0; n < 70; n += 1) seenAt(8_000);
  assert.equal(kept(scene).length, writes, '9 min 20 s of announcements are no write');
  seenAt(40_000);
  assert.deepEqual(kept(scene).slice(writes), [scene.nowMs]);
  seenAt(20_000);
  const last = scene.nowMs;
  scene.lost('s-1');
  assert.equal(kept(scene).at(-1), last);
  seenAt(20_000);
  scene.nowMs += 12_000;
  scene.sees(bob, { name: 'bob', state: 'away', lastSeenMs: last + 20_000 });
  assert.equal(kept(scene).at(-1), last + 20_000);
  seenAt(20_000);
  scene.ask('farewell', {});
  assert.equal(kept(scene).at(-1), scene.nowMs);
});

// Case P5
test('of several keys that the user wrote to under one name the one that is here is meant', () => {
  const contactOf = (peer: typeof bob, lastSeenMs: number, trust: 'pinned' | 'verified' = 'pinned') => ({
    ...noChoice,
    peerId: peer.peerId,
    name: 'bob',
    idKeyHex: toHex(peer.idKey),
    trust,
    blocked: false,
    certificateSerial: 1,
    wireVersion: 1,
    features: 0,
    nextHex: '',
    address: '',
    firstSeenMs: 0,
    lastSeenMs,
  });
  const wroteTo = (peer: typeof bob) => ({ peerId: peer.peerId, isWrittenTo: true, isWaiting: false });
  const correspondents = [wroteTo(bob), wroteTo(other)];
  const scene = new CoreScene({ contacts: [contactOf(bob, 10), contactOf(other, 20)], correspondents });
  assert.equal(led(scene, 'bob'), other.peerId, 'nobody is here: the one that was heard last');
  scene.sees(bob, { name: 'bob' });
  assert.equal(led(scene, 'bob'), bob.peerId, 'the one that is here');
  scene.sees(other, { name: 'bob' });
  assert.equal(led(scene, 'bob'), 'chat/ambiguous-peer', 'both are here');
  const verified = new CoreScene({
    contacts: [contactOf(bob, 10, 'verified'), contactOf(other, 20)],
    correspondents,
  });
  assert.equal(led(verified, 'bob'), bob.peerId, 'a verified key counts before others');
  verified.sees(other, { name: 'bob' });
  assert.equal(led(verified, 'bob'), 'chat/key-changed', 'and another one does not take its name over');
});
