/** The own status, and the statuses of peers, by inputs and effects. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Due } from '../../../src/chat/effects.js';
import type { PeerEvent, PresenceEvent } from '../../../src/chat/events.js';
import { feature } from '../../../src/wire/features.js';
import type { Status } from '../../../src/wire/status.js';
import { CoreScene, connection, scenePeer, session } from '../../support/core-scene.js';

const [bob, old] = [scenePeer(1), scenePeer(2)];
const hasNow = { features: feature.ephemeral };
const busy: Status = { presence: 'busy', text: 'in a call', untilMs: null };

/** Statuses that the last input sent, by session. */
const sent = (scene: CoreScene): Readonly<Record<string, readonly Status[]>> =>
  Object.fromEntries(
    scene.to('session').flatMap((effect) => {
      const all = effect.say === 'utter' ? effect.utterances : [];
      const statuses = all.flatMap((each) => (each.type === 'status' ? [each.status] : []));
      return statuses.length === 0 ? [] : [[effect.sessionId, statuses]];
    }),
  );

const set = (scene: CoreScene, status: Status): unknown => scene.answerTo(scene.ask('setStatus', status));
const rowOf = (scene: CoreScene, peerId: string): PeerEvent =>
  scene.answerTo(scene.ask('find', { peer: peerId })) as PeerEvent;
const says = (scene: CoreScene, sessionId: string, status: Status): void =>
  void scene.ask('said', { sessionId: session(sessionId), utterances: [{ type: 'status', status }] });
/** The status in the last content of the beacon. */
const announced = (scene: CoreScene): Status | undefined =>
  scene.all
    .flatMap((effect) => (effect.to === 'presence' && effect.say === 'describe' ? [effect.status] : []))
    .at(-1);

test('a status goes to peers that understand it, at its change and when a session begins', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', bob, hasNow);
  scene.callsIn('s-2', old);
  assert.deepEqual(sent(scene), {}, 'an older peer gets none');
  set(scene, busy);
  assert.deepEqual(sent(scene), { 's-1': [busy] });
  assert.deepEqual(announced(scene), busy);
  scene.lost('s-1');
  scene.callsIn('s-3', bob, hasNow);
  assert.deepEqual(sent(scene), { 's-3': [busy] });
  assert.ok(
    !scene.all.some((effect) => effect.to === 'transport' && effect.say === 'dial'),
    'nobody is dialled',
  );
});

test('of quick changes the sessions get the last, after three seconds', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', bob, hasNow);
  set(scene, busy);
  for (const text of ['one', 'two']) {
    set(scene, { ...busy, text });
    assert.deepEqual(sent(scene), {});
    assert.equal(announced(scene)?.text, text, 'beacons follow at once');
  }
  scene.nowMs += 3_000;
  scene.take({ type: 'due', due: { type: 'status-send' } });
  assert.deepEqual(sent(scene), { 's-1': [{ ...busy, text: 'two' }] });
});

test('a status is kept, ends by itself, and is restored only while it lasts', () => {
  const scene = new CoreScene();
  const untilMs = scene.nowMs + 90_000;
  set(scene, { ...busy, untilMs });
  assert.deepEqual(scene.to('own-status'), [{ to: 'own-status', status: { ...busy, untilMs } }]);
  const [timer] = scene.to('self');
  assert.ok(timer?.due.type === 'status-end');
  assert.ok(timer.afterMs <= 60_000, 'a clock that was set is noticed');
  scene.nowMs += 60_000;
  scene.take({ type: 'due', due: timer.due });
  assert.deepEqual(scene.events('presence'), []);
  const [next] = scene.to('self');
  assert.ok(next?.due.type === 'status-end');
  scene.nowMs = untilMs;
  scene.take({ type: 'due', due: next.due });
  assert.deepEqual(scene.events('presence'), [{ type: 'presence', presence: 'here' }]);
  assert.equal(scene.to('own-status')[0]?.status.presence, 'here');
  for (const [endMs, presence] of [
    [2_000, 'busy'],
    [1_000, 'here'],
    [null, 'busy'],
  ] as const) {
    const next = new CoreScene({ status: { ...busy, untilMs: endMs } });
    assert.equal((next.answerTo(next.ask('ownStatus', {})) as PresenceEvent).presence, presence);
  }
});

test('many choices of a status leave one timer for its end', () => {
  const scene = new CoreScene();
  let timers: Due[] = [];
  const collect = (): void => {
    timers.push(...scene.to('self').flatMap(({ due }) => (due.type === 'status-end' ? [due] : [])));
  };
  for (let n = 0; n < 10; n += 1) {
    set(scene, { ...busy, text: `choice ${n}`, untilMs: scene.nowMs + 600_000 });
    collect();
  }
  for (let minute = 0; minute < 5; minute += 1) {
    const due = timers;
    timers = [];
    scene.nowMs += 60_000;
    for (const each of due) {
      scene.take({ type: 'due', due: each });
      collect();
    }
    assert.equal(timers.length, 1);
  }
  set(scene, { ...busy, untilMs: scene.nowMs + 1_000 });
  const [sooner] = scene.to('self');
  assert.ok(sooner !== undefined && sooner.afterMs <= 1_000, 'an earlier end is noticed in time');
  scene.nowMs += 1_000;
  scene.take({ type: 'due', due: sooner.due });
  assert.equal(scene.events('presence')[0]?.presence, 'here');
  scene.take({ type: 'due', due: sooner.due });
  assert.deepEqual(scene.to('self'), [], 'no timer is left behind the end');
});

test('a text too long, and an end in the past, are refused', () => {
  const scene = new CoreScene();
  const code = (status: Status): string => (set(scene, status) as { readonly code: string }).code;
  assert.equal(code({ ...busy, text: 'ü'.repeat(121) }), 'chat/status-invalid');
  assert.equal(code({ ...busy, text: 'a\ud800' }), 'chat/status-invalid');
  assert.equal(code({ ...busy, untilMs: scene.nowMs }), 'chat/status-invalid');
  assert.deepEqual(scene.to('own-status'), []);
  set(scene, { ...busy, text: '  two\n lines ' });
  assert.equal(scene.to('own-status')[0]?.status.text, 'two lines');
});

test('an idle user is away, unless the user chose a status', () => {
  const scene = new CoreScene();
  const idle = (isIdle: boolean): string =>
    (scene.answerTo(scene.ask('idle', { isIdle })) as PresenceEvent).presence;
  assert.equal(idle(true), 'away');
  assert.equal(announced(scene)?.presence, 'away');
  assert.deepEqual(scene.to('own-status'), [], 'idleness is not kept');
  assert.equal(idle(false), 'here');
  set(scene, busy);
  assert.equal(idle(true), 'busy');
});

test('an invisible user ends its sessions, takes no caller and lets discovery send nothing', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', bob, hasNow);
  set(scene, { presence: 'invisible', text: '', untilMs: null });
  assert.equal(announced(scene)?.presence, 'invisible');
  assert.deepEqual(
    scene.to('session').map((effect) => [effect.say, effect.sessionId]),
    [['close', 's-1']],
  );
  assert.ok(scene.to('presence').some((effect) => effect.say === 'invisible' && effect.isInvisible));
  scene.lost('s-1');
  scene.take({
    type: 'accepted',
    connectionId: connection('i-9'),
    dialect: 'native',
    address: { host: bob.host, port: 50_000 },
  });
  assert.deepEqual(
    scene.effects.map((effect) => ('say' in effect ? effect.say : effect.to)),
    ['close'],
  );
  scene.take({ type: 'discoveryStarted' });
  assert.ok(scene.to('presence').some((effect) => effect.say === 'invisible' && effect.isInvisible));
  set(scene, { presence: 'here', text: '', untilMs: null });
  assert.ok(scene.to('presence').some((effect) => effect.say === 'invisible' && !effect.isInvisible));
});

test('a call whose handshake runs while the user becomes invisible ends without a word', () => {
  const hidden = { presence: 'invisible', text: '', untilMs: null } as const;
  const scene = new CoreScene();
  scene.calls('s-1', bob);
  set(scene, hidden);
  scene.up('s-1', bob, hasNow);
  assert.deepEqual(
    scene.to('session').map((effect) => (effect.say === 'close' ? effect.reason : effect.say)),
    ['shutdown'],
  );
  assert.deepEqual(scene.events('peer'), []);
  const back = new CoreScene();
  back.calls('s-1', bob);
  set(back, hidden);
  set(back, busy);
  back.up('s-1', bob, hasNow);
  assert.deepEqual(sent(back), { 's-1': [busy] }, 'a user that is back takes the call');
});

test('an invisible user takes leave of every conversation with an older program', () => {
  const scene = new CoreScene();
  for (const [at, dialect] of (['cse310', 'chatbuddy'] as const).entries())
    scene.take({
      type: 'accepted',
      connectionId: connection(`i-${at}`),
      dialect,
      address: { host: bob.host, port: 50_000 + at },
    });
  set(scene, busy);
  assert.deepEqual(scene.to('foreign'), [], 'busy ends none');
  set(scene, { presence: 'invisible', text: '', untilMs: null });
  assert.deepEqual(
    scene
      .to('foreign')
      .map((effect) => [effect.sessionId, effect.say === 'utter' ? effect.utterance.type : effect.say]),
    ['t-1', 't-2'].flatMap((sessionId) => [
      [sessionId, 'leave'],
      [sessionId, 'close'],
    ]),
  );
});

test('the row of a peer has the status of its beacon, and that of its session before it', () => {
  const scene = new CoreScene();
  scene.sees(bob, { status: { ...busy, untilMs: 5_000 } });
  const { presence, statusText, statusUntil } = rowOf(scene, bob.peerId);
  assert.deepEqual([presence, statusText, statusUntil], ['busy', 'in a call', '1970-01-01T00:00:05.000Z']);
  scene.callsIn('s-1', bob, hasNow);
  says(scene, 's-1', { presence: 'away', text: '', untilMs: null });
  assert.equal(scene.events('peer')[0]?.presence, 'away');
  assert.equal(rowOf(scene, bob.peerId).statusText, undefined);
  scene.lost('s-1');
  assert.equal(rowOf(scene, bob.peerId).presence, 'busy');
  scene.sees(bob, { state: 'offline' });
  assert.equal(rowOf(scene, bob.peerId).presence, undefined);
});

test('a peer that changes its status all the time is heard once a second, with its last one', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', bob, hasNow);
  says(scene, 's-1', busy);
  assert.equal(scene.events('peer').length, 1);
  for (const text of ['a', 'b', 'c']) {
    says(scene, 's-1', { ...busy, text });
    assert.equal(scene.events('peer').length, 0);
  }
  scene.nowMs += 1_000;
  scene.take({ type: 'due', due: { type: 'status-heard', sessionId: session('s-1') } });
  assert.equal(scene.events('peer')[0]?.statusText, 'c');
});
