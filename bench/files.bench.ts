/**
 * Files from node to node, two processes on loopback: the rate beside plain TCP through the same two processes, many
 * small files, memory, and how long words wait meanwhile. Beside them magic-wormhole, where it is installed. It ends within two minutes.
 * `PARLANCE_BENCH_FILE_MIB` sets another size of the large file.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FilesOrder, FilesReport } from './files-child.js';
import { figure, percentile, type Measured } from './measure.js';
import { wormholeRound } from './wormhole.js';
import { freeUdpPort } from '../test/support/free-port.js';

const rounds = 5;
/** No further round of a part begins after this time, so that a busy machine ends, too. */
const partMs = 12_000;
const mebibytes = Number(process.env['PARLANCE_BENCH_FILE_MIB'] ?? 128);
const bytes = mebibytes * 2 ** 20;
const smallFiles = 10_000;
const smallBytes = 1_024;
const chatPauseMs = 20;
const chatCount = 200;
/** The start of its two ends alone takes seconds. */
const wormholeRounds = 2;

export async function run(): Promise<readonly Measured[]> {
  const place = mkdtempSync(join(tmpdir(), 'parlance-bench-files-'));
  const [alice, bob] = [new Child(place, 'alice'), new Child(place, 'bob')];
  try {
    const beaconPort = await freeUdpPort();
    await alice.ask({ order: 'start', home: alice.home, name: 'alice', beaconPort }, 'ready');
    const seen = alice.next('peer');
    await bob.ask({ order: 'start', home: bob.home, name: 'bob', beaconPort }, 'ready');
    await seen;
    await alice.ask({ order: 'chat', peer: 'bob', pauseMs: 0, count: 5 }, 'chat');
    await bob.ask({ order: 'accept-contact', peer: 'alice' }, 'accepted-contact');
    const large = join(place, 'large.bin');
    makeFile(large, bytes);
    return [
      ...(await largeFile(alice, bob, large, place)),
      ...(await chatMeanwhile(alice, bob, large, place)),
      ...(await manyFiles(alice, bob, place)),
    ];
  } finally {
    await Promise.all([alice.close(), bob.close()]);
    rmSync(place, { recursive: true, force: true });
  }
}

async function largeFile(
  alice: Child,
  bob: Child,
  large: string,
  place: string,
): Promise<readonly Measured[]> {
  const found = { node: rateRounds(), plain: rateRounds(), wormhole: rateRounds(), cpu: rateRounds() };
  const added: number[] = [];
  const isDue = part(partMs);
  for (let round = 0; round < rounds && isDue(round); round += 1) {
    found.plain.push(megabytes / (await plainSeconds(alice, bob, large, join(place, 'plain'))));
    const before = await usage(alice, bob);
    const starts = [await alice.ask({ order: 'watch-memory' }, 'watching')];
    starts.push(await bob.ask({ order: 'watch-memory' }, 'watching'));
    found.node.push(megabytes / (await transferSeconds(alice, bob, large, join(place, 'received'))));
    const after = await usage(alice, bob);
    found.cpu.push((sum(after, 'cpuMs') - sum(before, 'cpuMs')) / megabytes);
    for (const [at, { rssMostBytes }] of after.entries())
      added.push((rssMostBytes - (starts[at]?.rssBytes ?? 0)) / 2 ** 20);
    rmSync(join(place, 'received'), { recursive: true, force: true });
    rmSync(join(place, 'plain'), { force: true });
  }
  const isWormholeDue = part(partMs / 2);
  for (let round = 0; round < wormholeRounds && isWormholeDue(round); round += 1) {
    const seconds = await wormholeRound(large, join(place, 'wormhole'));
    if (seconds === null) break;
    found.wormhole.push(megabytes / seconds);
  }
  const plain = figure('', 'MB/s', found.plain).value;
  return [
    figure('one large file over plain TCP', 'MB/s', found.plain),
    figure('one large file', 'MB/s', found.node, {
      reference: { what: 'plain TCP', value: plain },
      goal: '≥ 110 MB/s, ≥ 0.6 × plain TCP',
    }),
    figure('CPU of both nodes for one MB', 'ms', found.cpu),
    figure('memory that one end adds, most', 'MiB', added, { goal: '≤ 64 MiB' }),
    ...(found.wormhole.length === 0
      ? []
      : [
          figure('one large file with magic-wormhole', 'MB/s', found.wormhole, {
            reference: { what: 'plain TCP', value: plain },
          }),
        ]),
  ];
}

/** How long words wait while a large file is on its way, in both directions in turns. */
async function chatMeanwhile(
  alice: Child,
  bob: Child,
  large: string,
  place: string,
): Promise<readonly Measured[]> {
  const quiet = await alice.ask({ order: 'chat', peer: 'bob', pauseMs: chatPauseMs, count: 100 }, 'chat');
  const waits: Record<string, number[]> = { along: [], against: [] };
  for (const [way, speaker, listener] of [
    ['along', alice, 'bob'],
    ['against', bob, 'alice'],
  ] as const) {
    const isDue = part(partMs / 2);
    for (let round = 0; round < 3 && isDue(round); round += 1) {
      const order = { order: 'chat', peer: listener, pauseMs: chatPauseMs, count: chatCount } as const;
      const words = speaker.ask(order, 'chat');
      await transferSeconds(alice, bob, large, join(place, 'received'));
      speaker.tell({ order: 'hush', peer: listener });
      waits[way]?.push(...(await words).latenciesMs);
      rmSync(join(place, 'received'), { recursive: true, force: true });
    }
  }
  const reference = { what: 'without a transfer', value: percentile(quiet.latenciesMs, 0.99) };
  return Object.entries(waits).map(([way, values]) =>
    figure(`a word ${way} the transfer, p99 of ${String(values.length)}`, 'ms', [percentile(values, 0.99)], {
      reference,
      goal: '≤ 100 ms',
    }),
  );
}

async function manyFiles(alice: Child, bob: Child, place: string): Promise<readonly Measured[]> {
  const folder = join(place, 'many');
  mkdirSync(folder);
  for (let nth = 0; nth < smallFiles; nth += 1)
    makeFile(join(folder, `file-${String(nth).padStart(5, '0')}`), smallBytes);
  const seconds: number[] = [];
  const isDue = part(partMs);
  for (let round = 0; round < 3 && isDue(round); round += 1) {
    seconds.push(await transferSeconds(alice, bob, folder, join(place, 'received')));
    rmSync(join(place, 'received'), { recursive: true, force: true });
  }
  return [figure(`${String(smallFiles)} files of 1 KiB`, 's', seconds, { goal: '≤ 5 s' })];
}

/** Time from the acceptance until the sender knows that all is synced and in place. */
async function transferSeconds(alice: Child, bob: Child, path: string, directory: string): Promise<number> {
  const asked = bob.state('asked');
  const { id } = await alice.ask({ order: 'offer', peer: 'bob', path }, 'offered');
  await asked;
  const done = alice.state('done');
  const startedMs = performance.now();
  bob.tell({ order: 'accept', id, directory });
  await done;
  return (performance.now() - startedMs) / 1_000;
}

async function plainSeconds(alice: Child, bob: Child, path: string, target: string): Promise<number> {
  const { port } = await bob.ask({ order: 'plain-take', path: target }, 'plain-open');
  const taken = bob.next('plain-taken');
  const startedMs = performance.now();
  alice.tell({ order: 'plain-send', port, path });
  await taken;
  return (performance.now() - startedMs) / 1_000;
}

const usage = (...children: readonly Child[]) =>
  Promise.all(children.map((child) => child.ask({ order: 'usage' }, 'usage')));
const sum = (all: readonly { readonly cpuMs: number }[], field: 'cpuMs'): number =>
  all.reduce((total, each) => total + each[field], 0);
const rateRounds = (): number[] => [];
const megabytes = bytes / 1e6;

/** Returns whether another round of a part begins: the first one always does. */
function part(ms: number): (round: number) => boolean {
  const startedMs = performance.now();
  return (round) => round === 0 || performance.now() - startedMs < ms;
}

/** Writes a file of bytes that cannot be compressed. */
function makeFile(path: string, size: number): void {
  if (size < 2 ** 20) return writeFileSync(path, randomFillSync(Buffer.alloc(size)));
  const file = openSync(path, 'w');
  const block = Buffer.alloc(2 ** 20);
  for (let at = 0; at < size; at += block.length) writeSync(file, randomFillSync(block));
  closeSync(file);
}

class Child {
  readonly home: string;
  readonly #process: ChildProcess = fork(join(import.meta.dirname, 'files-child.js'), { stdio: 'inherit' });

  constructor(place: string, name: string) {
    this.home = join(place, name);
  }

  tell(order: FilesOrder): void {
    this.#process.send(order);
  }

  next<R extends FilesReport['report']>(
    report: R,
    isMeant: (told: FilesReport) => boolean = () => true,
  ): Promise<Extract<FilesReport, { report: R }>> {
    return new Promise((resolve, reject) => {
      const over = (): void => {
        this.#process.off('message', listen);
        this.#process.off('exit', exited);
      };
      const exited = (code: number | null): void => reject(new Error(`a node exited with ${String(code)}`));
      const listen = (told: FilesReport): void => {
        if (told.report === 'failed') reject(new Error(told.reason));
        if (told.report !== report || !isMeant(told)) return;
        over();
        resolve(told as Extract<FilesReport, { report: R }>);
      };
      this.#process.on('message', listen);
      this.#process.on('exit', exited);
    });
  }

  state = (state: string): Promise<unknown> =>
    this.next('transfer', (told) => told.report === 'transfer' && told.state === state);

  ask<R extends FilesReport['report']>(
    order: FilesOrder,
    report: R,
  ): Promise<Extract<FilesReport, { report: R }>> {
    const answer = this.next(report);
    this.#process.send(order);
    return answer;
  }

  async close(): Promise<void> {
    const exited = this.#process.exitCode === null ? once(this.#process, 'exit') : Promise.resolve();
    if (this.#process.connected) this.#process.send({ order: 'close' } satisfies FilesOrder);
    await exited;
  }
}
