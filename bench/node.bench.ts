/**
 * Node to node, two processes on loopback, encrypted, both histories synced, delivered acks: messages per second
 * sustained, latency of a lone message, time to ready and to mutual presence, memory and CPU when idle.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Order, Report } from './node-child.js';
import { freeUdpPort } from '../test/support/free-port.js';

const rounds = 5;
const messagesPerRound = 40_000;
const batch = 500;
const loneMessages = 200;
const idleMs = 10_000;
const text = 'x'.repeat(94);

const print = (line: string): void => void process.stdout.write(`${line}\n`);

export async function run(): Promise<void> {
  print(`machine: ${cpus()[0]?.model ?? '?'}, ${String(cpus().length)} cores, node ${process.version}`);
  const beaconPort = await freeUdpPort();
  const alice = new Child();
  const bob = new Child();
  try {
    const aliceReady = await alice.ask(
      { order: 'start', home: alice.home, name: 'alice', beaconPort },
      'ready',
    );
    const seen = alice.next('peer');
    const bobReady = await bob.ask({ order: 'start', home: bob.home, name: 'bob', beaconPort }, 'ready');
    const readyAtMs = performance.now();
    await seen;
    print(`ready: ${ms(aliceReady.readyMs)} and ${ms(bobReady.readyMs)} within the process`);
    print(
      `a second node is known ${ms(Math.max(0, performance.now() - readyAtMs))} after its ready (goal 500 ms)`,
    );
    await alice.ask({ order: 'lone', peer: 'bob', count: 20 }, 'lone');
    await bob.ask({ order: 'accept', peer: 'alice' }, 'accepted');
    const { latenciesMs } = await alice.ask({ order: 'lone', peer: 'bob', count: loneMessages }, 'lone');
    print(
      `lone message, sent to delivered: p50 ${ms(quantile(latenciesMs, 0.5))}, p99 ${ms(quantile(latenciesMs, 0.99))} (goal p50 5 ms)`,
    );
    await sustained(alice, bob);
    await idle([alice, bob]);
  } finally {
    await Promise.all([alice.close(), bob.close()]);
  }
}

async function sustained(alice: Child, bob: Child): Promise<void> {
  const rates: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const order: Order = { order: 'send', peer: 'bob', count: messagesPerRound, batch, text };
    const { elapsedMs } = await alice.ask(order, 'sent');
    rates.push(messagesPerRound / (elapsedMs / 1_000));
  }
  const { isInOrder } = await bob.ask({ order: 'received' }, 'received');
  const all = rates.map((rate) => rate.toFixed(0)).join(', ');
  print(
    `100-byte texts delivered: median ${quantile(rates, 0.5).toFixed(0)}/s of ${rounds} rounds of ${messagesPerRound} (${all}); goal 20,000/s; order ${isInOrder ? 'kept' : 'BROKEN'}`,
  );
}

/** After the flood: what two connected nodes cost when nobody speaks. */
async function idle(children: readonly Child[]): Promise<void> {
  // Search indexing of what was just stored belongs to the flood, not to idleness.
  await new Promise((resolve) => setTimeout(resolve, idleMs));
  for (const child of children) {
    const before = await child.ask({ order: 'usage' }, 'usage');
    await new Promise((resolve) => setTimeout(resolve, idleMs));
    const after = await child.ask({ order: 'usage' }, 'usage');
    const share = (after.cpuMs - before.cpuMs) / idleMs;
    print(
      `idle ${child.name}: ${(after.rssBytes / 2 ** 20).toFixed(0)} MiB RSS after the flood, ${(share * 100).toFixed(2)} % of a core (goal 1 %)`,
    );
  }
}

class Child {
  readonly home = mkdtempSync(join(tmpdir(), 'parlance-bench-'));
  readonly #process: ChildProcess = fork(join(import.meta.dirname, 'node-child.js'), { stdio: 'inherit' });
  get name(): string {
    return `pid ${String(this.#process.pid)}`;
  }

  next<R extends Report['report']>(report: R): Promise<Extract<Report, { report: R }>> {
    return new Promise((resolve, reject) => {
      const over = (): void => {
        this.#process.off('message', listen);
        this.#process.off('exit', exited);
      };
      const exited = (code: number | null): void => reject(new Error(`a node exited with ${String(code)}`));
      const listen = (told: Report): void => {
        if (told.report === 'failed') reject(new Error(told.reason));
        if (told.report !== report) return;
        over();
        resolve(told as Extract<Report, { report: R }>);
      };
      this.#process.on('message', listen);
      this.#process.on('exit', exited);
    });
  }

  ask<R extends Report['report']>(order: Order, report: R): Promise<Extract<Report, { report: R }>> {
    const answer = this.next(report);
    this.#process.send(order);
    return answer;
  }

  async close(): Promise<void> {
    const exited = this.#process.exitCode === null ? once(this.#process, 'exit') : Promise.resolve();
    if (this.#process.connected) this.#process.send({ order: 'close' } satisfies Order);
    await exited;
    rmSync(this.home, { recursive: true, force: true });
  }
}

const ms = (value: number): string => `${value.toFixed(1)} ms`;

const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ??
  Number.NaN;
