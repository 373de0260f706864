/** All programs at once in five slots, what is refused, and what no program would send. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import { foreignFrames } from '../../src/dialects/limits.js';
import type { ForeignDialectName, MessageEvent, NodeEvent } from '../../src/index.js';
import { eventually } from '../support/deadline.js';
import { incoming, startScene, type Scene } from '../support/foreign-scene.js';
import { transportOf } from '../support/scene-nodes.js';
import { anyBytes } from '../support/seeds.js';
import { newTally, simulatedPeer } from '../support/simulated-peer.js';
import type { Queue } from '../support/standins/blocking-socket.js';
import { startChat, type Chat } from '../support/standins/chatbuddy.js';
import { initiate, startResponder } from '../support/standins/cmp2204.js';
import { connectTo, type Turns } from '../support/standins/cse310.js';
import { startNetech } from '../support/standins/netech.js';
import { startSynergy } from '../support/standins/synergy.js';
import { usableNowMs } from '../support/usable-time.js';

/** Enough for six programs to take each of the five slots many times; all-at-once has more of them. */
const count = 20;
const numbered = (what: string): readonly string[] =>
  Array.from({ length: count }, (_, at) => `${what} ${String(at)};`);

/** All at once: the node has to keep the order. */
async function burst(scene: Scene, peer: string, texts: readonly string[]): Promise<void> {
  const queued = await Promise.all(texts.map((text) => scene.node.send(peer, text)));
  for (const each of queued) each._unsafeUnwrap();
}

/**
 * Reads until all of `expected` has come, in whatever pieces. Most come one by one: on a machine that is busy with
 * other things even a paced message may lie there when the next one comes. While this process gets no processor, one
 * more can come in each pause between two messages.
 */
async function readAll(
  t: TestContext,
  expected: readonly string[],
  read: () => Promise<string | null>,
): Promise<void> {
  const reads: string[] = [];
  const [sinceMs, sinceUsableMs] = [performance.now(), usableNowMs()];
  const length = expected.join('').length;
  while (reads.join('').length < length) reads.push((await read()) ?? assert.fail(reads.join('')));
  assert.equal(reads.join(''), expected.join(''));
  const lateMs = performance.now() - sinceMs - (usableNowMs() - sinceUsableMs);
  const told = `${reads.length} reads for ${count} messages, without a processor for ${lateMs.toFixed(0)} ms`;
  t.diagnostic(told);
  assert.ok(reads.length >= count / 2 - lateMs / foreignFrames.idleGapMs, told);
}

/** synergy, netech and cmp2204: a connection for each message, both ways at the same time. */
async function oneByOne<Heard>(
  scene: Scene,
  { dialect, at }: { readonly dialect: ForeignDialectName; readonly at: string },
  program: { say(text: string): Promise<void>; readonly heard: Queue<Heard>; textOf(heard: Heard): string },
): Promise<void> {
  const [inbound, outbound] = [numbered(`${dialect} in`), numbered(`${dialect} out`)];
  const hear = async (): Promise<void> => {
    const texts: string[] = [];
    while (texts.length < count) texts.push(program.textOf(await program.heard.take(null)));
    assert.deepEqual(texts, outbound);
  };
  const say = async (): Promise<void> => {
    for (const text of inbound) await program.say(text);
  };
  // This version of synergy reads JSON alone.
  const scheme = dialect === 'synergy' ? 'synergy+json' : dialect;
  await Promise.all([hear(), say(), burst(scene, `${scheme}://${at}`, outbound)]);
  const texts = await scene.texts(dialect, count + (dialect === 'cmp2204' ? 1 : 0));
  assert.deepEqual(
    texts.filter((text) => text !== 'before the rush;'),
    inbound,
    dialect,
  );
}

async function exchangeOverChatbuddy(t: TestContext, scene: Scene, chat: Chat): Promise<void> {
  const [inbound, outbound] = [numbered('chatbuddy in'), numbered('chatbuddy out')];
  // Its first words make it a peer.
  chat.say('hello;');
  const { peerId } = await scene.until(isHeardOver('chatbuddy'));
  for (const text of inbound) chat.say(text);
  await Promise.all([
    burst(scene, peerId, outbound),
    readAll(t, outbound, () => chat.heard.take(null)),
    // A program without frames: what is said without a pause is one message.
    eventually(() => wordsOver(scene, 'chatbuddy').endsWith(inbound.at(-1) ?? ''), 20_000, 'all of it'),
  ]);
  assert.equal(wordsOver(scene, 'chatbuddy'), `hello;${inbound.join('')}`);
}

/** In strict turns: it says one, reads once, says the next. */
async function exchangeOverCse310(t: TestContext, scene: Scene, turns: Turns): Promise<void> {
  const [inbound, outbound] = [numbered('cse310 in'), numbered('cse310 out')];
  const nick = 'nora: ';
  const unsaid = [...inbound];
  const takeTurn = async (): Promise<string | null> => {
    await turns.type(unsaid.shift() ?? 'anything else?;');
    return turns.read();
  };
  await turns.type('hello;');
  const { peerId } = await scene.until(isHeardOver('cse310'));
  const queued = burst(scene, peerId, outbound);
  let first: string | null = await turns.read();
  await readAll(
    t,
    outbound.map((text) => nick + text),
    async () => {
      const words = first ?? (await takeTurn());
      first = null;
      // A message behind one that was not read yet begins with a line end.
      return words?.replace(/(^|;)\n/g, '$1') ?? null;
    },
  );
  await queued;
  // Texts that were read together gave it one turn only.
  while (unsaid.length > 0) {
    await burst(scene, peerId, ['go on;']);
    await takeTurn();
  }
  const expected = `hello;${inbound.join('')}`;
  await eventually(() => wordsOver(scene, 'cse310').length >= expected.length, 20_000, 'all of it');
  assert.equal(wordsOver(scene, 'cse310').slice(0, expected.length), expected);
}

const wordsOver = ({ seen }: Scene, dialect: string): string =>
  incoming(seen, dialect)
    .map(({ text }) => text)
    .join('');

const isHeardOver =
  (dialect: string) =>
  (event: NodeEvent): event is MessageEvent =>
    event.type === 'message' && event.direction === 'in' && event.dialect === dialect;

test('five programs and a native peer exchange twenty messages each, none lost and in order', async (t) => {
  // As people run it.
  const scene = await startScene(t, {}, 'threads');
  const synergy = await startSynergy({ name: 'sue', host: '127.0.0.2' });
  const netech = await startNetech({ team: 'ned', host: '127.0.0.3' });
  const responder = await startResponder({ host: '127.0.0.4' });
  const chat = await startChat(scene.port('chatbuddy'));
  const turns = await connectTo(scene.port('cse310'));
  t.after(() =>
    Promise.all([synergy, netech, responder, chat, turns].map((each) => each.close())).then(() => undefined),
  );
  // Its threads run before the rush: while one starts, a program here may be silent longer than any caller may.
  await initiate({ port: scene.port(), text: 'before the rush;', secret: 6, localAddress: '127.0.0.6' });
  await scene.texts('cmp2204', 1);
  const target = { host: '127.0.0.1', port: scene.port(), from: '127.0.0.5' };
  await Promise.all([
    oneByOne(
      scene,
      { dialect: 'synergy', at: `127.0.0.2:${synergy.port}` },
      { ...synergy, say: (text) => synergy.send(scene.port(), text), textOf: ({ content }) => content },
    ),
    oneByOne(
      scene,
      { dialect: 'netech', at: `127.0.0.3:${netech.port}` },
      { ...netech, say: (text) => netech.send(scene.port(), text), textOf: ({ text }) => text },
    ),
    oneByOne(
      scene,
      { dialect: 'cmp2204', at: `127.0.0.4:${responder.port}` },
      {
        heard: responder.received,
        say: (text) => initiate({ port: scene.port(), text, secret: 6, localAddress: '127.0.0.4' }),
        textOf: ({ text, isEncrypted }) =>
          isEncrypted ? text : assert.fail('sealed unless plain is asked for'),
      },
    ),
    exchangeOverChatbuddy(t, scene, chat),
    exchangeOverCse310(t, scene, turns),
    simulatedPeer('pat', target, newTally()).deliver(numbered('native')),
  ]);
  const native = incoming(scene.seen, 'native').map(({ text }) => text);
  assert.deepEqual(native, numbered('native'));
});

test('with secure-only, nothing is said to older programs and nothing is heard of them', async (t) => {
  const scene = await startScene(t, { secureOnly: true });
  const sent = await scene.node.send('netech://127.0.0.1:7070', 'hi');
  assert.deepEqual(sent._unsafeUnwrapErr(), { code: 'chat/secure-only', dialect: 'netech' });
  await initiate({ port: scene.port(), text: 'hello' });
  assert.deepEqual((await scene.node.history({}))._unsafeUnwrap(), []);
  assert.deepEqual((await scene.node.self())._unsafeUnwrap().foreignPorts, []);
});

test('a dialect that is not switched on is refused, and a text it cannot carry, too', async (t) => {
  const scene = await startScene(t, { dialects: ['chatbuddy'] });
  const off = await scene.node.send('netech://127.0.0.1:7070', 'hi');
  assert.deepEqual(off._unsafeUnwrapErr(), { code: 'chat/dialect-off', dialect: 'netech' });
  const mark = await scene.node.send('chatbuddy://127.0.0.1', 'EOM');
  assert.equal(mark._unsafeUnwrapErr().code, 'dialect/unsupported');
});

test('nonsense over every port ends its connection and nothing else', async (t) => {
  const scene = await startScene(t);
  const ports = [scene.port(), scene.port('chatbuddy'), scene.port('cse310')];
  const openings = [
    '{"key": "b\'',
    '{"type": 1, ',
    'LISTENING_PORT:99999999|',
    '{"encrypted message": "AAAA"}',
    '9.9.9.9:1 ',
  ];
  for (let round = 0; round < 40; round += 1) {
    const socket = connect({ host: '127.0.0.1', port: ports[round % ports.length] ?? 0 });
    socket.on('error', () => undefined);
    socket.write(openings[round % openings.length] ?? '');
    socket.end(anyBytes(2_000));
    await new Promise((resolve) => socket.once('close', resolve));
  }
  // A program that finds no slot free does not try again.
  const isIdle = async () => (await transportOf(scene.node)).inboundNow === 0;
  await eventually(isIdle, 5_000, 'all connections have ended');
  await initiate({ port: scene.port(), text: 'still here' });
  const texts = await scene.texts('cmp2204', 1);
  assert.equal(texts.at(-1), 'still here');
  const { malformed } = (await scene.node.stats())._unsafeUnwrap();
  assert.ok(Object.keys(malformed ?? {}).length > 0);
});
