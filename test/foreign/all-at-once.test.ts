/**
 * One node and every kind of program at once: five stand-ins of the originals, four of siblings, two natives, a hundred
 * messages each way each, while six hosts hold talks open. Nothing is lost, doubled, mislabelled, glued or garbled, and
 * nobody dies.
 */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { ForeignDialectName, MessageEvent, NodeEvent } from '../../src/index.js';
import { peerIdOf } from '../../src/chat/people/identity.js';
import { eventually } from '../support/deadline.js';
import { startScene, type Scene } from '../support/foreign-scene.js';
import { newTally, simulatedPeer } from '../support/simulated-peer.js';
import { startChat, type Chat } from '../support/standins/chatbuddy.js';
import {
  initiate,
  startAnnouncer,
  startResponder,
  type Cmp2204Spelling,
} from '../support/standins/cmp2204.js';
import { connectTo, type Turns } from '../support/standins/cse310.js';
import { startNetech } from '../support/standins/netech.js';
import { startSynergy } from '../support/standins/synergy.js';

const count = 100;
const deadlineMs = 240_000;
const numbered = (what: string): readonly string[] =>
  Array.from({ length: count }, (_, at) => `${what} ${String(at)} ğ;`);

/** Texts that came in from `isFrom`, in their order. */
const textsFrom = (scene: Scene, isFrom: (message: MessageEvent) => boolean): readonly string[] =>
  scene.seen.flatMap((event: NodeEvent) =>
    event.type === 'message' && event.direction === 'in' && isFrom(event) ? [event.text] : [],
  );

/** Queues all in order; each is told as sent in the end. */
async function sendAll(scene: Scene, peer: string, texts: readonly string[]): Promise<void> {
  const ids = (await scene.node.sendAll(peer, texts))._unsafeUnwrap().map(({ id }) => id);
  const sent = new Set<string>();
  await eventually(
    () => {
      for (const event of scene.seen)
        if (event.type === 'status' && (event.state === 'sent' || event.state === 'delivered'))
          sent.add(event.id);
      return ids.every((id) => sent.has(id));
    },
    deadlineMs,
    `all for ${peer} told as sent`,
  );
}

async function cmp2204(scene: Scene, spelling: Cmp2204Spelling, host: string): Promise<void> {
  const responder = await startResponder({ spelling, host });
  const [inbound, outbound] = [numbered(`${spelling} in`), numbered(`${spelling} out`)];
  const say = async (): Promise<void> => {
    for (const [at, text] of inbound.entries())
      await initiate({
        port: scene.port(),
        text,
        spelling,
        localAddress: host,
        ...(at % 2 === 0 ? {} : { secret: 3 + (at % 7) }),
      });
  };
  // We first.
  const sending = sendAll(scene, `cmp2204://${host}:${responder.port}`, outbound);
  await Promise.all([say(), sending]);
  const heard = responder.received.waiting.map(({ text }) => text);
  assert.deepEqual(heard, outbound, spelling);
  assert.ok(responder.received.waiting.every(({ isEncrypted }) => isEncrypted));
  await eventually(
    () => textsFrom(scene, ({ peerId }) => peerId === `cmp2204://${host}`).length >= count,
    deadlineMs,
    `texts of ${spelling}`,
  );
  assert.deepEqual(
    textsFrom(scene, ({ peerId }) => peerId === `cmp2204://${host}`),
    inbound,
  );
  assert.equal(responder.death(), null);
  assert.ok(responder.threadsLost.length <= 1, responder.threadsLost.join());
  await responder.close();
}

async function perMessage(
  scene: Scene,
  dialect: ForeignDialectName,
  program: {
    readonly port: number;
    send(port: number, text: string): Promise<void>;
    readonly heard: () => readonly string[];
  },
  scheme: string,
): Promise<void> {
  const [inbound, outbound] = [numbered(`${scheme} in`), numbered(`${scheme} out`)];
  const say = async (): Promise<void> => {
    for (const text of inbound) await program.send(scene.port(), text);
  };
  await Promise.all([say(), sendAll(scene, `${scheme}://127.0.0.1:${program.port}`, outbound)]);
  assert.deepEqual(program.heard(), outbound, scheme);
  const from = `${dialect}://127.0.0.1:${program.port}`;
  await eventually(
    () => textsFrom(scene, ({ peerId }) => peerId === from).length >= count,
    deadlineMs,
    `texts of ${scheme}`,
  );
  assert.deepEqual(
    textsFrom(scene, ({ peerId }) => peerId === from),
    inbound,
  );
}

async function chatbuddy(scene: Scene, chat: Chat): Promise<void> {
  const [inbound, outbound] = [numbered('chatbuddy in'), numbered('chatbuddy out')];
  const say = async (): Promise<void> => {
    for (const text of inbound) {
      chat.say(text);
      // Its user presses Enter between two of them.
      await pause(100);
    }
  };
  chat.say('hello;');
  const { peerId } = await scene.until(
    (event): event is MessageEvent => event.type === 'message' && event.text === 'hello;',
    deadlineMs,
  );
  await Promise.all([say(), sendAll(scene, peerId, outbound)]);
  const heard = chat.heard.waiting.join('');
  assert.equal(heard, outbound.join(''));
  const isFrom = (message: MessageEvent): boolean => message.peerId === peerId;
  await eventually(
    () =>
      textsFrom(scene, isFrom)
        .join('')
        .endsWith(inbound.at(-1) ?? ''),
    deadlineMs,
    'texts of chatbuddy',
  );
  assert.equal(textsFrom(scene, isFrom).join(''), `hello;${inbound.join('')}`);
}

async function cse310(scene: Scene, turns: Turns): Promise<void> {
  const [inbound, outbound] = [numbered('cse310 in'), numbered('cse310 out')];
  await turns.type('hello;');
  const { peerId } = await scene.until(
    (event): event is MessageEvent => event.type === 'message' && event.dialect === 'cse310',
    deadlineMs,
  );
  const sending = sendAll(scene, peerId, outbound);
  const unsaid = [...inbound];
  const lines: string[] = [];
  while (lines.length < outbound.length || unsaid.length > 0) {
    if (lines.length >= outbound.length) {
      // It is never answered from here on, so the rest is not said.
      break;
    }
    const words = (await turns.read()) ?? assert.fail('the talk has ended');
    lines.push(...words.split('\n').filter((line) => line !== ''));
    await turns.type(unsaid.shift() ?? 'go on;');
  }
  await sending;
  assert.deepEqual(
    lines,
    outbound.map((text) => `nora: ${text}`),
  );
  const said = ['hello;', ...inbound.slice(0, inbound.length - unsaid.length)];
  await eventually(
    () => textsFrom(scene, ({ dialect }) => dialect === 'cse310').length >= said.length,
    deadlineMs,
    'texts of cse310',
  );
  assert.deepEqual(textsFrom(scene, ({ dialect }) => dialect === 'cse310').slice(0, said.length), said);
}

/** Hosts that open a talk, say one word and stay. */
function holdTalks(t: TestContext, scene: Scene): void {
  for (let host = 1; host <= 6; host += 1) {
    let isOver = false;
    const open = (): void => {
      if (isOver) return;
      const socket = connect({
        host: '127.0.0.1',
        port: scene.port('chatbuddy'),
        localAddress: `127.0.9.${host}`,
      });
      socket.on('connect', () => socket.write('I stay'));
      socket.on('error', () => undefined);
      socket.on('close', () => setTimeout(open, 1_000));
      t.after(() => {
        isOver = true;
        socket.destroy();
      });
    };
    open();
  }
}

test('every program, four siblings and two natives at once, while six hosts hold talks open', async (t) => {
  const scene = await startScene(t, { sendTimeoutMs: deadlineMs });
  const chat = await startChat(scene.port('chatbuddy'), '127.0.0.1');
  const turns = await connectTo(scene.port('cse310'));
  t.after(() => Promise.all([chat.close(), turns.close()]));
  await eventually(() => scene.seen.some((event) => event.type === 'notice'), 10_000, 'both talks');
  const to = { host: '127.0.0.1', port: scene.beaconPort };
  const announcer = await startAnnouncer({ username: 'ole', address: '127.0.0.1', to });
  t.after(announcer.close);
  holdTalks(t, scene);
  const [json, textForm, single] = await Promise.all([
    startSynergy({ name: 'json', form: 'json' }),
    startSynergy({ name: 'text', form: 'course' }),
    startSynergy({ name: 'single', form: 'course', isSingleThreaded: true }),
  ]);
  const blue = await startNetech({ team: 'blue' });
  t.after(() => Promise.all([json.close(), textForm.close(), single.close(), blue.close()]));
  const contents = (program: typeof json) => () => program.heard.waiting.map(({ content }) => content);
  const natives = [1, 2].map((n) =>
    simulatedPeer(`native ${n}`, { host: '127.0.0.1', port: scene.port(), from: `127.0.8.${n}` }, newTally()),
  );
  const startedMs = performance.now();
  await Promise.all([
    cmp2204(scene, 'real', '127.0.0.1'),
    cmp2204(scene, 'underscore', '127.0.0.2'),
    cmp2204(scene, 'joined', '127.0.0.3'),
    perMessage(scene, 'synergy', { ...json, heard: contents(json) }, 'synergy+json'),
    perMessage(scene, 'synergy', { ...textForm, heard: contents(textForm) }, 'synergy'),
    perMessage(scene, 'synergy', { ...single, heard: contents(single) }, 'synergy'),
    perMessage(
      scene,
      'netech',
      { ...blue, heard: () => blue.heard.waiting.map(({ text }) => text) },
      'netech',
    ),
    chatbuddy(scene, chat),
    cse310(scene, turns),
    ...natives.map(async (native, at) => {
      const texts = numbered(`native ${at}`);
      for (const text of texts) await native.deliver([text]);
      const id = peerIdOf(native.idKey);
      assert.deepEqual(
        textsFrom(scene, ({ peerId }) => peerId === id),
        texts,
      );
    }),
  ]);
  t.diagnostic(`${((performance.now() - startedMs) / 1_000).toFixed(1)} s`);
  assert.equal(single.deafness(), null);
  assert.deepEqual([json.tracebacks, textForm.tracebacks, single.tracebacks], [[], [], []]);
  const messages = scene.seen.filter((event): event is MessageEvent => event.type === 'message');
  assert.equal(new Set(messages.map(({ id }) => id)).size, messages.length, 'no message twice');
});
