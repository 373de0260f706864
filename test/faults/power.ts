/**
 * Power cuts, replayed: records what a process writes, syncs, renames and removes below a folder, with strace, and
 * rebuilds the folder as a cut of the power may leave it at any moment. Synced bytes are there. Of the rest nothing
 * is, or any sectors of it, in any order.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Dice } from '../support/seeds.js';

type Op =
  | { readonly type: 'write'; readonly file: string; readonly at: number; readonly bytes: Buffer }
  | { readonly type: 'truncate'; readonly file: string; readonly bytes: number }
  | { readonly type: 'create' | 'sync' | 'remove'; readonly file: string }
  | { readonly type: 'rename'; readonly file: string; readonly to: string }
  | { readonly type: 'printed'; readonly text: string };

/** All that a process did below a folder, in order, and the folder as it was before. */
export interface Recording {
  readonly ops: readonly Op[];
  readonly before: ReadonlyMap<string, Buffer>;
}

const sectorBytes = 512;
const calls = 'openat,pwrite64,write,ftruncate,fsync,fdatasync,unlink,unlinkat,rename,renameat,renameat2';

/** The reason why nothing can be recorded here; false: none. */
export function recorderMissing(): string | false {
  const { error, status } = spawnSync('strace', ['-o', '/dev/null', 'true']);
  if (error !== undefined) return 'strace is not installed';
  return status === 0 ? false : 'strace may not trace here';
}

/** Runs a script of Node and records what it does to `folder`. */
export function record(folder: string, args: readonly string[]): Recording {
  const before = filesOf(folder);
  const logs = mkdtempSync(join(tmpdir(), 'parlance-trace-'));
  const log = join(logs, 'trace');
  const strace = ['-f', '-y', '-xx', '-s', '1000000', '-o', log, '-e', `trace=${calls}`];
  const { status, stderr } = spawnSync('strace', [...strace, process.execPath, ...args], {
    encoding: 'utf8',
    env: { ...process.env, UV_USE_IO_URING: '0' },
  });
  if (status !== 0) throw new Error(`the recorded process ended with ${String(status)}: ${stderr}`);
  const ops = opsIn(readFileSync(log, 'latin1'), folder);
  rmSync(logs, { recursive: true });
  return { ops, before };
}

/** The bytes of a file on the disk. They are changed in place, so that a long recording costs no copy for each write. */
class DiskFile {
  #held: Buffer;
  #length: number;

  constructor(bytes: Buffer = Buffer.alloc(0)) {
    this.#held = Buffer.from(bytes);
    this.#length = bytes.length;
  }

  get bytes(): Buffer {
    return this.#held.subarray(0, this.#length);
  }

  /** Carries out an operation. `torn`: only some sectors of a write arrive, and only some truncations. */
  apply(op: Op, torn: Dice | null): void {
    if (op.type === 'truncate' && (torn === null || torn(2) === 0)) this.#setLength(op.bytes);
    if (op.type !== 'write') return;
    this.#setLength(Math.max(this.#length, op.at + op.bytes.length));
    for (let at = 0; at < op.bytes.length; at += sectorBytes)
      if (torn === null || torn(2) === 0) op.bytes.copy(this.#held, op.at + at, at, at + sectorBytes);
  }

  /** Bytes beyond the length are always zero. */
  #setLength(length: number): void {
    if (length > this.#held.length)
      this.#held = Buffer.concat([this.#held, Buffer.alloc(2 * length - this.#held.length)]);
    if (length < this.#length) this.#held.fill(0, length, this.#length);
    this.#length = length;
  }
}

/** Output of the process before the cut. */
export const printedBefore = ({ ops }: Recording, cut: number): string =>
  ops
    .slice(0, cut)
    .map((op) => (op.type === 'printed' ? op.text : ''))
    .join('');

/**
 * Makes a folder as a cut after `cut` operations leaves it. `torn`: some sectors that were not synced are there, and some
 * renames. `isSyncIgnored`: as a disk that lies, for the proof that a test bites.
 */
export function cutAt(
  { ops, before }: Recording,
  cut: number,
  { torn, isSyncIgnored = () => false }: { torn: Dice | null; isSyncIgnored?: (file: string) => boolean },
): string {
  const files = new Map<string, { readonly durable: DiskFile; pending: Op[] }>();
  for (const [file, bytes] of before) files.set(file, { durable: new DiskFile(bytes), pending: [] });
  let names: Op[] = [];
  const move = (op: Op): void => {
    if (op.type === 'remove') files.delete(op.file);
    const moved = op.type === 'rename' ? files.get(op.file) : undefined;
    if (op.type !== 'rename' || moved === undefined) return;
    files.delete(op.file);
    files.set(op.to, moved);
  };
  for (const op of ops.slice(0, cut)) {
    if (op.type === 'printed') continue;
    if (op.type === 'rename' || op.type === 'remove') names.push(op);
    else if (op.type === 'sync' && op.file === '.') {
      names.forEach(move);
      names = [];
    } else {
      const known = files.get(op.file) ?? { durable: new DiskFile(), pending: [] };
      files.set(op.file, known);
      if (op.type === 'sync' && !isSyncIgnored(op.file)) {
        for (const each of known.pending) known.durable.apply(each, null);
        known.pending = [];
      } else known.pending.push(op);
    }
  }
  if (torn !== null) {
    for (const { durable, pending } of files.values()) for (const each of pending) durable.apply(each, torn);
    names.slice(0, torn(names.length + 1)).forEach(move);
  }
  const folder = mkdtempSync(join(tmpdir(), 'parlance-cut-'));
  for (const [file, { durable }] of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, file), durable.bytes, { mode: 0o600 });
  }
  return folder;
}

function filesOf(folder: string): ReadonlyMap<string, Buffer> {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(files.map(({ name }) => [name, readFileSync(join(folder, name))]));
}

/** Copies a folder for a recording that must not change it. */
export function copyOf(folder: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'parlance-home-'));
  cpSync(folder, copy, { recursive: true });
  return copy;
}

function opsIn(trace: string, folder: string): readonly Op[] {
  const unfinished = new Map<string, string>();
  /** Where the next `write` to a file goes. */
  const ends = new Map<string, number>();
  return trace.split('\n').flatMap((line) => {
    const [, pid = '', text = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (text.endsWith(' <unfinished ...>')) {
      unfinished.set(pid, text.slice(0, -' <unfinished ...>'.length));
      return [];
    }
    const [resumed] = /^<\.\.\. \w+ resumed>/.exec(text) ?? [];
    const whole = resumed === undefined ? text : (unfinished.get(pid) ?? '') + text.slice(resumed.length);
    const op = opOf(whole, folder, ends);
    return op === null ? [] : [op];
  });
}

function opOf(text: string, folder: string, ends: Map<string, number>): Op | null {
  const [, name = '', args = '', result = ''] = /^(\w+)\((.*)\) = (-?\d+)/.exec(text) ?? [];
  if (name === '' || result.startsWith('-')) return null;
  const words = [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, word = '']) => unescaped(word));
  const below = (path: string): string | null => {
    if (path === folder) return '.';
    return dirname(path) === folder && !path.endsWith('-shm') ? basename(path) : null;
  };
  const file = below(pathOf(args));
  const [first = Buffer.alloc(0), second] = words;
  switch (name) {
    case 'openat': {
      const opened = below(first.toString());
      if (opened === null || !args.includes('O_CREAT')) return null;
      if (/O_EXCL|O_TRUNC/.test(args)) ends.set(opened, 0);
      return { type: 'create', file: opened };
    }
    case 'write': {
      if (args.startsWith('1<')) return { type: 'printed', text: first.toString() };
      if (file === null) return null;
      const at = ends.get(file) ?? 0;
      ends.set(file, at + first.length);
      return { type: 'write', file, at, bytes: first };
    }
    case 'pwrite64':
      return file === null
        ? null
        : { type: 'write', file, at: Number(/, (\d+)$/.exec(args)?.[1]), bytes: first };
    case 'ftruncate':
      return file === null ? null : { type: 'truncate', file, bytes: Number(/, (\d+)$/.exec(args)?.[1]) };
    case 'fsync':
    case 'fdatasync':
      return file === null ? null : { type: 'sync', file };
    case 'unlink':
    case 'unlinkat': {
      const removed = below(first.toString());
      return removed === null ? null : { type: 'remove', file: removed };
    }
    default: {
      const from = below(first.toString());
      const to = below(second?.toString() ?? '');
      return from === null || to === null ? null : { type: 'rename', file: from, to };
    }
  }
}

/** The path of the descriptor that is the first argument, as `-y` prints it. */
function pathOf(args: string): string {
  const [, path = ''] = /^\d+<([^>]*)>/.exec(args) ?? [];
  return path.includes('\\x') ? unescaped(path).toString() : path;
}

const unescaped = (text: string): Buffer => Buffer.from(text.replaceAll('\\x', ''), 'hex');
