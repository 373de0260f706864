/**
 * The log of a node that this process runs: pino, one event one line of JSON, to stderr or to `--log-file`. In the
 * prompt the lines go to the screen instead, so that they never break the line being typed.
 */
import { closeSync, existsSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { makeDirectory } from '../../actors/private-file.js';
import type { NodeOptions } from '../../index.js';
import { logFile } from '../../limits.js';
import type { LogLevel } from './options.js';
import type { OutputStream } from './world.js';

export interface LogTarget {
  readonly level: LogLevel;
  readonly file: string | undefined;
  readonly stderr: OutputStream;
  /** Takes the lines instead of stderr. */
  readonly onLine?: (line: string) => void;
}

export type WriteLog = NonNullable<NodeOptions['log']>;

/** A log that may be written before it is open: what comes earlier is kept, in order. */
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

/** Throws what the file system throws when the file cannot be opened. */
export async function openLog(target: LogTarget): Promise<WriteLog> {
  const { pino } = await import('pino');
  const options = { level: target.level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  const logger = pino(options, streamOf(target));
  return (level, event, fields) => {
    // `fields` is one object of the line: what a peer chose as a field's name cannot stand in for one of ours.
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

function streamOf(target: LogTarget): { write(line: string): unknown } {
  if (target.file !== undefined) return new RotatingFile(resolve(target.file));
  const { onLine } = target;
  return onLine === undefined
    ? { write: (line) => target.stderr.write(line) }
    : { write: (line) => onLine(line.trimEnd()) };
}

/** `FILE`, and behind it `FILE.1` (newer) to `FILE.4`: a log that nobody looks after never fills the disk. */
class RotatingFile {
  readonly #file: string;
  #descriptor: number;
  #bytes: number;

  /** Throws a reason in words. */
  constructor(file: string) {
    this.#file = file;
    const made = makeDirectory(dirname(file));
    if (made.isErr()) throw new Error(made.error);
    this.#descriptor = openSync(file, 'a', 0o600);
    this.#bytes = fstatSync(this.#descriptor).size;
    if (this.#bytes >= logFile.bytesMax) this.#rotate();
  }

  write(line: string): void {
    try {
      const bytes = Buffer.byteLength(line);
      if (this.#bytes > 0 && this.#bytes + bytes > logFile.bytesMax) this.#rotate();
      writeSync(this.#descriptor, line);
      this.#bytes += bytes;
    } catch {
      // A full disk costs log lines, never the node.
    }
  }

  #rotate(): void {
    for (let age = logFile.filesMax - 1; age > 0; age -= 1) {
      const newer = age === 1 ? this.#file : `${this.#file}.${age - 1}`;
      if (existsSync(newer)) renameSync(newer, `${this.#file}.${age}`);
    }
    // The old one is closed last: while the new one cannot be opened, lines still go somewhere.
    const full = this.#descriptor;
    this.#descriptor = openSync(this.#file, 'a', 0o600);
    this.#bytes = 0;
    closeSync(full);
  }
}
