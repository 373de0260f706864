/** Two runs of one identity, by inputs and effects: a peer that started again, or a copy of its home. Case H11. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instances as limits } from '../../../src/chat/routes/limits.js';
import { CoreScene, connection, entryOf, messageId, own, scenePeer } from '../../support/core-scene.js';

const bob = scenePeer(1);
const first = '01'.repeat(8);
const second = '02'.repeat(8);
const third = '03'.repeat(8);

class Copies extends CoreScene {
  #sent = 0;

  constructor() {
    super();
    this.sees(bob, { bootIdHex: first });
  }

  says(text: string): void {
    this.#sent += 1;
    const messages = [{ id: messageId(this.#sent), text }];
    this.ask('send', { peer: bob.peerId, messages, via: null });
    this.committed(this.#sent);
  }

  /** Both runs call, and the older one answers its PING. */
  bothUp(): this {
    this.callsIn('s-1', bob, { bootIdHex: first });
    this.nowMs += 10;
    this.callsIn('s-2', bob, { bootIdHex: second });
    this.answers('s-1');
    return this;
  }

  hears(sessionId: string, number: number): void {
    const text = { type: 'text', id: messageId(200 + number), sentAtMs: 0, text: 'hello' } as const;
    this.ask('said', { sessionId, utterances: [text] } as never);
  }

  confirms(sessionId: string, ...numbers: readonly number[]): void {
    const receipt = { type: 'receipt', ids: numbers.map(messageId) } as const;
    this.ask('said', { sessionId, utterances: [receipt] } as never);
  }

  /** Texts of the last input, with the session that they go out on. */
  said = (): readonly string[] =>
    this.to('session').flatMap((effect) =>
      effect.say === 'utter'
        ? effect.utterances.flatMap((each) =>
            each.type === 'text' ? [`${effect.sessionId} ${each.text}`] : [],
          )
        : [],
    );

  closed = (): readonly string[] =>
    this.to('session').flatMap((effect) =>
      effect.say === 'close' ? [`${effect.sessionId} ${effect.reason}`] : [],
    );

  pinged = (): readonly string[] =>
    this.to('session').flatMap((effect) => (effect.say === 'ping' ? [effect.sessionId] : []));

  dialled = (): readonly string[] =>
    this.to('transport').flatMap((effect) => (effect.say === 'dial' ? [effect.address.host] : []));

  /** The time for the answer of a session is over. */
  timeIsOver(sessionId: string, lateMs = 0): void {
    const timer = this.all.findLast(
      (effect) => effect.to === 'self' && effect.due.type === 'ping' && effect.due.sessionId === sessionId,
    );
    assert.ok(timer?.to === 'self');
    this.nowMs += timer.afterMs + lateMs;
    this.take({ type: 'due', due: timer.due });
  }

  warnings = (): readonly string[] =>
    this.events('error', this.all).flatMap(({ code, message }) =>
      code === 'session/two-copies' ? [message] : [],
    );
}

test('the session of an older run stays until a PING on it was unanswered for 3 s', () => {
  const scene = new Copies();
  scene.callsIn('s-1', bob, { bootIdHex: first });
  scene.callsIn('s-2', bob, { bootIdHex: second });
  assert.deepEqual([scene.pinged(), scene.closed()], [['s-1'], []]);
  const timer = scene.to('self').find(({ due }) => due.type === 'ping');
  assert.equal(timer?.afterMs, 3_000);
  scene.timeIsOver('s-1');
  assert.deepEqual(scene.closed(), ['s-1 dup']);
  assert.deepEqual(scene.warnings(), []);
});

test('two runs that answer both stay, and the sender is warned once', () => {
  const scene = new Copies();
  scene.says('one');
  scene.bothUp();
  const [warning, ...others] = scene.warnings();
  assert.match(warning ?? '', /^two copies of peer1 run: .* ask peer1 to end one of them$/);
  assert.deepEqual(others, []);
  scene.timeIsOver('s-1');
  assert.deepEqual(scene.closed(), []);
  scene.lost('s-2');
  scene.callsIn('s-3', bob, { bootIdHex: third });
  scene.answers('s-1');
  assert.equal(scene.warnings().length, 1);
});

test('a sender that never wrote to the peer is warned of its copies at the first message', () => {
  const scene = new Copies().bothUp();
  assert.deepEqual(scene.warnings(), []);
  scene.says('one');
  scene.says('two');
  assert.equal(scene.warnings().length, 1);
});

test('a message goes to the run that was heard last, and a receipt does not count as hearing', () => {
  const scene = new Copies().bothUp();
  scene.nowMs += 10;
  scene.hears('s-1', 1);
  scene.says('one');
  assert.deepEqual(scene.said(), ['s-1 one']);
  scene.confirms('s-1', 1);
  scene.nowMs += 10;
  scene.hears('s-2', 2);
  scene.nowMs += 10;
  scene.confirms('s-1', 1);
  scene.says('two');
  assert.deepEqual(scene.said(), ['s-2 two']);
});

test('while a message is unconfirmed the next one follows it to the same run', () => {
  const scene = new Copies().bothUp();
  scene.says('one');
  assert.deepEqual(scene.said(), ['s-2 one']);
  scene.nowMs += 10;
  scene.hears('s-1', 1);
  scene.says('two');
  assert.deepEqual(scene.said(), ['s-2 two']);
  scene.confirms('s-2', 1, 2);
  scene.says('three');
  assert.deepEqual(scene.said(), ['s-1 three']);
});

test('unconfirmed messages of an ended run go to the other one, and the peer stays online', () => {
  const scene = new Copies().bothUp();
  scene.says('one');
  const { entries } = scene.asked('append').ask;
  scene.lost('s-2');
  assert.deepEqual(
    scene.events('peer').map(({ state }) => state),
    [],
  );
  scene.outboxRead(entries.map((entry) => entryOf(entry, 1)));
  assert.deepEqual(scene.said(), ['s-1 one']);
  scene.confirms('s-1', 1);
  assert.equal(scene.asked('mark').ask.state, 'delivered');
});

test('a third run parks the one that was not heard for longest', () => {
  const scene = new Copies().bothUp();
  scene.nowMs += 10;
  scene.hears('s-1', 1);
  scene.nowMs += 10;
  scene.callsIn('s-3', bob, { bootIdHex: third });
  assert.deepEqual([scene.closed(), scene.pinged()], [['s-2 park'], ['s-1']]);
});

test('a node that stood still asks again instead of closing a session for its own silence', () => {
  const scene = new Copies();
  scene.callsIn('s-1', bob, { bootIdHex: first });
  scene.callsIn('s-2', bob, { bootIdHex: second });
  scene.timeIsOver('s-1', limits.ownDelayMs + 1);
  assert.deepEqual([scene.closed(), scene.pinged()], [[], ['s-1']]);
  scene.timeIsOver('s-1');
  assert.deepEqual(scene.closed(), ['s-1 dup']);
});

test('a run that is only heard of is dialled once, at the address that is heard', () => {
  const scene = new Copies();
  scene.callsIn('s-1', bob, { bootIdHex: first });
  const elsewhere = [{ host: '10.0.0.77', port: 6_000 }];
  scene.sees(bob, { bootIdHex: second, addresses: elsewhere });
  assert.deepEqual(scene.dialled(), ['10.0.0.77']);
  scene.take({ type: 'dialled', connectionId: connection('o-1') });
  scene.up('s-2', bob, { bootIdHex: second });
  scene.answers('s-1');
  scene.lost('s-2');
  for (const [bootIdHex, afterMs, dials] of [
    [first, 8_000, 0],
    [second, 8_000, 0],
    [second, limits.dialEveryMs, 0],
    [third, 0, 1],
    [second, 8_000, 0],
  ] as const) {
    scene.nowMs += afterMs;
    scene.sees(bob, { bootIdHex, addresses: elsewhere });
    assert.equal(scene.dialled().length, dials, `${bootIdHex} after ${afterMs} ms`);
  }
});

test('a peer with which no session is up is not dialled for its beacons', () => {
  const scene = new Copies();
  scene.sees(bob, { bootIdHex: second });
  assert.deepEqual(scene.dialled(), []);
});

test('a new name is sent to both runs', () => {
  const scene = new Copies().bothUp();
  scene.ask('rename', { name: own.name });
  assert.deepEqual(
    scene.to('session').map(({ sessionId }) => sessionId),
    ['s-1', 's-2'],
  );
});

// Case N6, fault D18
test('the session of a peer that has moved is closed once a PING on it was unanswered for 3 s', () => {
  const scene = new Copies();
  scene.callsIn('s-1', bob, { bootIdHex: first });
  scene.sees(bob, { bootIdHex: first });
  assert.deepEqual(scene.pinged(), [], 'it is where its session is');
  const addresses = [
    { host: '10.0.0.77', port: 47_900 },
    { host: bob.host, port: 47_900 },
  ];
  scene.sees(bob, { bootIdHex: first, addresses });
  assert.deepEqual(scene.pinged(), ['s-1']);
  scene.timeIsOver('s-1');
  assert.deepEqual(scene.closed(), ['s-1 dup']);
});

test('the session of a peer with two addresses stays, since it answers', () => {
  const scene = new Copies();
  scene.callsIn('s-1', bob, { bootIdHex: first });
  scene.sees(bob, { bootIdHex: first, addresses: [{ host: '10.0.0.77', port: 47_900 }] });
  scene.answers('s-1');
  scene.timeIsOver('s-1');
  assert.deepEqual(scene.closed(), []);
});
