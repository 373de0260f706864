/** Input that no program would send, over real sockets and every port, by the hundred; and what it must not cost. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { ForeignDialectName, MessageEvent, NodeEvent } from '../../src/index.js';
import { readCaptures } from '../support/captures.js';
import { eventually, within } from '../support/deadline.js';
import { startScene, unheardOf, type Scene } from '../support/foreign-scene.js';
import { heavy, kinds, retainedBytes } from '../support/malformed.js';
import { dice, withSeeds, type Dice } from '../support/seeds.js';
import { newTally, simulatedPeer } from '../support/simulated-peer.js';
import { startChat } from '../support/standins/chatbuddy.js';
import { initiate } from '../support/standins/cmp2204.js';
import { connectTo } from '../support/standins/cse310.js';
import { startNetech } from '../support/standins/netech.js';
import { startSynergy } from '../support/standins/synergy.js';

const dialects = ['cmp2204', 'chatbuddy', 'synergy', 'cse310', 'netech'] as const;
const inputsEach = 30;
/** Of the inputs that the dialect always refuses, in each round. */
const refusedEach = 6;
const lanesEach = 4;
/**
 * Memory that two more rounds may take: counts, and the texts that a reader of events holds. A connection that stayed
 * would take more.
 */
const growthMibMax = 16;
const logEveryMs = 5_000;

async function dial(port: number, localAddress: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, localAddress });
  socket.on('error', () => undefined);
  socket.resume();
  await within(
    new Promise((resolve) => socket.once('connect', resolve).once('close', resolve)),
    5_000,
    'the connection',
  );
  return socket;
}

const closeOf = (socket: Socket): Promise<unknown> =>
  within(
    new Promise((resolve) => (socket.closed ? resolve(null) : socket.once('close', resolve))),
    8_000,
    'the close',
  );

const invalidUtf8 = Buffer.from([0xff, 0x41]);
/** Input that each dialect refuses, whatever the dice say. Random input is text to the dialects without a form. */
const refused: readonly (readonly [ForeignDialectName, Uint8Array])[] = [
  ['cmp2204', Buffer.from('{"unencrypted message": 1} trailing')],
  ['cmp2204', Buffer.concat([Buffer.from('{"unencrypted message": "'), invalidUtf8, Buffer.from('"}')])],
  ['cmp2204', Buffer.from('{"encrypted message": "AAAA"}')],
  ['synergy', Buffer.from('{"type": "message", "content": []}')],
  ['synergy', Buffer.from('10.0.0.7:99999 ann hi')],
  ['netech', Buffer.concat([Buffer.from('LISTENING_PORT:7070|TEAM_NAME:ned|'), invalidUtf8])],
  ['chatbuddy', invalidUtf8],
  ['cse310', invalidUtf8],
];

/** All kinds in turn, the long ones, and what is always refused, each over a connection of its own. */
async function flood(scene: Scene, dialect: ForeignDialectName, round: number, draw: Dice): Promise<void> {
  const corpus = readCaptures(dialect).flatMap(({ steps }) => steps.map(({ bytes }) => bytes));
  const made = Object.values(kinds);
  const inputs = Array.from(
    { length: inputsEach },
    (_, at) => made[at % made.length]?.make(corpus, draw) ?? new Uint8Array(),
  );
  // The long ones leave long texts in the history: once is enough.
  const waiting = round === 0 ? [...heavy, ...inputs] : inputs;
  const always = refused.filter(([name]) => name === dialect).map(([, bytes]) => bytes);
  for (let made = 0; made < refusedEach; made += always.length) waiting.push(...always);
  const lane = async (at: number): Promise<void> => {
    for (let input = waiting.pop(); input !== undefined; input = waiting.pop()) {
      const from = `127.0.${dialects.indexOf(dialect) + 1}.${at + 2}`;
      const socket = await dial(scene.port(dialect), from);
      socket.end(input);
      await closeOf(socket);
    }
  };
  await Promise.all(Array.from({ length: lanesEach }, (_, at) => lane(at)));
}

const isHeard =
  (text: string) =>
  (event: NodeEvent): event is MessageEvent =>
    event.type === 'message' && event.direction === 'in' && event.text === text;

async function honestAreHeard(t: TestContext, scene: Scene): Promise<void> {
  const synergy = await startSynergy({ name: 'sue', host: '127.0.0.2' });
  const netech = await startNetech({ team: 'ned', host: '127.0.0.3' });
  t.after(() => Promise.all([synergy.close(), netech.close()]));
  await initiate({ port: scene.port(), text: 'honest cmp2204', secret: 6 });
  await synergy.send(scene.port(), 'honest synergy');
  await netech.send(scene.port(), 'honest netech');
  const chat = await startChat(scene.port('chatbuddy'));
  chat.say('honest chatbuddy');
  const turns = await connectTo(scene.port('cse310'));
  await turns.type('honest cse310');
  t.after(() => Promise.all([chat.close(), turns.close()]));
  const target = { host: '127.0.0.1', port: scene.port(), from: '127.0.0.5' };
  await simulatedPeer('pat', target, newTally()).deliver(['honest native']);
  for (const who of [...dialects, 'native']) await scene.until(isHeard(`honest ${who}`));
}

async function talksOf({ node }: Scene): Promise<number> {
  const { actors } = (await node.stats())._unsafeUnwrap();
  assert.ok(Array.isArray(actors));
  return actors.filter(({ id }: { id: string }) => id.startsWith('talk:')).length;
}

test('malformed inputs leave no connection and few log lines, and honest peers are served', async (t) => {
  await withSeeds(t, (seed) => floodEveryPort(t, seed));
});

async function floodEveryPort(t: TestContext, seed: number): Promise<void> {
  const draw = dice(seed);
  const lines: { readonly level: string; readonly event: string }[] = [];
  const scene = await startScene(t, { log: (level, event) => lines.push({ level, event }) });
  const startedMs = performance.now();
  await Promise.all(dialects.map((dialect) => flood(scene, dialect, 0, draw)));
  const warmBytes = retainedBytes();
  for (const round of [1, 2])
    await Promise.all(dialects.map((dialect) => flood(scene, dialect, round, draw)));
  const tookMs = performance.now() - startedMs;
  const grownMib = (retainedBytes() - warmBytes) / 2 ** 20;
  assert.ok(grownMib < growthMibMax, `${grownMib} MiB more after two more rounds`);
  await eventually(async () => (await talksOf(scene)) === 0, 5_000, 'no talk is left');

  const { malformed } = (await scene.node.stats())._unsafeUnwrap();
  for (const dialect of dialects) {
    const counted = Number(Reflect.get(Object(malformed), dialect));
    assert.ok(counted >= 3 * refusedEach, `${dialect}: ${counted} counted as malformed`);
  }
  assert.ok(Number(Reflect.get(Object(await unheardOf(scene)), 'no-such-opening')) > 100);
  const told = lines.filter(({ level }) => level === 'warn' || level === 'error');
  assert.deepEqual([...new Set(told.map(({ event }) => event))].toSorted(), [
    'talk-failed',
    'unknown-first-bytes',
  ]);
  // One for each dialect and one for openings, at a time.
  const linesMax = (dialects.length + 1) * (1 + Math.ceil(tookMs / logEveryMs));
  assert.ok(told.length <= linesMax, `${told.length} lines, ${linesMax} at most`);
  t.diagnostic(`${Math.round(tookMs)} ms, ${grownMib.toFixed(1)} MiB, ${told.length} lines`);
  await honestAreHeard(t, scene);
}

test('malformed input ends the connection, as in the programs, and text does not', async (t) => {
  const scene = await startScene(t);
  for (const [dialect, bytes] of refused) {
    const socket = await dial(scene.port(dialect), '127.0.0.9');
    socket.write(bytes);
    // Our end stays open: it is the node that closes.
    await within(
      new Promise((resolve) => socket.once('end', resolve).once('close', resolve)),
      2_000,
      dialect,
    );
    socket.destroy();
  }
  for (const dialect of ['chatbuddy', 'cse310'] as const) {
    const socket = await dial(scene.port(dialect), '127.0.0.9');
    t.after(() => socket.destroy());
    socket.write(`{"text" [for ${dialect}`);
    await scene.until(isHeard(`{"text" [for ${dialect}`));
    assert.ok(!socket.readableEnded && !socket.destroyed, dialect);
  }
});
