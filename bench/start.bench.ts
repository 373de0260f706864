/**
 * Start and rest of the program: time and CPU until `ready`, memory and CPU of a silent node, and commands that attach
 * to it, beside the start of Node itself. CPU time of other processes is read from /proc, so it is 0 but on Linux.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { figure, median, type Measured } from './measure.js';
import { freeUdpPort } from '../test/support/free-port.js';

const rounds = 5;
const settleMs = 3_000;
const idleMs = 5_000;
const msPerTick = 10;
const mainFile = join(import.meta.dirname, '..', 'bundle', 'main.cjs');

/** Goals on two quiet cores. */
const goals: Readonly<Record<string, string>> = {
  'ready, from process start': '≤ 450 ms',
  'memory of a silent node': '≤ 120 MiB',
  'CPU of a silent node': '≤ 0.5 %',
  '--help': '≤ 160 ms',
  'peers, attached': '≤ 190 ms',
  'id, attached': '≤ 190 ms',
  'send, attached': '≤ 220 ms',
};

interface Found {
  readonly unit: 'ms' | 'ms CPU' | 'MiB' | '%';
  readonly values: number[];
}

type Keep = (what: string, unit: Found['unit'], value: number) => void;

/** Runs every figure in each round, so that all of them meet the same machine. */
export async function run(): Promise<readonly Measured[]> {
  const found = new Map<string, Found>();
  const keep: Keep = (what, unit, value) => {
    const known = found.get(what) ?? { unit, values: [] };
    known.values.push(value);
    found.set(what, known);
  };
  for (let round = 0; round < rounds; round += 1) await oneRound(keep);
  return [...found].map(([what, { unit, values }]) => {
    const goal = goals[what];
    const beside = references.get(unit);
    const value = median(found.get(beside ?? '')?.values ?? []);
    return figure(what, unit, values, {
      ...(beside === undefined || beside === what ? {} : { reference: { what: beside, value } }),
      ...(goal === undefined ? {} : { goal }),
    });
  });
}

const bareNode = 'node -e 0';
const references: ReadonlyMap<Found['unit'], string> = new Map([
  ['ms', bareNode],
  ['ms CPU', `${bareNode}: CPU`],
]);

async function oneRound(keep: Keep): Promise<void> {
  const timed = (what: string, args: readonly string[]): void => {
    const cpuBefore = cpuOfChildrenMs();
    const startedMs = performance.now();
    const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
    if (status !== 0) throw new Error(`${what} ended with ${String(status)}`);
    keep(what, 'ms', performance.now() - startedMs);
    keep(`${what}: CPU`, 'ms CPU', cpuOfChildrenMs() - cpuBefore);
  };
  timed(bareNode, ['-e', '0']);
  timed('--help', [mainFile, '--help']);
  const beaconPort = String(await freeUdpPort());
  const [alice, bob] = [mkdtempSync(join(tmpdir(), 'alice-')), mkdtempSync(join(tmpdir(), 'bob-'))];
  const startedMs = performance.now();
  const first = serve(alice, 'alice', beaconPort);
  let second: ChildProcess | null = null;
  try {
    await ready(first);
    keep('ready, from process start', 'ms', performance.now() - startedMs);
    const { pid = 0 } = first;
    keep('ready: CPU', 'ms CPU', cpuOf(pid));
    await delay(settleMs);
    keep('memory of a silent node', 'MiB', rssMib(pid));
    const cpuBefore = cpuOf(pid);
    await delay(idleMs);
    keep('CPU of a silent node', '%', ((cpuOf(pid) - cpuBefore) / idleMs) * 100);
    second = serve(bob, 'bob', beaconPort);
    await ready(second);
    timed('peers, attached', [mainFile, 'peers', '--home', alice]);
    timed('id, attached', [mainFile, 'id', '--home', alice]);
    timed('send, attached', [mainFile, 'send', 'bob', 'hello', '--home', alice]);
  } finally {
    for (const child of [first, second]) await end(child);
    for (const home of [alice, bob]) rmSync(home, { recursive: true, force: true });
  }
}

function serve(home: string, name: string, beaconPort: string): ChildProcess {
  const network = ['--bind', '127.0.0.1', '--port', '0', '--broadcast', '127.255.255.255'];
  const args = ['serve', '--json', '--home', home, '--name', name, ...network, '--beacon-port', beaconPort];
  return spawn(process.execPath, [mainFile, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function ready(child: ChildProcess): Promise<void> {
  if (child.stdout === null) throw new Error('its output is not read');
  for await (const line of createInterface({ input: child.stdout }))
    if (line.includes('"type":"ready"')) {
      child.stdout.resume();
      return;
    }
  throw new Error('the node ended before it was ready');
}

async function end(child: ChildProcess | null): Promise<void> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

const fieldsOf = (file: string): readonly string[] => {
  try {
    return readFileSync(file, 'utf8').split(') ')[1]?.split(' ') ?? [];
  } catch {
    return [];
  }
};
const ticksMs = (fields: readonly string[], from: number): number =>
  (Number(fields[from] ?? 0) + Number(fields[from + 1] ?? 0)) * msPerTick;
const cpuOf = (pid: number): number => ticksMs(fieldsOf(`/proc/${pid}/stat`), 11);
const cpuOfChildrenMs = (): number => ticksMs(fieldsOf('/proc/self/stat'), 13);

function rssMib(pid: number): number {
  try {
    const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kib ?? 0) / 1_024;
  } catch {
    return 0;
  }
}
