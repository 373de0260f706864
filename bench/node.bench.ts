/**
 * Node to node, two processes on loopback, encrypted, both histories synced, delivered acks: messages per second
 * sustained, in turns with plain programs that keep what they confirm, sizes of messages, latency of a lone message,
 * time to ready and to mutual presence, memory and CPU when idle.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figure, median, percentile, type Measured } from './measure.js';
import type { Order, Report } from './node-child.js';
import type { PlainOrder, PlainReport, Store } from './plain-child.js';
import { freeUdpPort } from '../test/support/free-port.js';

const rounds = 5;
const messagesPerRound = 40_000;
const batch = 500;
const loneMessages = 200;
const idleMs = 10_000;
/** Bytes of the number before a text, and of the blank behind it. */
const numberBytes = 6;
/** Sizes beside 100 bytes: texts of a round, and texts in one call. */
const sizes = [
  { bytes: 1_024, count: 10_000, batch: 500, goal: '≥ 20,000' },
  { bytes: 16 * 1_024, count: 1_000, batch: 50, goal: '≥ 2,500' },
  { bytes: 64 * 1_024 - 16, count: 250, batch: 10, goal: '≥ 700' },
] as const;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

export async function run(): Promise<readonly Measured[]> {
  const beaconPort = await freeUdpPort();
  const alice = nodeChild();
  const bob = nodeChild();
  try {
    await alice.ask({ order: 'start', home: alice.home, name: 'alice', beaconPort }, 'ready');
    const seen = alice.next('peer');
    await bob.ask({ order: 'start', home: bob.home, name: 'bob', beaconPort }, 'ready');
    const readyAtMs = performance.now();
    await seen;
    const known = Math.max(0, performance.now() - readyAtMs);
    await alice.ask({ order: 'lone', peer: 'bob', count: 20 }, 'lone');
    await bob.ask({ order: 'accept', peer: 'alice' }, 'accepted');
    const { latenciesMs } = await alice.ask({ order: 'lone', peer: 'bob', count: loneMessages }, 'lone');
    const figures = [
      figure('a second node is known after its ready', 'ms', [known], { goal: '≤ 500' }),
      figure('lone message, sent to delivered, p50', 'ms', [percentile(latenciesMs, 0.5)], { goal: '≤ 2.5' }),
      figure('lone message, sent to delivered, p99', 'ms', [percentile(latenciesMs, 0.99)], { goal: '≤ 8' }),
      ...(await sustained(alice, bob)),
      ...(await ofSizes(alice)),
    ];
    return [...figures, ...(await idle([alice, bob]))];
  } finally {
    await Promise.all([alice.close(), bob.close()]);
  }
}

/** Messages of 100 bytes, in turns with the references. */
async function sustained(alice: NodeChild, bob: NodeChild): Promise<readonly Measured[]> {
  const text = 'x'.repeat(100 - numberBytes);
  const log = await plainPair('log');
  const libsql = await plainPair('libsql');
  const order = { order: 'send', count: messagesPerRound, batch, text } as const;
  const own = { rates: [] as number[], cpuUs: [] as number[] };
  const cpuOf = async (): Promise<number> =>
    (await alice.ask({ order: 'usage' }, 'usage')).cpuMs + (await bob.ask({ order: 'usage' }, 'usage')).cpuMs;
  try {
    for (let round = 0; round < rounds; round += 1) {
      const before = await cpuOf();
      const { elapsedMs } = await alice.ask({ ...order, peer: 'bob' }, 'sent');
      own.rates.push(messagesPerRound / (elapsedMs / 1_000));
      own.cpuUs.push((((await cpuOf()) - before) * 1_000) / messagesPerRound);
      for (const pair of [log, libsql]) await pair.round(order);
    }
  } finally {
    await Promise.all([log.close(), libsql.close()]);
  }
  const { isInOrder } = await bob.ask({ order: 'received' }, 'received');
  if (!isInOrder) print('order BROKEN');
  const rate = { what: 'TCP + libsql', value: median(libsql.rates) };
  return [
    figure('100-byte texts delivered', '/s', own.rates, { reference: rate, goal: '≥ 50,000' }),
    figure('CPU of both nodes, per text', 'µs', own.cpuUs, {
      reference: { what: 'TCP + libsql', value: median(libsql.cpuUs) },
    }),
    figure('TCP + fsync at both ends', '/s', log.rates),
    figure('TCP + fsync, CPU per text', 'µs', log.cpuUs),
    figure('TCP + libsql at both ends', '/s', libsql.rates),
    figure('TCP + libsql, CPU per text', 'µs', libsql.cpuUs),
  ];
}

async function ofSizes(alice: NodeChild): Promise<readonly Measured[]> {
  const figures: Measured[] = [];
  for (const { bytes, count, batch: perCall, goal } of sizes) {
    const rates: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const text = 'x'.repeat(bytes - numberBytes);
      const order = { order: 'send', peer: 'bob', count, batch: perCall, text } as const;
      const { elapsedMs } = await alice.ask(order, 'sent');
      rates.push(count / (elapsedMs / 1_000));
    }
    figures.push(figure(`texts of ${Math.round(bytes / 1_024)} KiB delivered`, '/s', rates, { goal }));
  }
  return figures;
}

/** After the flood: what two connected nodes cost when nobody speaks. */
async function idle(children: readonly NodeChild[]): Promise<readonly Measured[]> {
  // Search indexing of what was just stored belongs to the flood, not to idleness.
  await new Promise((resolve) => setTimeout(resolve, 2 * idleMs));
  const figures: Measured[] = [];
  for (const [at, child] of children.entries()) {
    const before = await child.ask({ order: 'usage' }, 'usage');
    await new Promise((resolve) => setTimeout(resolve, idleMs));
    const after = await child.ask({ order: 'usage' }, 'usage');
    const side = at === 0 ? 'sender' : 'receiver';
    const share = ((after.cpuMs - before.cpuMs) / idleMs) * 100;
    figures.push(
      figure(`memory of the ${side} 30 s after the flood`, 'MiB', [after.rssBytes / 2 ** 20], {
        goal: '≤ 160',
      }),
      figure(`idle ${side}, share of a core`, '%', [share], { goal: '≤ 0.5' }),
    );
  }
  return figures;
}

interface Told {
  readonly report: string;
}

/** A process that takes orders and reports. */
class Child<Orders, Reports extends Told> {
  readonly home = mkdtempSync(join(tmpdir(), 'parlance-bench-'));
  readonly #process: ChildProcess;
  readonly #close: Orders;

  constructor(file: string, close: Orders) {
    this.#process = fork(join(import.meta.dirname, file), { stdio: 'inherit' });
    this.#close = close;
  }

  next<R extends Reports['report']>(report: R): Promise<Extract<Reports, { report: R }>> {
    return new Promise((resolve, reject) => {
      const over = (): void => {
        this.#process.off('message', listen);
        this.#process.off('exit', exited);
      };
      const exited = (code: number | null): void => reject(new Error(`a node exited with ${String(code)}`));
      const listen = (told: Reports): void => {
        if (told.report === 'failed') reject(new Error(JSON.stringify(told)));
        if (told.report !== report) return;
        over();
        resolve(told as Extract<Reports, { report: R }>);
      };
      this.#process.on('message', listen);
      this.#process.on('exit', exited);
    });
  }

  ask<R extends Reports['report']>(order: Orders, report: R): Promise<Extract<Reports, { report: R }>> {
    const answer = this.next(report);
    this.#process.send(order as object);
    return answer;
  }

  async close(): Promise<void> {
    const exited = this.#process.exitCode === null ? once(this.#process, 'exit') : Promise.resolve();
    if (this.#process.connected) this.#process.send(this.#close as object);
    await exited;
    rmSync(this.home, { recursive: true, force: true });
  }
}

type NodeChild = Child<Order, Report>;

/** A node in a process of its own. */
export const nodeChild = (): NodeChild => new Child('node-child.js', { order: 'close' });

/** Two plain programs, and their rounds so far. */
async function plainPair(store: Store) {
  const receiver = new Child<PlainOrder, PlainReport>('plain-child.js', { order: 'close' });
  const sender = new Child<PlainOrder, PlainReport>('plain-child.js', { order: 'close' });
  const { port } = await receiver.ask({ order: 'listen', home: receiver.home, store }, 'listening');
  await sender.ask({ order: 'connect', home: sender.home, store, port }, 'connected');
  const cpuMs = async (): Promise<number> =>
    (await sender.ask({ order: 'usage' }, 'usage')).cpuMs +
    (await receiver.ask({ order: 'usage' }, 'usage')).cpuMs;
  const [rates, cpuUs]: [number[], number[]] = [[], []];
  return {
    rates,
    cpuUs,
    async round(order: Extract<PlainOrder, { order: 'send' }>): Promise<void> {
      const before = await cpuMs();
      const { elapsedMs } = await sender.ask(order, 'sent');
      rates.push(order.count / (elapsedMs / 1_000));
      cpuUs.push((((await cpuMs()) - before) * 1_000) / order.count);
    },
    close: () => Promise.all([sender.close(), receiver.close()]),
  };
}
