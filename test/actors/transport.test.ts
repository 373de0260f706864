import assert from 'node:assert/strict';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { MessagePort } from 'node:worker_threads';
import { transportActor, type TransportArgs } from '../../src/actors/transport/transport.js';
import { parseConnectionId, type ConnectionId } from '../../src/ids.js';
import { admission } from '../../src/admission/limits.js';
import { dialing } from '../../src/chat/routes/limits.js';
import { wireV1 } from '../../src/wire/limits.js';
import { transport as limits } from '../../src/actors/transport/limits.js';
import { tcp } from '../../src/actors/tcp/limits.js';
import { openByteStream, type ByteStream } from '../../src/runtime/stream.js';
import { drive, Recorder, type Driven } from '../support/actor-driver.js';
import { eventually, within } from '../support/deadline.js';
import type { TransportProtocol, TransportReports } from '../../src/actors/transport/protocol.js';
import { dice, runSeed } from '../support/seeds.js';
import { usableNowMs } from '../support/usable-time.js';

const connectionId = (text: string): ConnectionId => parseConnectionId(text)._unsafeUnwrap();
/** Preamble of a full handshake and as many bytes as message 1 has. */
const fullHello = Buffer.concat([Buffer.from('PARL\x01\x00', 'latin1'), Buffer.alloc(1_218, 7)]);

/** The treatment of an accepted connection: echo, and authenticate at once or never. */
interface Behaviour {
  readonly proves: 'contact' | 'stranger' | 'never';
  readonly parks: boolean;
}

class Host {
  readonly actor: Driven<TransportProtocol>;
  readonly node: Recorder<TransportReports>;
  readonly port: number;
  readonly streams: Map<ConnectionId, ByteStream>;
  readonly ends: Map<ConnectionId, string>;

  constructor(
    actor: Driven<TransportProtocol>,
    node: Recorder<TransportReports>,
    port: number,
    streams: Map<ConnectionId, ByteStream>,
    ends: Map<ConnectionId, string>,
  ) {
    this.actor = actor;
    this.node = node;
    this.port = port;
    this.streams = streams;
    this.ends = ends;
  }

  async stats() {
    return (await this.actor.call('stats', {}))._unsafeUnwrap();
  }
}

async function host(
  t: TestContext,
  behaviour: Partial<Behaviour> = {},
  args: Partial<TransportArgs> = {},
): Promise<Host> {
  const { proves = 'never', parks = false } = behaviour;
  const streams = new Map<ConnectionId, ByteStream>();
  const ends = new Map<ConnectionId, string>();
  const onAccepted = (id: ConnectionId, port: MessagePort): void => {
    let isProved = false;
    const stream = openByteStream(port, {
      onBytes(chunk) {
        stream.consumed(chunk.byteLength);
        if (!isProved && proves !== 'never') {
          isProved = true;
          actor.cast('authenticated', {
            connectionId: id,
            isContact: proves === 'contact',
            carries: 'session',
          });
        }
        stream.write(chunk.slice());
      },
      onEnd(reason) {
        ends.set(id, reason);
        streams.delete(id);
      },
    });
    streams.set(id, stream);
  };
  const node = new Recorder<TransportReports>({}, (cast) => {
    if (cast.name === 'accepted') {
      const body = cast.body as { connectionId: ConnectionId; port: MessagePort };
      onAccepted(body.connectionId, body.port);
    }
    if (cast.name === 'slotWanted' && parks) {
      const { connectionId: id } = cast.body as { connectionId: ConnectionId };
      streams.get(id)?.end('park');
      streams.delete(id);
    }
  });
  const actor = await drive(
    transportActor,
    {
      listeners: [{ bind: '127.0.0.1', port: 0, portStrict: false, dialect: 'sniffed' }],
      connectionsMax: 5,
      dialects: ['native'],
      ...args,
    },
    { node: node.ref },
  );
  t.after(() => actor.stop());
  const { port } = await node.wait('listening');
  return new Host(actor, node, port, streams, ends);
}

/** A caller that keeps all bytes that it receives. */
class Client {
  readonly socket: Socket;
  readonly startedMs = performance.now();
  heard = Buffer.alloc(0);
  isClosed = false;
  error: string | null = null;

  constructor(port: number, from = '127.0.0.1', first: Uint8Array | null = fullHello) {
    this.socket = connect({ host: '127.0.0.1', port, localAddress: from });
    this.socket.on('data', (chunk: Buffer) => (this.heard = Buffer.concat([this.heard, chunk])));
    this.socket.on('error', (error: NodeJS.ErrnoException) => (this.error = error.code ?? 'error'));
    this.socket.on('close', () => (this.isClosed = true));
    if (first) this.socket.write(first);
  }

  get isBusy(): boolean {
    return this.heard.byteLength === 5 && this.heard.subarray(0, 3).equals(Buffer.of(0, 0, 3));
  }

  get isEchoed(): boolean {
    return this.heard.byteLength >= fullHello.byteLength;
  }

  destroy(): void {
    this.socket.destroy();
  }
}

const clients = (t: TestContext): ((...args: ConstructorParameters<typeof Client>) => Client) => {
  const all: Client[] = [];
  t.after(() => {
    for (const client of all) client.destroy();
  });
  return (...args) => {
    const client = new Client(...args);
    all.push(client);
    return client;
  };
};

test('the first bytes reach the session with the rest, and its words reach the caller', async (t) => {
  const { port, node } = await host(t, { proves: 'contact' });
  const call = clients(t);
  const one = call(port);
  await eventually(() => one.isEchoed, 2_000, 'echo');
  assert.ok(one.heard.equals(fullHello));
  const [accepted] = node.all('accepted');
  assert.equal(accepted?.dialect, 'native');
  assert.equal(accepted?.remoteAddress, '127.0.0.1');
  assert.equal(accepted?.remotePort, one.socket.localPort);
});

test('bytes that come one by one are heard as one opening', async (t) => {
  const { port, node } = await host(t);
  const one = clients(t)(port, '127.0.0.1', null);
  one.socket.setNoDelay(true);
  for (const byte of fullHello.subarray(0, 8)) {
    one.socket.write(Uint8Array.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await node.wait('accepted');
});

// Fault D17
test('a taken port is passed over, or refused when the port is strict', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as AddressInfo;
  const next = await host(
    t,
    {},
    {
      listeners: [{ bind: '127.0.0.1', port, portStrict: false, dialect: 'sniffed' }],
    },
  );
  assert.ok(next.port > port && next.port < port + tcp.portTriesMax);
  const strict = host(
    t,
    {},
    { listeners: [{ bind: '127.0.0.1', port, portStrict: true, dialect: 'sniffed' }] },
  );
  await assert.rejects(strict, /transport\/port-in-use/);
  const ownPort = host(
    t,
    {},
    { listeners: [{ bind: '127.0.0.1', port, portStrict: true, dialect: 'chatbuddy' }] },
  );
  await assert.rejects(ownPort, /transport\/dialect-port-in-use/);
  // An older program cannot learn of another port, so the user gets an error.
  const moved = await host(
    t,
    {},
    {
      listeners: [
        { bind: '127.0.0.1', port: 0, portStrict: false, dialect: 'sniffed' },
        { bind: '127.0.0.1', port, portStrict: false, dialect: 'chatbuddy' },
      ],
    },
  );
  assert.ok(moved.actor.logged.includes('port-moved'));
  assert.ok(!next.actor.logged.includes('port-moved'));
});

test('at most five connections are served, and BUSY arrives whole within 50 ms', async (t) => {
  const { port, actor, stats } = await hostWithStats(t, { proves: 'contact' });
  actor.cast('known', { addresses: ['127.0.0.1'], ticketIds: [] });
  const call = clients(t);
  const served: Client[] = [];
  for (let i = 0; i < 5; i += 1) {
    const one = call(port, `127.0.0.${i + 1}`);
    await eventually(() => one.isEchoed || one.isClosed, 2_000, 'answer');
    served.push(one);
  }
  // The fifth slot is reserved for contacts.
  assert.equal(served.filter((one) => one.isEchoed).length, 5, 'contacts fill all slots');
  for (let i = 0; i < 20; i += 1) {
    const one = call(port, `127.0.1.${i + 1}`);
    await eventually(() => one.isClosed, 5_000, 'refusal');
    assert.ok(one.isBusy, `heard ${one.heard.toString('hex')} ${one.error ?? ''}`);
    assert.equal(one.error, null, 'BUSY was not reset away');
    const seconds = one.heard.readUInt16BE(3);
    assert.ok(seconds >= admission.busyRetryMinS && seconds <= admission.busyRetryMaxS);
  }
  const { inboundMost, inboundNow, refusedBusy } = await stats();
  assert.deepEqual({ inboundMost, inboundNow }, { inboundMost: 5, inboundNow: 5 });
  assert.ok(refusedBusy >= 20);
});

test('a single refused caller hears BUSY within 50 ms', async (t) => {
  const { port } = await host(t, { proves: 'contact' }, { connectionsMax: 1 });
  const call = clients(t);
  const first = call(port);
  await eventually(() => first.isEchoed, 2_000, 'echo');
  const took: number[] = [];
  for (let i = 0; i < 9; i += 1) {
    const one = call(port, '127.0.0.2', i % 2 === 0 ? fullHello : null);
    const startedMs = usableNowMs();
    let busyMs = Infinity;
    one.socket.once('data', () => (busyMs = usableNowMs() - startedMs));
    await eventually(() => one.isClosed, 2_000, 'refusal');
    assert.ok(one.isBusy);
    took.push(busyMs);
  }
  const median = took.toSorted((a, b) => a - b)[4] ?? Infinity;
  assert.ok(median < 50, `median ${median} ms of ${took.map((ms) => ms.toFixed(1)).join(' ')}`);
});

// Case N9
test('a connection that got BUSY is closed within 20 ms, also when its caller stays', async (t) => {
  const { port } = await host(t, { proves: 'contact' }, { connectionsMax: 1 });
  const call = clients(t);
  const first = call(port);
  await eventually(() => first.isEchoed, 2_000, 'echo');
  const took: number[] = [];
  for (let i = 0; i < 9; i += 1) {
    const socket = connect({ host: '127.0.0.1', port, localAddress: '127.0.0.2', allowHalfOpen: true });
    t.after(() => socket.destroy());
    socket.setNoDelay(true);
    socket.write(fullHello);
    await new Promise((resolve) => socket.once('data', resolve));
    const startedMs = usableNowMs();
    // A closed socket answers what comes now by a reset.
    const reset = new Promise((resolve) => socket.once('error', resolve));
    const poking = setInterval(() => socket.write('x'), 1);
    await within(reset, 2_000, 'its end');
    clearInterval(poking);
    took.push(usableNowMs() - startedMs);
  }
  const median = took.toSorted((a, b) => a - b)[4] ?? Infinity;
  assert.ok(median < 25, `median ${median} ms of ${took.map((ms) => ms.toFixed(1)).join(' ')}`);
});

test('hundreds get through five slots when sessions park for each other', async (t) => {
  const { port, stats } = await hostWithStats(t, { proves: 'contact', parks: true });
  const callers = Array.from({ length: 100 }, (_, i) => `127.0.${1 + Math.floor(i / 50)}.${1 + (i % 50)}`);
  let served = 0;
  const roll = dice(runSeed);
  const visit = async (from: string): Promise<void> => {
    for (let tries = 0; tries < 40; tries += 1) {
      const one = new Client(port, from);
      await eventually(() => one.isEchoed || one.isClosed, 5_000, 'answer');
      const isEchoed = one.isEchoed;
      if (isEchoed) {
        served += 1;
        await eventually(() => one.isClosed, 200, 'park').catch(() => undefined);
      }
      one.destroy();
      if (isEchoed) return;
      await new Promise((resolve) => setTimeout(resolve, 50 + roll(200)));
    }
  };
  await within(Promise.all(callers.map(visit)), 12_000, 'all callers');
  assert.equal(served, callers.length);
  assert.ok((await stats()).inboundMost <= 5);
});

test('slow callers of one address do not keep an honest one out', async (t) => {
  const { port } = await host(t, { proves: 'contact' });
  const call = clients(t);
  const attack = setInterval(() => call(port, '127.0.0.66', null), 20);
  t.after(() => clearInterval(attack));
  await eventually(async () => attackIsOn(t, port), 2_000, 'attack');
  const took: number[] = [];
  for (let i = 0; i < 25; i += 1) {
    // Every other one shares the address of those that attack.
    const from = i % 2 === 0 ? '127.0.0.2' : '127.0.0.66';
    const startedMs = usableNowMs();
    await eventually(async () => visitOnce(port, from), 3_000, `honest caller ${i} from ${from}`);
    took.push(usableNowMs() - startedMs);
  }
  const p95 = took.toSorted((a, b) => a - b)[23] ?? Infinity;
  t.diagnostic(`honest p95 ${p95.toFixed(0)} ms`);
  assert.ok(p95 < 1_000, `p95 ${p95} ms`);
});

test('a caller that says nothing is gone after the handshake deadline, whatever trickles', async (t) => {
  const { port, ends, node } = await host(t);
  const call = clients(t);
  const silent = call(port, '127.0.0.2', null);
  const slow = call(port, '127.0.0.3');
  const { connectionId: id } = await node.wait('accepted');
  const trickle = setInterval(() => slow.socket.write('x'), 100);
  t.after(() => clearInterval(trickle));
  await eventually(() => silent.isClosed && slow.isClosed, wireV1.handshakeDeadlineMs + 1_000, 'deadline');
  const tookMs = performance.now() - slow.startedMs;
  assert.ok(tookMs > wireV1.handshakeDeadlineMs - 200, `${tookMs}`);
  assert.ok(tookMs < wireV1.handshakeDeadlineMs + 5_000, `${tookMs}`);
  await eventually(() => ends.get(id) === 'deadline', 1_000, 'the session hears why');
});

test('a peer that never reads stops the session at a bound', async (t) => {
  const { port, node, streams } = await host(t, { proves: 'contact' });
  const one = clients(t)(port);
  await eventually(() => one.isEchoed, 2_000, 'echo');
  one.socket.pause();
  const { connectionId: id } = await node.wait('accepted');
  const stream = streams.get(id);
  assert.ok(stream);
  let written = 0;
  const bound = 2 ** 20;
  const fill = (): void => {
    while (stream.outstandingBytes() < bound) {
      stream.write(new Uint8Array(64 * 1_024));
      written += 64 * 1_024;
    }
  };
  fill();
  let last = -1;
  // The buffers of the kernel fill up; from then on no credit comes back.
  await eventually(
    async () => {
      fill();
      const isStill = written === last;
      last = written;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return isStill && stream.outstandingBytes() >= bound;
    },
    8_000,
    'the flow to stop',
  );
  one.socket.resume();
  await eventually(() => one.heard.byteLength >= written, 5_000, 'all of it in the end');
});

test('a session that does not consume stops the peer at a bound', async (t) => {
  const node = new Recorder<TransportReports>();
  const actor = await drive(
    transportActor,
    {
      listeners: [{ bind: '127.0.0.1', port: 0, portStrict: false, dialect: 'sniffed' }],
      connectionsMax: 5,
      dialects: ['native'],
    },
    { node: node.ref },
  );
  t.after(() => actor.stop());
  const { port } = await node.wait('listening');
  const one = clients(t)(port);
  const accepted = await node.wait('accepted');
  let got = 0;
  const stream = openByteStream(accepted.port, {
    onBytes: (chunk) => (got += chunk.byteLength),
    onEnd: () => undefined,
  });
  actor.cast('authenticated', {
    connectionId: accepted.connectionId,
    isContact: true,
    carries: 'session',
  });
  for (let i = 0; i < 256; i += 1) one.socket.write(Buffer.alloc(64 * 1_024, i));
  let last = -1;
  await eventually(
    async () => {
      const isStill = got === last && got > 0;
      last = got;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return isStill;
    },
    5_000,
    'the flow to stop',
  );
  assert.ok(got < limits.streamHighBytes + 3 * 65_536, `${got}`);
  const total = fullHello.byteLength + 256 * 64 * 1_024;
  stream.consumed(got);
  let credited = got;
  await eventually(
    () => {
      stream.consumed(got - credited);
      credited = got;
      return got === total;
    },
    8_000,
    'all of it in the end',
  );
});

test('a reset at any moment costs one connection and nothing else', async (t) => {
  const { port, actor, stats } = await hostWithStats(t, { proves: 'contact' });
  const openings = [
    null,
    Buffer.from('PA'),
    Buffer.from('PARL\x01\x01', 'latin1'),
    fullHello,
    Buffer.from('GET / HTTP/1.1\r\n'),
  ];
  for (let i = 0; i < 200; i += 1) {
    const one = new Client(port, `127.0.${1 + (i % 40)}.1`, openings[i % openings.length] ?? null);
    const reset = (): void => void one.socket.resetAndDestroy();
    if (i % 3 === 0) one.socket.once('connect', reset);
    else if (i % 3 === 1) one.socket.once('connect', () => setImmediate(reset));
    else one.socket.once('data', reset).once('connect', () => setTimeout(reset, 15));
    await new Promise((resolve) => one.socket.once('close', resolve));
  }
  await eventually(async () => (await stats()).inboundNow === 0, 5_000, 'all slots free');
  actor.cast('known', { addresses: ['127.0.0.9'], ticketIds: [] });
  await eventually(() => visitOnce(port, '127.0.0.9'), 5_000, 'service goes on');
});

test('an end by the session flushes first, and an end by the peer is reported', async (t) => {
  const { port, node, streams, ends } = await host(t);
  const call = clients(t);
  const one = call(port);
  const first = await node.wait('accepted');
  const stream = streams.get(first.connectionId);
  stream?.write(new Uint8Array(300_000));
  stream?.end('park');
  await eventually(() => one.isClosed, 2_000, 'end');
  assert.ok(one.heard.byteLength >= 300_000);
  assert.equal(one.error, null);
  const two = call(port, '127.0.0.2');
  const second = await node.wait('accepted', (body) => body.remoteAddress === '127.0.0.2');
  two.socket.end();
  await eventually(() => ends.get(second.connectionId) === 'closed', 2_000, 'the end');
  await eventually(() => two.isClosed, 2_000, 'our end');
});

test('dialled connections carry bytes, use no slots and are bounded', async (t) => {
  const { actor, stats } = await hostWithStats(t);
  const { port } = await host(t, { proves: 'contact' }, { connectionsMax: 40 });
  const heard: Uint8Array[] = [];
  const dialled = await actor.call('dial', {
    connectionId: connectionId('out-1'),
    host: '127.0.0.1',
    port,
    deadlineMs: 1_000,
  });
  const { port: bytes, remoteAddress, localAddress } = dialled._unsafeUnwrap();
  assert.deepEqual([remoteAddress, localAddress], ['127.0.0.1', '127.0.0.1']);
  let end = '';
  const stream = openByteStream(bytes, {
    onBytes: (chunk) => void heard.push(chunk),
    onEnd: (reason) => (end = reason),
  });
  stream.write(new Uint8Array(fullHello));
  await eventually(() => Buffer.concat(heard).equals(fullHello), 2_000, 'echo');
  assert.deepEqual(
    { inboundNow: (await stats()).inboundNow, outboundNow: (await stats()).outboundNow },
    { inboundNow: 0, outboundNow: 1 },
  );
  const most = await Promise.all(
    Array.from({ length: dialing.outgoingMax }, (_, i) =>
      actor.call('dial', {
        connectionId: connectionId(`more-${i}`),
        host: '127.0.0.1',
        port,
        deadlineMs: 1_000,
      }),
    ),
  );
  assert.equal(most.filter((result) => result.isErr()).length, 1);
  actor.cast('close', { connectionId: connectionId('out-1'), reason: 'done', penaltyMs: 0 });
  await eventually(() => end === 'done', 2_000, 'the end');
  for (const result of most)
    if (result.isOk())
      openByteStream(result.value.port, { onBytes: () => undefined, onEnd: () => undefined }).end('done');
  await eventually(async () => (await stats()).outboundNow === 0, 2_000, 'all closed');
});

test('a dial to port 0, to an unspecified address, to a group or to no address is refused', async (t) => {
  const { actor } = await host(t);
  const wrong: [string, number][] = [
    ['127.0.0.1', 0],
    ['127.0.0.1', 65_536],
    ['0.0.0.0', 80],
    ['255.255.255.255', 80],
    ['224.0.0.1', 80],
    ['999.1.1.1', 80],
    ['127.1', 80],
    ['a b', 80],
    ['', 80],
    ['::', 80],
  ];
  for (const [host, port] of wrong) {
    const result = await actor.call('dial', {
      connectionId: connectionId('bad'),
      host,
      port,
      deadlineMs: 500,
    });
    assert.ok(result.isErr() && result.error.code === 'transport/dial-failed', `${host}:${port}`);
  }
  const refused = await actor.call('dial', {
    connectionId: connectionId('r'),
    host: '127.0.0.1',
    port: 1,
    deadlineMs: 500,
  });
  assert.ok(
    refused.isErr() &&
      refused.error.code === 'transport/dial-failed' &&
      refused.error.reason === 'nobody listens there (ECONNREFUSED)',
  );
});

test('a listener of one dialect shares the slots and asks for no first bytes', async (t) => {
  const { node } = await host(
    t,
    {},
    {
      listeners: [
        { bind: '127.0.0.1', port: 0, portStrict: false, dialect: 'sniffed' },
        { bind: '127.0.0.1', port: 0, portStrict: false, dialect: 'chatbuddy' },
      ],
    },
  );
  const { others } = await node.wait('listening');
  const buddy = others[0];
  assert.equal(buddy?.dialect, 'chatbuddy');
  clients(t)(buddy?.port ?? 0, '127.0.0.1', null);
  assert.equal((await node.wait('accepted')).dialect, 'chatbuddy');
});

async function hostWithStats(t: TestContext, behaviour: Partial<Behaviour> = {}) {
  const one = await host(t, behaviour);
  return { port: one.port, actor: one.actor, node: one.node, stats: () => one.stats() };
}

/** Calls once. Resolves with whether the call was served. */
async function visitOnce(port: number, from: string): Promise<boolean> {
  const one = new Client(port, from);
  await eventually(() => one.isEchoed || one.isClosed, 3_500, 'answer');
  one.destroy();
  return one.isEchoed;
}

/** The attackers hold what one address may hold: one more silent caller of theirs is refused. */
async function attackIsOn(_t: TestContext, port: number): Promise<boolean> {
  const caller = new Client(port, '127.0.0.66', null);
  await eventually(() => caller.isClosed, 4_000, 'refusal');
  return caller.isBusy;
}
