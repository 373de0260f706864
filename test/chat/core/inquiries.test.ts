/** Questions about the network between two nodes, by inputs and effects: what is asked, answered and refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inquiry as limits } from '../../../src/chat/doctor/limits.js';
import type { PeerHeard } from '../../../src/chat/presence/heard-log.js';
import type { Inquiry } from '../../../src/dialects/inquiry.js';
import {
  CoreScene,
  connection,
  messageId,
  scenePeer,
  session,
  type ScenePeer,
} from '../../support/core-scene.js';

const bob = scenePeer(1);
const carol = scenePeer(2);

class Asking extends CoreScene {
  /** The own user writes to the peer, which makes it a trusted contact. */
  writesTo(peer: ScenePeer): this {
    this.ask('send', { peer: peer.peerId, messages: [{ id: messageId(1), text: 'x' }], via: null });
    this.committed(1);
    return this;
  }

  hears(inquiry: Inquiry): void {
    this.ask('said', { sessionId: session('s-1'), utterances: [{ type: 'inquiry', inquiry }] });
  }

  /** Inquiries that went out since the start. */
  said = (): readonly Inquiry[] =>
    this.all.flatMap((effect) =>
      effect.to === 'session' && effect.say === 'utter'
        ? effect.utterances.flatMap((each) => (each.type === 'inquiry' ? [each.inquiry] : []))
        : [],
    );

  queried = (): readonly string[] =>
    this.all.flatMap((effect) => (effect.to === 'presence' && effect.say === 'query' ? effect.hosts : []));

  dialled = (): readonly string[] =>
    this.all.flatMap((effect) =>
      effect.to === 'transport' && effect.say === 'dial'
        ? [`${effect.connectionId} ${effect.address.host}`]
        : [],
    );

  /** The time of the newest timer of this stage is over. */
  passes(stage: 'collected' | 'overdue'): void {
    const timer = this.all.findLast(
      (effect) => effect.to === 'self' && effect.due.type === 'inquiry' && effect.due.stage === stage,
    );
    assert.ok(timer?.to === 'self');
    this.nowMs += timer.afterMs;
    this.take({ type: 'due', due: timer.due });
  }

  /** Discovery tells what it heard. False: it was not asked. */
  reports(...peers: readonly PeerHeard[]): boolean {
    const asked = this.all.findLast((effect) => effect.to === 'presence' && effect.say === 'report');
    if (asked?.to !== 'presence' || asked.say !== 'report') return false;
    this.take({ type: 'heardReport', token: asked.token, report: { own: [], peers, offLinkCount: 0 } });
    return true;
  }
}

const heard = ({ peerId, name, host }: ScenePeer, atMs: number): PeerHeard => ({
  peerId,
  name,
  address: host,
  via: 'eth0',
  atMs,
  clockMs: 0,
  isReply: false,
});
const question = { kind: 'question', id: '0f'.repeat(8), tcpPort: 6_005 } as const;
const answered = {
  kind: 'answer',
  id: '00'.repeat(8),
  clockMs: 61_000,
  seenAt: '10.0.0.100',
  dialBack: 'reached',
  dialProblem: '',
  arrived: [{ address: '10.0.0.100', via: 'wlan0', ageMs: 200 }],
} as const;

test('a question dials the peer, asks it, and tells both sides of what arrived', () => {
  const it = new Asking();
  it.sees(bob);
  const call = it.ask('probe', { peer: bob.peerId });
  assert.deepEqual(it.queried(), [bob.host]);
  assert.deepEqual(it.dialled(), [`o-1 ${bob.host}`]);
  it.take({ type: 'dialled', connectionId: connection('o-1') });
  it.up('s-1', bob);
  it.hears({ ...question, kind: 'question', tcpPort: 80 });
  it.ask('said', {
    sessionId: session('s-1'),
    utterances: [{ type: 'profile', name: 'bob', instance: '01'.repeat(8) }],
  });
  const [asked] = it.said();
  assert.deepEqual(asked, { kind: 'question', id: '0'.repeat(16), tcpPort: 6_000 });
  it.hears(answered);
  assert.equal(it.answerTo(call), undefined, 'announcements that were asked for may still arrive');
  it.take({ type: 'due', due: { type: 'inquiry', key: 1, stage: 'collected' } });
  assert.ok(it.reports(heard(bob, it.nowMs), heard(carol, it.nowMs), heard(bob, it.nowMs - 60_000)));
  const { kind: _kind, id: _id, clockMs: _clock, arrived, ...rest } = answered;
  assert.deepEqual(it.answerTo(call), {
    name: bob.name,
    tried: [{ host: bob.host, port: 6_000, problem: null }],
    heard: [
      {
        id: bob.peerId,
        name: bob.name,
        address: bob.host,
        via: 'eth0',
        lastHeard: new Date(it.nowMs).toISOString(),
        clockMs: 0,
        isReply: false,
      },
    ],
    answer: { ...rest, clockMs: 60_000, heard: arrived },
  });
});

test('an announcement counts for two and a half intervals of announcements', () => {
  for (const intervalMs of [1_000, 8_000, 60_000]) {
    const it = new Asking({}, intervalMs);
    it.callsIn('s-1', bob);
    it.hears(question);
    it.passes('collected');
    const ages = [2.4, 2.6].map((intervals) => intervals * intervalMs);
    assert.ok(it.reports(...ages.map((ageMs) => heard(bob, it.nowMs - ageMs))));
    const [answer] = it.said();
    const arrived = answer?.kind === 'answer' ? answer.arrived.map(({ ageMs }) => ageMs) : [];
    assert.deepEqual(arrived, ages.slice(0, 1), `${intervalMs}`);
  }
});

test('a peer that cannot be reached is an answer with the reason at each address', () => {
  const it = new Asking();
  it.sees(bob, { addresses: [bob.host, '10.1.0.1'].map((host) => ({ host, port: 6_000 })) });
  const call = it.ask('probe', { peer: bob.peerId });
  const reasons = ['no answer in time', 'nobody listens there (ECONNREFUSED)'];
  for (const [at, reason] of reasons.entries()) {
    const error = { code: 'transport/dial-failed', address: 'x', port: 6_000, reason } as const;
    it.take({ type: 'dialFailed', connectionId: connection(`o-${at + 1}`), error });
  }
  it.passes('collected');
  assert.ok(it.reports());
  assert.deepEqual(it.answerTo(call), {
    name: bob.name,
    tried: [
      { host: bob.host, port: 6_000, problem: 'ETIMEDOUT' },
      { host: '10.1.0.1', port: 6_000, problem: 'ECONNREFUSED' },
    ],
    heard: [],
    answer: null,
  });
});

test('a peer of an older version, which is silent, is an answer without its side', () => {
  const it = new Asking();
  it.callsIn('s-1', bob);
  const call = it.ask('probe', { peer: bob.peerId });
  assert.equal(it.said().length, 1);
  it.passes('collected');
  assert.equal(it.reports(), false);
  it.passes('overdue');
  assert.ok(it.reports());
  assert.ok(JSON.stringify(it.answerTo(call)).includes('"answer":null'));
});

test('a question of a contact is answered after a connection back to its host alone', () => {
  const it = new Asking();
  it.callsIn('s-1', bob);
  it.writesTo(bob);
  it.hears(question);
  assert.deepEqual(it.queried(), [bob.host]);
  assert.deepEqual(it.dialled().at(-1), `q-1 ${bob.host}`);
  it.take({ type: 'dialled', connectionId: connection('q-1') });
  assert.deepEqual(it.to('transport'), [
    { to: 'transport', say: 'discard', connectionId: connection('q-1') },
  ]);
  it.passes('collected');
  it.reports(heard(bob, it.nowMs - 700), heard(carol, it.nowMs));
  assert.deepEqual(it.said(), [
    {
      kind: 'answer',
      id: question.id,
      clockMs: it.nowMs,
      seenAt: bob.host,
      dialBack: 'reached',
      dialProblem: '',
      arrived: [{ address: bob.host, via: 'eth0', ageMs: 700 }],
    },
  ]);
});

test('a stranger gets no connection back, a port of the system is never dialled', () => {
  const stranger = new Asking();
  stranger.callsIn('s-1', bob);
  stranger.hears(question);
  const contact = new Asking();
  contact.callsIn('s-1', bob);
  contact.writesTo(bob);
  contact.hears({ ...question, tcpPort: 22 });
  for (const it of [stranger, contact]) {
    assert.deepEqual(
      it.dialled().filter((each) => each.startsWith('q-')),
      [],
    );
    it.passes('collected');
    assert.ok(it.reports());
    const [words] = it.said();
    assert.ok(words?.kind === 'answer' && words.dialBack === 'untried');
  }
});

test('questions that come too often are ignored, and a blocked peer gets no answer', () => {
  const it = new Asking();
  it.callsIn('s-1', bob);
  for (let n = 0; n < 100; n += 1) {
    it.nowMs += limits.perPeerEveryMs / 50;
    it.hears(question);
  }
  assert.equal(it.queried().length, 2, '100 questions in 20 s');
  const blocked = new Asking();
  blocked.callsIn('s-1', bob);
  blocked.ask('block', { peer: bob.peerId, blocked: true });
  blocked.hears(question);
  assert.deepEqual(blocked.queried(), []);
});

test('an answer to an earlier question is not the answer to a new one', () => {
  const it = new Asking();
  it.callsIn('s-1', bob);
  const first = it.ask('probe', { peer: bob.peerId });
  it.passes('collected');
  it.passes('overdue');
  assert.ok(it.reports());
  assert.ok(JSON.stringify(it.answerTo(first)).includes('"answer":null'), 'the answer is late');
  it.random = 0.5;
  const second = it.ask('probe', { peer: bob.peerId });
  it.hears({ ...answered, dialBack: 'failed' });
  it.passes('collected');
  assert.equal(it.answerTo(second), undefined);
  const [, asked] = it.said();
  it.hears({ ...answered, id: asked?.id ?? '' });
  assert.ok(it.reports());
  assert.ok(JSON.stringify(it.answerTo(second)).includes('"dialBack":"reached"'));
});

test('two questions to one peer at once share the one answer that it gives', () => {
  const it = new Asking();
  it.callsIn('s-1', bob);
  const calls = [0.25, 0.5].map((random) => {
    it.random = random;
    const call = it.ask('probe', { peer: bob.peerId });
    it.passes('collected');
    return call;
  });
  const [asked] = it.said();
  it.hears({ ...answered, id: asked?.id ?? '' });
  for (const effect of it.to('presence'))
    if (effect.say === 'report')
      it.take({ type: 'heardReport', token: effect.token, report: { own: [], peers: [], offLinkCount: 0 } });
  for (const call of calls) assert.ok(JSON.stringify(it.answerTo(call)).includes('"dialBack":"reached"'));
});

test('an answer that nobody asked for, or that another peer gives, changes nothing', () => {
  const it = new Asking();
  it.callsIn('s-1', bob);
  it.hears(answered);
  const call = it.ask('probe', { peer: carol.host + ':6000' });
  it.hears(answered);
  assert.equal(it.answerTo(call), undefined);
  assert.deepEqual(it.said(), []);
});
