/** The program as scripts use it: 100,000 lines piped into `parlance send`, delivered by one serving node to another. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freeUdpPort } from '../test/support/free-port.js';

const lines = 100_000;
const mainFile = join(import.meta.dirname, '..', 'bundle', 'main.cjs');
const print = (line: string): void => void process.stdout.write(`${line}\n`);

export async function run(): Promise<void> {
  print(`machine: ${cpus()[0]?.model ?? '?'}, ${String(cpus().length)} cores, node ${process.version}`);
  const options = ['--json', '--bind', '127.0.0.1', '--port', '0', '--broadcast', '127.255.255.255'];
  options.push('--beacon-port', String(await freeUdpPort()));
  const homes = { alice: home(), bob: home() };
  const alice = parlance(['serve', '--home', homes.alice, '--name', 'alice', ...options]);
  const bob = parlance(['serve', '--home', homes.bob, '--name', 'bob', ...options]);
  let arrived = 0;
  let isInOrder = true;
  const allArrived = watch(bob, (fields) => {
    if (fields['type'] !== 'message' || fields['direction'] !== 'in') return false;
    arrived += 1;
    if (fields['text'] !== textOf(arrived)) isInOrder = false;
    return arrived === lines;
  });
  try {
    await watch(alice, ({ type, name }) => type === 'peer' && name === 'bob');
    const startedMs = performance.now();
    const send = parlance(['send', 'bob', '--home', homes.alice, '--timeout', '300']);
    send.stdin?.end(Array.from({ length: lines }, (_, at) => `${textOf(at + 1)}\n`).join(''));
    send.stdout?.resume();
    const [code] = (await once(send, 'exit')) as [number | null];
    await allArrived;
    const seconds = (performance.now() - startedMs) / 1_000;
    const rate = (lines / seconds).toFixed(0);
    print(`${lines} piped lines of 100 bytes: ${seconds.toFixed(1)} s, ${rate}/s, exit ${String(code)}`);
    print(`at the receiver: ${arrived}, order ${isInOrder ? 'kept' : 'BROKEN'}`);
  } finally {
    for (const node of [alice, bob]) {
      node.kill('SIGTERM');
      if (node.exitCode === null) await once(node, 'exit');
    }
    for (const each of Object.values(homes)) rmSync(each, { recursive: true, force: true });
  }
}

const textOf = (number: number): string => `line ${number} ${'x'.repeat(85)}`;

const home = (): string => mkdtempSync(join(tmpdir(), 'parlance-bench-'));

const parlance = (args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [mainFile, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });

/** Reads NDJSON until `isEnd` says so; goes on reading, so that the program never waits for us. */
function watch(
  child: ChildProcess,
  isEnd: (fields: Readonly<Record<string, unknown>>) => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (child.stdout === null) throw new Error('stdout is a pipe');
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (isEnd(JSON.parse(line) as Record<string, unknown>)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`a node exited with ${String(code)}`)));
  });
}
