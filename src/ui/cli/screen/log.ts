/**
 * The log of a node that this process runs: one line of JSON per event (pino), to stderr or to `--log-file`. A person at
 * a terminal gets plain lines instead; the prompt prints them above the line being typed.
 */
import { closeSync, existsSync, fstatSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { makeDirectory } from '../../../home/private-file.js';
import { escapeForTerminal, type NodeOptions } from '../../../index.js';
import { logFile } from '../limits.js';
import { logLevels, type LogLevel } from '../options/values.js';
import type { OutputStream } from '../world.js';

/** The size at which a log file is renamed, and how many files there are, the current one included. */
export interface LogBounds {
  readonly bytesMax: number;
  readonly filesMax: number;
}

/** The destination of the log. */
export interface LogTarget {
  readonly level: LogLevel;
  readonly file: string | undefined;
  /** Bounds of the file. Default: those of `--log-file`. */
  readonly bounds?: LogBounds;
  readonly stderr: OutputStream;
  /** Callback for plain lines, used without `file`; `null`: the log is JSON. */
  readonly onLine: ((line: string) => void) | null;
}

/** Writes one line of the log. */
export type WriteLog = NonNullable<NodeOptions['log']>;

/** Returns a log that accepts lines before it is open and keeps them in order. */
export function deferredLog(): { readonly write: WriteLog; readonly open: (target: WriteLog) => null } {
  let early: Parameters<WriteLog>[] | null = [];
  let target: WriteLog | null = null;
  return {
    write: (...line) => (target === null ? early?.push(line) : target(...line)),
    open: (opened) => {
      target = opened;
      for (const line of early ?? []) opened(...line);
      early = null;
      return null;
    },
  };
}

/** Opens the log. Throws the failure of the file system when the file cannot be opened. */
export async function openLog(target: LogTarget): Promise<WriteLog> {
  if (target.file === undefined && target.onLine !== null) return plainLog(target.level, target.onLine);
  const { pino } = await import('pino');
  const options = { level: target.level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  const logger = pino(options, streamOf(target));
  return (level, event, fields) => {
    // `fields` is an object of its own, so that a field name that a peer chose cannot replace a field of the log.
    const known = levels.get(level) ?? 'info';
    logger[known]({ event, ...(Object.keys(fields).length > 0 ? { fields } : {}) });
  };
}

const levels: ReadonlyMap<string, 'trace' | 'debug' | 'info' | 'warn' | 'error'> = new Map([
  ['trace', 'trace'],
  ['debug', 'debug'],
  ['info', 'info'],
  ['warn', 'warn'],
  ['error', 'error'],
]);

const streamOf = ({ file, stderr, bounds = logFile }: LogTarget): { write(line: string): unknown } =>
  file === undefined ? { write: (line) => stderr.write(line) } : new RotatingFile(resolve(file), bounds);

function plainLog(lowest: LogLevel, onLine: (line: string) => void): WriteLog {
  return (level, event, fields) => {
    if (rank(level) >= rank(lowest)) onLine(plainLine(level, event, fields));
  };
}

const rank = (level: string): number => logLevels.findIndex((each) => each === level);

/** Returns one line, such as `warning: broadcast socket failed (reason EACCES)`, whatever the fields hold. */
function plainLine(level: string, event: string, fields: Parameters<WriteLog>[2]): string {
  const facts = Object.entries(fields).map(
    ([name, value]) => `${wordsOf(name)} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const details = facts.length === 0 ? '' : ` (${facts.join(', ')})`;
  return escapeForTerminal(`${level === 'warn' ? 'warning' : level}: ${wordsOf(event)}${details}`);
}

/** Splits the name of an event or field into words. */
const wordsOf = (name: string): string =>
  name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[-._]/g, ' ')
    .toLowerCase();

/**
 * The log file `FILE` and its older parts, `FILE.1` being the newest, so that a log never fills the disk. Where
 * another program moves a file away, a new one is opened under its name.
 */
class RotatingFile {
  readonly #file: string;
  readonly #bounds: LogBounds;
  #descriptor: number;
  #bytes: number;
  #checkedMs = performance.now();

  /** Opens the file. Throws a reason in words. */
  constructor(file: string, bounds: LogBounds) {
    this.#file = file;
    this.#bounds = bounds;
    const made = makeDirectory(dirname(file));
    if (made.isErr()) throw new Error(made.error);
    this.#descriptor = openSync(file, 'a', 0o600);
    this.#bytes = fstatSync(this.#descriptor).size;
    if (this.#bytes >= bounds.bytesMax) this.#rotate();
  }

  write(line: string): void {
    try {
      const bytes = Buffer.byteLength(line);
      this.#followName();
      if (this.#bytes > 0 && this.#bytes + bytes > this.#bounds.bytesMax) this.#rotate();
      writeSync(this.#descriptor, line);
      this.#bytes += bytes;
    } catch {
      // A full disk costs log lines, never the node.
    }
  }

  /** Opens a new file where the name means another file by now, or none. */
  #followName(): void {
    const nowMs = performance.now();
    if (nowMs - this.#checkedMs < logFile.nameCheckMs) return;
    this.#checkedMs = nowMs;
    const open = fstatSync(this.#descriptor);
    const named = statSync(this.#file, { throwIfNoEntry: false });
    if (named?.ino === open.ino && named.dev === open.dev) return;
    this.#reopen();
  }

  #rotate(): void {
    for (let age = this.#bounds.filesMax - 1; age > 0; age -= 1) {
      const newer = age === 1 ? this.#file : `${this.#file}.${age - 1}`;
      if (existsSync(newer)) renameSync(newer, `${this.#file}.${age}`);
    }
    this.#reopen();
  }

  #reopen(): void {
    // The old file is closed last, so that lines are not lost when the new file cannot be opened.
    const old = this.#descriptor;
    this.#descriptor = openSync(this.#file, 'a', 0o600);
    this.#bytes = fstatSync(this.#descriptor).size;
    closeSync(old);
  }
}
