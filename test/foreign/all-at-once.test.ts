/**
 * One node and every kind of program at once: five stand-ins of the originals, four of siblings, two natives, a hundred
 * messages each way each, while six hosts hold talks open. Each stand-in has an address of its own, as on a network.
 */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { ForeignDialectName, MessageEvent, NodeEvent } from '../../src/index.js';
import { eventually, hangMs } from '../support/deadline.js';
import { startScene, type Scene } from '../support/foreign-scene.js';
import { startSceneNode, type SceneNode } from '../support/scene-nodes.js';
import type { Queue } from '../support/standins/blocking-socket.js';
import { startChat } from '../support/standins/chatbuddy.js';
import { initiate, startAnnouncer, startResponder } from '../support/standins/cmp2204.js';
import { connectTo } from '../support/standins/cse310.js';
import { startNetech } from '../support/standins/netech.js';
import { startSynergy } from '../support/standins/synergy.js';
import { freeUdpPort } from '../support/free-port.js';

const count = 100;
const numbered = (program: string): readonly string[] =>
  Array.from({ length: count }, (_, at) => `${program} ${at} ğ`);

/** Texts that a program says, and texts that it hears. */
interface Exchange {
  readonly said: readonly string[];
  readonly heard: readonly string[];
}

const isFrom =
  (from: string) =>
  (event: NodeEvent): event is MessageEvent =>
    event.type === 'message' && event.direction === 'in' && event.peerId === from;

const isText =
  (from: string, text: string) =>
  (event: NodeEvent): event is MessageEvent =>
    isFrom(from)(event) && event.text === text;

/** The messages that our user got from one peer, in their order, once there are `count`. */
async function messagesFrom(scene: Scene, from: string): Promise<readonly MessageEvent[]> {
  const messages = (): readonly MessageEvent[] => scene.seen.filter(isFrom(from));
  await eventually(() => messages().length >= count, hangMs, `messages of ${from}`);
  return messages();
}

/**
 * Our user sees of one peer every text once, under the labels of its dialect. Messages over connections of their own
 * can overtake each other.
 */
async function shown(
  scene: Scene,
  from: string,
  said: readonly string[],
  label: (at: number) => Pick<MessageEvent, 'dialect' | 'encryption' | 'verified'>,
): Promise<void> {
  const messages = await messagesFrom(scene, from);
  assert.deepEqual(
    inOrder(
      messages.map(({ text, dialect, encryption, verified }) => ({ text, dialect, encryption, verified })),
    ),
    inOrder(said.map((text, at) => ({ text, ...label(at) }))),
  );
}

const inOrder = <Message extends { readonly text: string }>(
  messages: readonly Message[],
): readonly Message[] => messages.toSorted((a, b) => (a.text < b.text ? -1 : 1));

/** Sends a text and waits until the node reports that it went out. */
async function sendOne(scene: Scene, peer: string, text: string): Promise<void> {
  const { id } = (await scene.node.send(peer, text))._unsafeUnwrap();
  await untilSent(scene, [id], `"${text}" to ${peer}`);
}

async function untilSent(scene: Scene, ids: readonly string[], what: string): Promise<void> {
  for (const id of ids)
    await scene.until(
      (event): event is NodeEvent =>
        event.type === 'status' && event.id === id && ['sent', 'delivered'].includes(event.state),
      hangMs,
      `${what} is sent`,
    );
}

/** A program with a connection for each message: both ways at the same time, ours all queued at once. */
async function perMessage<Heard>(
  scene: Scene,
  { dialect, scheme = dialect, host, port }: Where,
  program: { say(text: string, at: number): Promise<void>; readonly heard: Queue<Heard> },
  textOf: (heard: Heard) => string,
): Promise<void> {
  const [inbound, outbound] = [numbered(`${scheme} in`), numbered(`${scheme} out`)];
  const say = async (): Promise<void> => {
    for (const [at, text] of inbound.entries()) await program.say(text, at);
  };
  const send = async (): Promise<void> => {
    const queued = (await scene.node.sendAll(`${scheme}://${host}:${port}`, outbound))._unsafeUnwrap();
    await untilSent(
      scene,
      queued.map(({ id }) => id),
      `each text to ${scheme}://${host}:${port}`,
    );
  };
  const hear = async (): Promise<void> => {
    for (const text of outbound) assert.equal(textOf(await program.heard.take(null)), text);
  };
  await Promise.all([say(), send(), hear()]);
  assert.deepEqual(program.heard.waiting, []);
  const from = dialect === 'cmp2204' ? `cmp2204://${host}` : `${dialect}://${host}:${port}`;
  await shown(scene, from, inbound, (at) => ({
    dialect,
    encryption: dialect === 'cmp2204' && at % 2 === 1 ? 'toy-dh-3des' : 'none',
    verified: false,
  }));
}

interface Where {
  readonly dialect: ForeignDialectName;
  readonly scheme?: string;
  readonly host: string;
  readonly port: number;
}

async function cmp2204(
  t: TestContext,
  scene: Scene,
  spelling: 'real' | 'underscore' | 'joined',
  host: string,
): Promise<void> {
  const responder = await startResponder({ spelling, host });
  const announcer = await startAnnouncer({
    username: spelling,
    address: host,
    withAddress: spelling === 'real',
    localAddress: host,
    to: { host: '127.0.0.1', port: scene.beaconPort },
  });
  t.after(() => Promise.all([responder.close(), announcer.close()]));
  await scene.until((event): event is NodeEvent => event.type === 'peer' && event.name === spelling);
  const say = (text: string, at: number): Promise<void> =>
    initiate({
      port: scene.port(),
      text,
      spelling,
      localAddress: host,
      // Every second one is encrypted.
      ...(at % 2 === 0 ? {} : { secret: 3 + (at % 7) }),
    });
  await perMessage(
    scene,
    { dialect: 'cmp2204', host, port: responder.port },
    { say, heard: responder.received },
    ({ text, isEncrypted }) => (isEncrypted ? text : assert.fail('encrypted unless asked for plain')),
  );
  assert.equal(responder.death(), null);
  assert.deepEqual(responder.threadsLost, []);
}

async function synergy(
  t: TestContext,
  scene: Scene,
  options: Parameters<typeof startSynergy>[0] & { readonly host: string },
): Promise<void> {
  const program = await startSynergy(options);
  t.after(program.close);
  const { host, form } = options;
  const scheme = form === 'json' ? 'synergy+json' : 'synergy';
  const where = { dialect: 'synergy', scheme, host, port: program.port } as const;
  const say = (text: string): Promise<void> => program.send(scene.port(), text);
  await perMessage(scene, where, { say, heard: program.heard }, ({ content }) => content);
  assert.deepEqual([program.tracebacks, program.deafness()], [[], null]);
}

async function netech(t: TestContext, scene: Scene, host: string): Promise<void> {
  const program = await startNetech({ team: 'blue', host });
  t.after(program.close);
  const say = (text: string): Promise<void> => program.send(scene.port(), text);
  const where = { dialect: 'netech', host, port: program.port } as const;
  await perMessage(scene, where, { say, heard: program.heard }, ({ text }) => text);
}

/** Full duplex: either side says its next text once the other one has read the text before. */
async function chatbuddy(t: TestContext, scene: Scene, host: string): Promise<void> {
  const chat = await startChat(scene.port('chatbuddy'), '127.0.0.1', host);
  t.after(chat.close);
  const peer = `chatbuddy://${host}`;
  const { said, heard }: Exchange = { said: numbered('chatbuddy in'), heard: numbered('chatbuddy out') };
  const say = async (): Promise<void> => {
    for (const text of said) {
      chat.say(text);
      await scene.until(isText(peer, text), hangMs, `${text} is heard`);
    }
  };
  const hear = async (): Promise<void> => {
    for (const text of heard) {
      await sendOne(scene, peer, text);
      assert.equal(await chat.heard.take(null), text);
    }
  };
  await Promise.all([say(), hear()]);
  await shown(scene, peer, said, () => ({ dialect: 'chatbuddy', encryption: 'none', verified: false }));
}

/** Strict turns. */
async function cse310(t: TestContext, scene: Scene, host: string): Promise<void> {
  const turns = await connectTo(scene.port('cse310'), '127.0.0.1', host);
  t.after(turns.close);
  const peer = `cse310://${host}`;
  const { said, heard }: Exchange = { said: numbered('cse310 in'), heard: numbered('cse310 out') };
  for (const [at, text] of said.entries()) {
    await turns.type(text);
    await scene.until(isText(peer, text), hangMs, `${text} is heard`);
    const ours = heard[at] ?? '';
    await sendOne(scene, peer, ours);
    assert.equal(await turns.read(), `nora: ${ours}`);
  }
  await shown(scene, peer, said, () => ({ dialect: 'cse310', encryption: 'none', verified: false }));
}

async function native(scene: Scene, peer: SceneNode): Promise<void> {
  const [inbound, outbound] = [numbered('native in'), numbered('native out')];
  const { id } = (await scene.node.self())._unsafeUnwrap();
  (await peer.handle.sendAll(id, inbound.slice(1)))._unsafeUnwrap();
  const queued = (await scene.node.sendAll(peer.id, outbound))._unsafeUnwrap();
  await untilSent(
    scene,
    queued.map(({ id }) => id),
    `each text to ${peer.id}`,
  );
  const messages = await messagesFrom(scene, peer.id);
  assert.deepEqual(
    messages.map(({ text, dialect }) => [text, dialect]),
    inbound.map((text) => [text, 'native']),
  );
  assert.deepEqual(peer.shown, outbound);
}

/** Hosts that open a talk, say one word, stay, and call again where the talk ends. Returns what each read, by host. */
function holdTalks(t: TestContext, scene: Scene): ReadonlyMap<string, readonly string[]> {
  const reads = new Map<string, string[]>();
  for (let n = 1; n <= 6; n += 1) {
    const localAddress = `127.0.9.${n}`;
    const ends: string[] = [];
    reads.set(localAddress, ends);
    let isOver = false;
    const open = (): void => {
      if (isOver) return;
      let read = '';
      const socket = connect({ host: '127.0.0.1', port: scene.port('chatbuddy'), localAddress });
      socket.setEncoding('utf8');
      socket.on('connect', () => socket.write('I stay'));
      socket.on('data', (words: string) => (read += words));
      socket.on('error', () => undefined);
      socket.on('close', () => {
        if (!isOver) ends.push(read);
        setTimeout(open, 1_000);
      });
      t.after(() => {
        isOver = true;
        socket.destroy();
      });
    };
    open();
  }
  return reads;
}

/** The program and its host: texts of ours go to a port of it, and its own texts name another one. */
const placeOf = ({ peerId, dialect }: MessageEvent): string =>
  `${dialect} ${/127\.\d+\.\d+\.\d+/.exec(peerId)?.[0] ?? peerId}`;

/** The texts of each peer that were heard by our user, and those for it that were sent. The hosts that stay are one row. */
function countsOf({ seen }: Scene): ReadonlyMap<string, { readonly heard: number; readonly sent: number }> {
  const sent = new Set(
    seen.flatMap((event) =>
      event.type === 'status' && (event.state === 'sent' || event.state === 'delivered') ? [event.id] : [],
    ),
  );
  const messages = seen.filter((event): event is MessageEvent => event.type === 'message');
  const names = new Map(
    messages.flatMap((event) => (event.direction === 'in' ? [[placeOf(event), event.peer] as const] : [])),
  );
  const counts = new Map<string, { heard: number; sent: number }>();
  for (const event of messages) {
    const place = placeOf(event);
    const program = place.includes(' 127.0.9.')
      ? 'hosts that stay'
      : `${event.dialect} ${names.get(place) ?? place}`;
    const row = counts.get(program) ?? { heard: 0, sent: 0 };
    counts.set(program, row);
    if (event.direction === 'in') row.heard += 1;
    else if (sent.has(event.id)) row.sent += 1;
  }
  return counts;
}

// Cases O1 to O5
test('all programs, siblings and natives talk at once while six hosts hold talks open', async (t) => {
  const scene = await startScene(t, { sendTimeoutMs: hangMs });
  const natives = await Promise.all(
    ['ann', 'bob'].map(async (name) =>
      startSceneNode(t, { name, beaconPorts: [await freeUdpPort()], broadcast: [] }),
    ),
  );
  // They know the node by now: a stranger that finds it full is asked to come back.
  const [first = ''] = numbered('native in');
  for (const { handle } of natives)
    await eventually(
      async () => (await handle.send(`127.0.0.1:${scene.port()}`, first)).isOk(),
      hangMs,
      'an answer at the address',
    );
  const startedMs = performance.now();
  const talks = [chatbuddy(t, scene, '127.0.0.18'), cse310(t, scene, '127.0.0.19')];
  const held = holdTalks(t, scene);
  await Promise.all([
    ...talks,
    cmp2204(t, scene, 'real', '127.0.0.11'),
    cmp2204(t, scene, 'underscore', '127.0.0.12'),
    cmp2204(t, scene, 'joined', '127.0.0.13'),
    synergy(t, scene, { name: 'json', form: 'json', host: '127.0.0.14' }),
    synergy(t, scene, { name: 'text', form: 'course', host: '127.0.0.15' }),
    synergy(t, scene, { name: 'single', form: 'course', isSingleThreaded: true, host: '127.0.0.16' }),
    netech(t, scene, '127.0.0.17'),
    ...natives.map((peer) => native(scene, peer)),
  ]);
  const messages = scene.seen.filter((event): event is MessageEvent => event.type === 'message');
  assert.equal(new Set(messages.map(({ id }) => id)).size, messages.length, 'no message twice');
  // Each user who was cut off, or got no slot, read why, and so did ours.
  const notices = scene.seen.flatMap((event) =>
    event.type === 'notice' && event.notice === 'cut-off' ? [event.text] : [],
  );
  for (const [host, ends] of held) {
    for (const read of ends)
      assert.match(
        read,
        /(All connections are in use|This conversation ends).* Please call again in a minute\./,
      );
    if (ends.length > 0)
      assert.ok(
        notices.some((text) => text.includes(host)),
        `a notice about ${host}`,
      );
  }
  // The two talks of the stand-ins are silent once they have said everything, and may be cut off then.
  assert.ok(
    notices.every((text) => /127\.0\.(9\.\d|0\.1[89])/.test(text)),
    notices.join('|'),
  );
  for (const [program, count] of countsOf(scene))
    t.diagnostic(`${program}: ${count.heard} heard, ${count.sent} sent`);
  const ends = [...held.values()].map(({ length }) => length);
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
  t.diagnostic(
    `${messages.length} messages in ${seconds} s; talks cut off or turned away: ${ends.join(' ')}`,
  );
});
