/**
 * Two hosts on one network of this machine, in network namespaces, with a bridge between them that can lose, delay,
 * double and reorder what passes. Needs root, `ip` and Python; where one is missing the reason is said.
 */
import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { eventually } from '../support/deadline.js';
import { mainFile, temporaryHome, type Fields } from '../support/program.js';
import { runSeed } from '../support/seeds.js';

/** Treatment of frames by the bridge; see `bridge.py`. */
export interface Impairment {
  /** Probabilities in [0, 1] that a frame is lost, doubled or overtaken by the next one. */
  readonly loss?: number;
  readonly duplicate?: number;
  readonly reorder?: number;
  readonly delayMs?: number;
  readonly jitterMs?: number;
  /** Longer frames are dropped in silence. */
  readonly frameBytesMax?: number;
  /** The hosts that are cut off. */
  readonly cut?: '' | 'left' | 'right' | 'both';
  readonly block?: readonly ('udp' | 'tcp')[];
  /** Whether IPv4 frames to more than one host pass. Default: true. */
  readonly broadcast?: boolean;
  /** Ports that the host firewalls admit, first and last, by protocol. Other frames of the protocol are dropped. */
  readonly admit?: Readonly<Partial<Record<'udp' | 'tcp', readonly [number, number]>>>;
}

/** A node on a host of the lab. */
export interface LabNode {
  /** The events that the node printed. */
  readonly seen: readonly Fields[];
  /** Waits for an event. Throws when the node ends or 40 s have passed; `what` names the event there. */
  until(wanted: (fields: Fields) => boolean, what: string): Promise<Fields>;
  /** Runs a command of the same home on the same host. Resolves with its exit code. */
  run(args: readonly string[], input?: string): Promise<number>;
  /** Runs a command with `--json`. */
  lines(args: readonly string[]): Promise<Ended>;
}

/** A command that has ended. */
export interface Ended {
  readonly code: number;
  readonly seen: readonly Fields[];
}

export interface Lab {
  impair(impairment: Impairment): void;
  /** Starts a node on host 0 or 1. */
  node(host: 0 | 1, name: string, options?: readonly string[]): Promise<LabNode>;
  /** Runs a Python program of this folder on a host, until the test ends. */
  python(host: 0 | 1, file: string, ...args: readonly string[]): ChildProcessWithoutNullStreams;
  /** Runs a command on a host with `--json`, in a home of its own without a node. */
  lines(host: 0 | 1, args: readonly string[]): Promise<Ended>;
  /** Runs `ip` on a host. */
  ip(host: 0 | 1, ...args: readonly string[]): void;
}

/** Returns the reason why no lab can be opened here; false: it can. */
export function labMissing(): string | false {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  for (const tool of ['ip', 'python3'])
    if (spawnSync(tool, ['-V']).error !== undefined) return `${tool} is not installed`;
  const name = `parlance-${process.pid}`;
  if (spawnSync('ip', ['netns', 'add', name]).status !== 0) return 'this kernel has no network namespaces';
  spawnSync('ip', ['netns', 'delete', name]);
  return false;
}

let labs = 0;

/** Opens a lab; it is gone when the test ends. `families`: the hosts have IPv4 addresses too, or IPv6 ones alone. */
export async function openLab(context: TestContext, families: 'both' | 'IPv6'): Promise<Lab> {
  labs += 1;
  const prefix = `pl${process.pid}x${labs}`;
  const [left, right, middle] = [`${prefix}a`, `${prefix}b`, `${prefix}m`];
  const hosts = [left, right] as const;
  context.after(() => {
    for (const name of [...hosts, middle]) spawnSync('ip', ['netns', 'delete', name]);
  });
  for (const name of [...hosts, middle]) ip('netns', 'add', name);
  for (const [at, host] of hosts.entries()) {
    ip('-n', middle, 'link', 'add', `leg${at}`, 'type', 'veth', 'peer', 'name', 'net0', 'netns', host);
    for (const name of ['lo', 'net0']) ip('-n', host, 'link', 'set', name, 'up');
    ip('-n', middle, 'link', 'set', `leg${at}`, 'up');
    // A bridge in user space sees frames before their checksums are made.
    for (const [space, device] of [
      [host, 'net0'],
      [middle, `leg${at}`],
    ] as const)
      spawnSync('ip', ['netns', 'exec', space, 'python3', fixture('offload.py'), device]);
    if (families === 'both') ip('-n', host, 'addr', 'add', `10.99.0.${at + 1}/24`, 'brd', '+', 'dev', 'net0');
  }
  const folder = temporaryHome(context);
  const settings = join(folder, 'impairment.json');
  const impair = (impairment: Impairment): void => {
    writeFileSync(`${settings}.new`, JSON.stringify(impairment));
    renameSync(`${settings}.new`, settings);
  };
  impair({});
  const bridge = inSpace(middle, 'python3', [
    fixture('bridge.py'),
    'leg0',
    'leg1',
    settings,
    String(runSeed),
  ]);
  context.after(() => void bridge.kill('SIGKILL'));
  await once(bridge.stdout, 'data');
  return {
    impair,
    ip: (host, ...args) => ip('-n', hosts[host], ...args),
    node: (host, name, options = []) => startNode(context, hosts[host], name, options),
    python(host, file, ...args) {
      const child = inSpace(hosts[host], 'python3', ['-u', fixture(file), ...args]);
      context.after(() => void child.kill('SIGKILL'));
      return child;
    },
    lines: (host, args) => linesOf(hosts[host], temporaryHome(context), args),
  };
}

const fixture = (file: string): string => join(import.meta.dirname, '..', '..', '..', 'test', 'faults', file);

/** Runs `ip`. Throws where it fails. */
export function ip(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
}

const inSpace = (space: string, file: string, args: readonly string[]): ChildProcessWithoutNullStreams =>
  spawn('ip', ['netns', 'exec', space, file, ...args], { stdio: 'pipe' });

async function linesOf(space: string, home: string, args: readonly string[]): Promise<Ended> {
  const command = inSpace(space, process.execPath, [mainFile, ...args, '--json', '--home', home]);
  command.stdin.end();
  command.stderr.resume();
  const seen: Fields[] = [];
  createInterface({ input: command.stdout }).on('line', (line) => seen.push(JSON.parse(line) as Fields));
  const [code] = (await once(command, 'close')) as [number | null];
  return { code: code ?? 137, seen };
}

async function startNode(
  context: TestContext,
  space: string,
  name: string,
  options: readonly string[],
): Promise<LabNode> {
  const home = temporaryHome(context);
  const usual = ['--home', home, '--name', name, '--beacon-interval', '1', '--json'];
  const child = inSpace(space, process.execPath, [mainFile, 'serve', ...usual, ...options]);
  context.after(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'close');
  });
  const seen: Fields[] = [];
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  createInterface({ input: child.stdout }).on('line', (line) => seen.push(JSON.parse(line) as Fields));
  const until = async (wanted: (fields: Fields) => boolean, what: string): Promise<Fields> => {
    let found: Fields | undefined;
    await eventually(
      () => {
        found = seen.find(wanted);
        return found !== undefined || child.exitCode !== null;
      },
      40_000,
      `${name}: ${what}`,
    );
    if (found === undefined) throw new Error(`${name} ended: ${errors}`);
    return found;
  };
  await until(({ type }) => type === 'ready', 'ready');
  return {
    seen,
    until,
    lines: (args) => linesOf(space, home, args),
    async run(args, input = '') {
      const command = inSpace(space, process.execPath, [mainFile, ...args, '--home', home]);
      command.stdin.on('error', () => undefined);
      command.stdin.end(input);
      command.stdout.resume();
      command.stderr.resume();
      const [code] = (await once(command, 'close')) as [number | null];
      return code ?? 137;
    },
  };
}
