/** Delivery by inputs and effects: what is written before what is said, shown and answered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wordsOf, type NewEntry } from '../../../src/chat/delivery/entry.js';
import { err, ok } from 'neverthrow';
import { incoming as limits } from '../../../src/chat/delivery/limits.js';
import type { Utterance } from '../../../src/dialects/dialect.js';
import { appended, CoreScene, entryOf, messageId, scenePeer, session } from '../../support/core-scene.js';

const [peer, other] = [scenePeer(1), scenePeer(2)];
const textOf = (number: number) => ({ id: messageId(number), text: `text ${number}` });
const heard = (number: number): Utterance => ({ type: 'text', sentAtMs: 0, ...textOf(number) });
const full = err({ code: 'store/full', file: 'history.db' } as const);

function send(scene: CoreScene, ...numbers: readonly number[]): number {
  return scene.ask('send', { peer: peer.peerId, messages: numbers.map(textOf), via: null });
}

const said = (scene: CoreScene, sessionId: string, ...utterances: readonly Utterance[]): number =>
  scene.ask('said', { sessionId: session(sessionId), utterances });

const textsOf = (entries: readonly NewEntry[]) => entries.map(({ content }) => wordsOf(content));

test('a send is answered after the commit, and said once a session is up', () => {
  const scene = new CoreScene();
  scene.sees(peer);
  const call = send(scene, 1, 2);
  assert.deepEqual(
    scene.effects.map(({ to }) => to),
    ['history', 'presence', 'transport'],
    'written first; the peer is trusted from now on',
  );
  assert.equal(scene.answerTo(call), undefined);
  const { entries } = scene.asked('append').ask;
  scene.committed(1, 2);
  assert.deepEqual(
    scene.effects.map((effect) => (effect.to === 'feed' ? effect.event.type : effect.to)),
    ['message', 'message', 'status', 'status', 'caller', 'transport', 'self'],
  );
  scene.callsIn('s-1', peer);
  assert.ok(
    !scene.to('session').some((effect) => effect.say === 'utter' && effect.utterances[0]?.type === 'text'),
  );
  scene.outboxRead(entries.map((entry, at) => entryOf(entry, at + 1)));
  assert.deepEqual(scene.to('session'), [
    {
      to: 'session',
      sessionId: 's-1',
      say: 'utter',
      utterances: [1, 2].map((n) => ({ ...heard(n), sentAtMs: 1_000 })),
    },
  ]);
  assert.deepEqual(
    scene.events('status').map(({ state }) => state),
    ['sent', 'sent'],
  );
});

test('a send that the disk does not take is answered with the failure, and nothing is said', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', peer);
  const call = send(scene, 1);
  scene.stored(scene.asked('append').token, { type: 'append', result: full });
  assert.deepEqual(scene.answerTo(call), { code: 'store/full', file: 'history.db' });
  assert.deepEqual(
    scene.effects.map(({ to }) => to),
    ['caller'],
  );
});

test('after a commit with an unknown outcome nothing overtakes what may be on disk', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', peer);
  send(scene, 1);
  const lost = err({ code: 'runtime/lost', actor: 'history', name: 'append' } as const);
  const [first] = scene.asked('append').ask.entries;
  scene.stored(scene.asked('append').token, { type: 'append', result: lost });
  const { token, ask } = scene.asked('outbox');
  assert.equal(ask.afterSeq, 0);
  send(scene, 2);
  const [second] = scene.asked('append').ask.entries;
  scene.committed(2);
  assert.deepEqual(scene.to('session'), [], 'the page is awaited');
  assert.ok(first !== undefined && second !== undefined);
  const page = [entryOf(first, 1), entryOf(second, 2)];
  scene.stored(token, { type: 'outbox', result: ok({ entries: page, isLast: true }) });
  const [uttered] = scene.to('session');
  assert.deepEqual(
    uttered?.say === 'utter' ? uttered.utterances.map((each) => each.type === 'text' && each.text) : [],
    ['text 1', 'text 2'],
  );
});

test('a text that cannot be sent is refused, and its whole batch with it', () => {
  const scene = new CoreScene();
  for (const [text, code] of [
    ['', 'chat/text-empty'],
    ['\ud800', 'chat/text-invalid'],
    ['x'.repeat(64 * 1_024 + 1), 'chat/text-too-long'],
    ['\u20ac'.repeat(21_846), 'chat/text-too-long'],
  ] as const) {
    const messages = ['good', text, 'good'].map((each, at) => ({ id: messageId(at), text: each }));
    const call = scene.ask('send', { peer: peer.peerId, messages, via: null });
    assert.deepEqual((scene.answerTo(call) as { readonly code: string }).code, code);
    assert.deepEqual(
      scene.effects.map(({ to }) => to),
      ['caller'],
    );
  }
});

// Case H6
test('a receipt becomes delivered after the commit of the mark, once', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', peer);
  send(scene, 1);
  scene.committed(1);
  // The history tells which messages are in the state, whether this mark moved them or the one before.
  for (const isTold of [true, false]) {
    said(scene, 's-1', { type: 'receipt', ids: [messageId(1)] });
    assert.deepEqual(scene.events('status'), [], 'not before the commit');
    const outbox = { entries: 0, bytes: 0 };
    const result = ok({ reached: [messageId(1)], outbox });
    scene.stored(scene.asked('mark').token, { type: 'mark', result });
    assert.deepEqual(
      scene.events('status').map(({ state }) => state),
      isTold ? ['delivered'] : [],
    );
  }
});

test('a mark that the disk does not take is written again until it does', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', peer);
  send(scene, 1);
  scene.committed(1);
  said(scene, 's-1', { type: 'receipt', ids: [messageId(1)] });
  for (let round = 0; round < 3; round += 1) {
    scene.stored(scene.asked('mark').token, { type: 'mark', result: full });
    assert.deepEqual(scene.to('self'), [{ to: 'self', afterMs: 2_000, due: { type: 'marks' } }]);
    scene.nowMs += 2_000;
    scene.take({ type: 'due', due: { type: 'marks' } });
    assert.deepEqual(scene.asked('mark').ask.ids, [messageId(1)]);
  }
  const outbox = { entries: 0, bytes: 0 };
  const result = ok({ reached: [messageId(1)], outbox });
  scene.stored(scene.asked('mark').token, { type: 'mark', result });
  assert.deepEqual(
    scene.events('status').map(({ state }) => state),
    ['delivered'],
  );
});

test('receipts that come while a mark is under way are written by one mark after it', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', peer);
  for (const number of [1, 2, 3]) {
    send(scene, number);
    scene.committed(number);
  }
  said(scene, 's-1', { type: 'receipt', ids: [messageId(1)] });
  const first = scene.asked('mark').token;
  for (const number of [2, 3]) {
    said(scene, 's-1', { type: 'receipt', ids: [messageId(number)] });
    assert.deepEqual(scene.to('history'), [], 'the mark before is under way');
  }
  const outbox = { entries: 0, bytes: 0 };
  const told = (): readonly string[] => scene.events('status').map(({ id, state }) => `${id} ${state}`);
  // The mark before fails, and those that waited for it are written all the same.
  scene.stored(first, { type: 'mark', result: full });
  const { token, ask } = scene.asked('mark');
  assert.deepEqual(ask.ids, [2, 3].map(messageId));
  scene.stored(token, { type: 'mark', result: ok({ reached: ask.ids, outbox }) });
  assert.deepEqual(
    told(),
    [2, 3].map((number) => `${messageId(number)} delivered`),
  );
  assert.deepEqual(scene.to('history'), []);
  scene.nowMs += 2_000;
  scene.take({ type: 'due', due: { type: 'marks' } });
  assert.deepEqual(scene.asked('mark').ask.ids, [messageId(1)]);
  said(scene, 's-1', { type: 'receipt', ids: [messageId(3)] });
  assert.deepEqual(scene.asked('mark').ask.ids, [messageId(3)], 'a lone receipt waits for none');
});

test('a mark that crashes the history is not written again', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', peer);
  send(scene, 1);
  scene.committed(1);
  said(scene, 's-1', { type: 'receipt', ids: [messageId(1)] });
  const poison = err({ code: 'runtime/poison', actor: 'history', name: 'mark' } as const);
  scene.stored(scene.asked('mark').token, { type: 'mark', result: poison });
  assert.deepEqual(scene.to('self'), []);
});

test('words of a peer are shown and confirmed after the commit', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', peer);
  const call = said(scene, 's-1', heard(1));
  assert.deepEqual(
    scene.effects.map(({ to }) => to),
    ['history'],
  );
  scene.committed(1);
  assert.deepEqual(
    scene.events('message').map(({ seq, text }) => [seq, text]),
    [[1, 'text 1']],
  );
  assert.deepEqual(scene.answerTo(call), { receipts: [messageId(1)] });
});

test('words that the disk does not take end the session, and none that follow overtake them', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', peer);
  const call = said(scene, 's-1', heard(1));
  scene.stored(scene.asked('append').token, { type: 'append', result: full });
  assert.deepEqual(scene.answerTo(call), { receipts: [] });
  assert.deepEqual(scene.to('session'), [{ to: 'session', sessionId: 's-1', say: 'close', reason: 'park' }]);
  assert.deepEqual(
    scene.events('error').map(({ code }) => code),
    ['store/full'],
  );
  const late = said(scene, 's-1', heard(2));
  assert.deepEqual(scene.answerTo(late), { receipts: [] });
  assert.deepEqual(scene.to('history'), []);
});

test('messages that crash the history together come one by one, and the culprit is set aside', () => {
  const scene = new CoreScene();
  const poison = err({ code: 'runtime/poison', actor: 'history', name: 'append' } as const);
  scene.callsIn('s-1', peer);
  said(scene, 's-1', heard(1), heard(2));
  scene.stored(scene.asked('append').token, { type: 'append', result: poison });
  assert.equal(scene.to('session')[0]?.say, 'close');
  scene.callsIn('s-2', peer);
  const call = said(scene, 's-2', heard(1), heard(2));
  const first = scene.asked('append');
  assert.deepEqual(textsOf(first.ask.entries), ['text 1']);
  scene.stored(first.token, { type: 'append', result: poison });
  assert.deepEqual(scene.to('session'), [], 'the session goes on without the culprit');
  const second = scene.asked('append');
  assert.deepEqual(textsOf(second.ask.entries), ['text 2']);
  scene.stored(second.token, { type: 'append', result: ok(appended(1)) });
  assert.deepEqual(scene.answerTo(call), { receipts: [messageId(2)] });
  assert.deepEqual(scene.answerTo(said(scene, 's-2', heard(1))), { receipts: [] });
});

test('a message that the disk refuses is not overtaken by the next one of its session', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', peer);
  const first = said(scene, 's-1', heard(1));
  const { token } = scene.asked('append');
  const second = said(scene, 's-1', heard(2));
  assert.deepEqual(scene.to('history'), [], 'it waits for the one before');
  scene.stored(token, { type: 'append', result: full });
  assert.equal(scene.to('session')[0]?.say, 'close');
  assert.deepEqual(scene.to('history'), []);
  for (const call of [first, second]) assert.deepEqual(scene.answerTo(call), { receipts: [] });
});

test('messages that arrive while one is committed share the next commit', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', peer);
  said(scene, 's-1', heard(1));
  const { token } = scene.asked('append');
  const calls = [2, 3].map((number) => said(scene, 's-1', heard(number)));
  scene.stored(token, { type: 'append', result: ok(appended(1)) });
  const { token: next, ask } = scene.asked('append');
  assert.deepEqual(textsOf(ask.entries), ['text 2', 'text 3']);
  scene.stored(next, { type: 'append', result: ok(appended(2, 3)) });
  assert.deepEqual(
    calls.map((call) => scene.answerTo(call)),
    [{ receipts: [messageId(2)] }, { receipts: [messageId(3)] }],
  );
});

test('one commit takes no more than its bound of the messages that arrived meanwhile', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', peer);
  send(scene, 1);
  scene.committed(1);
  said(scene, 's-1', heard(2));
  const { token } = scene.asked('append');
  const half = limits.appendEntriesMax / 2;
  // An id has one byte in this scene; the history alone notices that some are repeated.
  const many = (count: number) => Array.from({ length: count }, (_, at) => heard(3 + (at % 200)));
  for (const count of [half, half, 1]) said(scene, 's-1', ...many(count));
  scene.stored(token, { type: 'append', result: ok(appended(2)) });
  assert.equal(scene.asked('append').ask.entries.length, limits.appendEntriesMax);
});

test('unconfirmed messages of a lost session are sent again in the next one', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', peer);
  send(scene, 1);
  const { entries } = scene.asked('append').ask;
  scene.committed(1);
  scene.lost('s-1');
  scene.callsIn('s-2', peer);
  scene.outboxRead(entries.map((entry) => entryOf(entry, 1)));
  assert.deepEqual(
    scene
      .to('session')
      .map((effect) => [effect.sessionId, effect.say === 'utter' && effect.utterances.length]),
    [['s-2', 1]],
  );
  assert.deepEqual(scene.events('status'), [], 'it is published as sent once');
});

test('messages that are committed and were never published are read back, also within one commit', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', peer);
  // Message 2 is stored, and its answer got lost.
  said(scene, 's-1', heard(1), heard(3));
  scene.committed(1, 3);
  assert.deepEqual(
    scene.events('message').map(({ seq }) => seq),
    [1],
  );
  const { token, ask } = scene.asked('page');
  assert.equal(ask.query.afterSeq, 1);
  const { entries } = scene.asked('append').ask;
  const page = [2, 3].map((seq) => entryOf(entries[0] ?? assert.fail(), seq));
  scene.stored(token, { type: 'page', result: ok(page) });
  assert.deepEqual(
    scene.events('message').map(({ seq }) => seq),
    [2, 3],
  );
});

test('a core that starts again publishes what was committed after the newest published message', () => {
  const scene = new CoreScene({ newestSeq: 5, publishedSeq: 3 });
  assert.equal(scene.asked('page').ask.query.afterSeq, 3);
  const atStart = new CoreScene({ newestSeq: 5, publishedSeq: 5 });
  assert.ok(!atStart.all.some((effect) => effect.to === 'history'));
});

test('a timer is set where something is due before all timers that are set, and never twice', () => {
  const scene = new CoreScene();
  let pending: { readonly atMs: number }[] = [];
  const timers = () => {
    for (const { afterMs, due } of scene.to('self'))
      if (due.type === 'outbox') pending.push({ atMs: scene.nowMs + afterMs });
  };
  // A message for a peer that is away: it is tried now and then, for ever.
  scene.ask('send', { peer: other.peerId, messages: [textOf(9)], via: null });
  scene.committed(1);
  timers();
  scene.callsIn('s-1', peer);
  for (let number = 1; number <= 200; number += 1) {
    send(scene, number);
    scene.committed(number + 1);
    timers();
    said(scene, 's-1', { type: 'receipt', ids: [messageId(number)] });
    timers();
    scene.nowMs += 2_500;
    const fired = pending.filter(({ atMs }) => atMs <= scene.nowMs);
    pending = pending.filter(({ atMs }) => atMs > scene.nowMs);
    for (const { atMs } of fired) {
      scene.take({ type: 'due', due: { type: 'outbox', atMs } });
      timers();
    }
    assert.ok(pending.length <= 4, `${pending.length} timers are set after ${number} messages`);
  }
});

test('a blocked peer neither gets nor sends messages; waiting ones go out after the unblock', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', peer);
  send(scene, 1);
  scene.committed(1);
  scene.ask('block', { peer: peer.peerId, blocked: true });
  assert.deepEqual(scene.answerTo(said(scene, 's-1', heard(1))), { receipts: [] });
  assert.deepEqual((scene.answerTo(send(scene, 2)) as { readonly code: string }).code, 'chat/blocked');
  scene.lost('s-1');
  scene.sees(peer);
  assert.deepEqual(scene.to('transport'), []);
  scene.ask('block', { peer: peer.peerId, blocked: false });
  assert.ok(scene.to('transport').some(({ say }) => say === 'dial'));
});

test('a full outbox refuses a whole batch, uncommitted messages included, until there is room', () => {
  const scene = new CoreScene({ outboxSize: { entries: 9_998, bytes: 0 } });
  scene.callsIn('s-1', peer);
  const full = { code: 'chat/outbox-full', limit: 10_000 };
  assert.deepEqual(scene.answerTo(send(scene, 1, 2, 3)), full);
  const first = send(scene, 1, 2);
  assert.equal(scene.answerTo(first), undefined);
  assert.deepEqual(scene.answerTo(send(scene, 3)), full);
  const outbox = { entries: 10_000, bytes: 0 };
  const { token } = scene.asked('append');
  scene.stored(token, { type: 'append', result: ok({ ...appended(1, 2), outbox }) });
  assert.deepEqual(scene.answerTo(send(scene, 3)), full);
  said(scene, 's-1', { type: 'receipt', ids: [messageId(1)] });
  const reached = [messageId(1)];
  const room = { entries: 9_999, bytes: 0 };
  scene.stored(scene.asked('mark').token, { type: 'mark', result: ok({ reached, outbox: room }) });
  assert.equal(scene.answerTo(send(scene, 3)), undefined);
});
