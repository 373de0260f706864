/**
 * Servers of other makers as references. One that is installed is used; otherwise its Debian package is fetched and
 * unpacked below `bench/peers/debian`, without installing it, the first time that it is asked for.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { freeTcpPort } from '../free-tcp-port.js';

const unpacked = join(import.meta.dirname, '../../../bench/peers/debian');
/** The package of each program, and what a plain Debian lacks of its dependencies. */
const packagesOf = {
  mosquitto: ['mosquitto', 'libwrap0', 'libdlt2', 'libcjson1'],
  'nats-server': ['nats-server'],
  ngircd: ['ngircd', 'libident'],
} as const;
export type Program = keyof typeof packagesOf;

const folders = ['/usr/sbin', '/usr/bin', '/usr/local/bin'];
const librariesOf = (root: string): string =>
  ['usr/lib', 'lib']
    .map((each) => join(root, each))
    .filter((each) => existsSync(each))
    .flatMap((each) => [each, ...readdirSync(each).map((name) => join(each, name))])
    .join(':');

/** Returns the path of a program; null with a line on the screen: it cannot be had. */
function pathOf(program: Program): string | null {
  const find = (roots: readonly string[]): string | undefined =>
    roots.map((root) => join(root, program)).find((path) => existsSync(path));
  const own = join(unpacked, program);
  const there = find([...folders, ...folders.map((folder) => join(own, folder))]);
  if (there !== undefined) return there;
  try {
    mkdirSync(own, { recursive: true });
    const options = { cwd: own, stdio: 'ignore', timeout: 120_000 } as const;
    for (const name of packagesOf[program]) execFileSync('apt-get', ['download', name], options);
    for (const file of readdirSync(own).filter((name) => name.endsWith('.deb')))
      execFileSync('dpkg', ['-x', file, own], options);
  } catch (error) {
    process.stdout.write(`  ${program} cannot be had: ${error instanceof Error ? error.message : ''}\n`);
    return null;
  }
  return find(folders.map((folder) => join(own, folder))) ?? null;
}

/** A server that runs. */
export interface Server {
  readonly port: number;
  /** CPU time of the server so far. */
  readonly cpuMs: () => number;
  readonly stop: () => Promise<void>;
}

/** Starts a server on a free port of the loopback; null: it cannot be had. Throws when it does not listen within 10 s. */
export async function startServer(
  program: Program,
  argsFor: (port: number) => readonly string[],
): Promise<Server | null> {
  const path = pathOf(program);
  if (path === null) return null;
  const port = await freeTcpPort();
  const libraries = librariesOf(join(unpacked, program));
  const child = spawn(path, argsFor(port), {
    stdio: 'ignore',
    env: { ...process.env, LD_LIBRARY_PATH: libraries },
  });
  await untilListening(port, child);
  return {
    port,
    cpuMs: () => cpuMsOf(child.pid ?? 0),
    async stop() {
      const exited = child.exitCode === null ? once(child, 'exit') : Promise.resolve();
      child.kill();
      await exited;
    },
  };
}

/** From /proc, in ticks of 10 ms; 0 where there is none. */
function cpuMsOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return 0;
  }
}

async function untilListening(port: number, child: ChildProcess): Promise<void> {
  const endMs = performance.now() + 10_000;
  while (performance.now() < endMs && child.exitCode === null) {
    const isThere = await new Promise<boolean>((resolve) => {
      const probe = connect(port, '127.0.0.1');
      probe.once('connect', () => resolve(true)).once('error', () => resolve(false));
      probe.once('close', () => resolve(false));
      setTimeout(() => probe.destroy(), 500).unref();
      probe.once('connect', () => probe.destroy());
    });
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill();
  throw new Error(`${child.spawnfile} does not listen (exit code ${String(child.exitCode)})`);
}

/** Opens a connection without delay of small packets. */
export async function opened(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  return socket;
}
