/** Attempts at several addresses of one peer, by inputs and effects. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Contact } from '../../../src/chat/people/contact.js';
import { dialing as limits } from '../../../src/chat/routes/limits.js';
import type { Address } from '../../../src/wire/address.js';
import { toHex } from '../../../src/wire/bytes.js';
import { CoreScene, connection, messageId, scenePeer, session } from '../../support/core-scene.js';
import { noChoice } from '../../../src/chat/people/contact.js';

const friend = scenePeer(1);
const home: Address = { host: '10.0.0.1', port: 6_000 };
const forged = (count: number): readonly Address[] =>
  Array.from({ length: count }, (_, n) => ({ host: `10.66.0.${n + 1}`, port: 6_000 }));
const error = { code: 'transport/dial-failed', address: 'x', port: 6_000, reason: 'x' } as const;

const contact: Contact = {
  peerId: friend.peerId,
  name: friend.name,
  idKeyHex: toHex(friend.idKey),
  trust: 'verified',
  blocked: false,
  certificateSerial: 1,
  wireVersion: 1,
  features: 0,
  nextHex: '',
  ...noChoice,
  address: `${home.host}:${home.port}`,
  firstSeenMs: 0,
  lastSeenMs: 0,
};

class Race extends CoreScene {
  /** The friend is heard at these addresses, and a text waits for it. */
  start(addresses: readonly Address[]): this {
    this.sees(friend, { addresses });
    this.say(1);
    return this;
  }

  say(number: number): void {
    const messages = [{ id: messageId(number), text: `text ${number}` }];
    this.ask('send', { peer: friend.peerId, messages, via: null });
    this.committed(number);
  }

  /** Hosts that were dialled, all of them. */
  dialled = (): readonly string[] =>
    this.all.flatMap((effect) =>
      effect.to === 'transport' && effect.say === 'dial' ? [effect.address.host] : [],
    );

  /** The timer of the attempts fires after `ms`. */
  pass(ms: number): void {
    this.nowMs += ms;
    this.take({ type: 'due', due: { type: 'attempt', peerId: friend.peerId } });
  }

  opens = (id: string) => this.take({ type: 'dialled', connectionId: connection(id) });
  fails = (id: string) => this.take({ type: 'dialFailed', connectionId: connection(id), error });

  /** Times at which an outbox wants to be woken, from the last input. */
  retries = (): readonly number[] =>
    this.to('self').flatMap(({ due, afterMs }) => (due.type === 'outbox' ? [afterMs] : []));
}

// Case N3
test('after a restart a friend is dialled at its proved address before eight that are only heard', () => {
  const scene = new Race({ contacts: [contact] }).start([...forged(8), home]);
  assert.deepEqual(scene.dialled(), [home.host]);
  assert.deepEqual(scene.events('peer', scene.all)[0]?.address, '10.66.0.1', 'shown is where it is heard');
});

test('a new port that is heard at a proved host comes before the old port', () => {
  const moved = { ...home, port: 7_000 };
  const scene = new Race({ contacts: [contact] }).start([...forged(1), moved]);
  scene.pass(250);
  const ports = scene.all.flatMap((effect) =>
    effect.to === 'transport' && effect.say === 'dial' ? [effect.address.port] : [],
  );
  assert.deepEqual(ports, [7_000, 6_000]);
  assert.deepEqual(scene.dialled(), [home.host, home.host]);
});

test('attempts start 250 ms apart, at most four at once, and failures make room for the rest', () => {
  const scene = new Race().start(forged(6));
  assert.equal(scene.dialled().length, 1);
  scene.pass(limits.attemptEveryMs - 1);
  assert.equal(scene.dialled().length, 1, 'too early');
  for (const count of [2, 3, 4, 4, 4]) {
    scene.pass(limits.attemptEveryMs);
    assert.equal(scene.dialled().length, count);
  }
  scene.fails('o-2');
  scene.pass(limits.attemptEveryMs);
  assert.equal(scene.dialled().length, 5);
  scene.fails('o-1');
  scene.pass(limits.attemptEveryMs);
  assert.deepEqual(
    scene.dialled(),
    forged(6).map(({ host }) => host),
  );
});

test('a round of attempts is one failure, and the next round begins at the best address', () => {
  const scene = new Race().start([home, ...forged(2)]);
  scene.pass(250);
  scene.pass(250);
  for (const id of ['o-2', 'o-1']) {
    scene.fails(id);
    assert.deepEqual(scene.retries(), [], 'an attempt is left');
  }
  scene.opens('o-3');
  scene.lost('s-1');
  assert.equal(scene.retries().length, 1);
  scene.nowMs += 2_000;
  scene.take({ type: 'due', due: { type: 'outbox', atMs: 0 } });
  assert.deepEqual(scene.dialled().slice(3), [home.host]);
});

test('the first session that is up ends the other attempts, and no second one is left', () => {
  const scene = new Race().start([...forged(3), home]);
  scene.pass(250);
  scene.pass(250);
  scene.opens('o-1');
  scene.opens('o-2');
  scene.up('s-2', friend);
  const ended = scene.effects.flatMap((effect): readonly string[] => {
    if (effect.to === 'transport' && effect.say === 'close') return [effect.connectionId];
    return effect.to === 'session' && effect.say === 'close' ? [effect.sessionId] : [];
  });
  assert.deepEqual(ended.toSorted(), ['o-3', 's-1']);
  const end = { type: 'closed', by: 'us', reason: 'dup' } as const;
  scene.take({ type: 'sessionDown', sessionId: session('s-1'), end });
  assert.deepEqual(scene.retries(), []);
  // It had opened before the transport heard of the end.
  assert.deepEqual(scene.opens('o-3'), [{ to: 'transport', say: 'discard', connectionId: 'o-3' }]);
  scene.pass(250);
  assert.equal(scene.dialled().length, 3, 'the fourth is not tried any more');
});

test('a connection that opened gets a second for its handshake before the next address is tried', () => {
  const scene = new Race().start([home, ...forged(1)]);
  scene.opens('o-1');
  scene.pass(limits.attemptEveryMs);
  assert.equal(scene.dialled().length, 1);
  scene.pass(limits.handshakePatienceMs);
  assert.equal(scene.dialled().length, 2);
});

test('a peer that calls us meanwhile is not dialled at further addresses', () => {
  const scene = new Race().start([home, ...forged(2)]);
  scene.callsIn('s-1', friend);
  scene.pass(250);
  assert.deepEqual(scene.dialled(), [home.host]);
});

test('a round tries the address at which its peer is heard meanwhile', () => {
  const scene = new Race().start(forged(1));
  scene.nowMs += 300;
  scene.sees(friend, { addresses: [home, ...forged(1)] });
  assert.deepEqual(scene.dialled(), ['10.66.0.1', home.host]);
});

test('attempts of many rounds stay within the connections that we may open', () => {
  const scene = new Race();
  const peers = Array.from({ length: 8 }, (_, n) => scenePeer(n + 1));
  const passAll = (): void => {
    scene.nowMs += 250;
    for (const { peerId } of peers) scene.take({ type: 'due', due: { type: 'attempt', peerId } });
  };
  for (const [n, peer] of peers.entries()) {
    scene.sees(peer, { addresses: forged(4).map((address) => ({ ...address, port: 7_000 + n })) });
    const messages = [{ id: messageId(n + 1), text: 'x' }];
    scene.ask('send', { peer: peer.peerId, messages, via: null });
    scene.committed(n + 1);
  }
  for (let round = 0; round < 10; round += 1) passAll();
  assert.equal(scene.dialled().length, limits.outgoingMax);
});

test('an address that is only heard does not open the slot that is kept for contacts', () => {
  const scene = new Race({ contacts: [contact] });
  scene.sees(friend, { addresses: [...forged(8), home] });
  scene.callsIn('s-1', scenePeer(2));
  const known = scene.to('transport').find((effect) => effect.say === 'known');
  assert.deepEqual(known?.say === 'known' && known.hosts, [home.host]);
});

// Case N6
test('after a failed dial discovery awaits the peer, and an unchanged beacon causes a dial', () => {
  const scene = new Race().start([home]);
  assert.ok(!scene.all.some((effect) => effect.to === 'presence' && effect.say === 'awaited'));
  const awaited = (): unknown =>
    scene.to('presence').flatMap((effect) => (effect.say === 'awaited' ? [effect.peerIds] : []));
  // A long outage: the back-off has grown to a minute.
  for (let dial = 1; dial <= 8; dial += 1) {
    scene.fails(`o-${dial}`);
    assert.deepEqual(awaited(), dial === 1 ? [[friend.peerId]] : []);
    if (dial === 8) break;
    scene.nowMs += 60_000;
    scene.take({ type: 'due', due: { type: 'outbox', atMs: 0 } });
  }
  assert.equal(scene.dialled().length, 8);
  scene.nowMs += 2_001;
  scene.sees(friend, { addresses: [home] });
  assert.equal(scene.dialled().length, 9);
  scene.take({ type: 'discoveryStarted' });
  assert.ok(scene.to('presence').some((effect) => effect.say === 'awaited' && effect.peerIds.length === 1));
  scene.opens('o-9');
  scene.up('s-1', friend);
  assert.deepEqual(awaited(), [[]]);
});
