/**
 * The log of a node that this process runs: pino, one event one line of JSON, to stderr or to `--log-file`. A person at a
 * terminal gets a plain line instead; in the prompt on the screen, so that it never breaks the line being typed.
 */
import { closeSync, existsSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { makeDirectory } from '../../../home/private-file.js';
import { escapeForTerminal, type NodeOptions } from '../../../index.js';
import { logFile } from '../limits.js';
import { logLevels, type LogLevel } from '../options/values.js';
import type { OutputStream } from '../world.js';

export interface LogTarget {
  readonly level: LogLevel;
  readonly file: string | undefined;
  readonly stderr: OutputStream;
  /** Takes lines for people instead of stderr, where there is no file; `null`: nobody reads along. */
  readonly onLine: ((line: string) => void) | null;
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
  if (target.file === undefined && target.onLine !== null) return plainLog(target.level, target.onLine);
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

const streamOf = ({ file, stderr }: LogTarget): { write(line: string): unknown } =>
  file === undefined ? { write: (line) => stderr.write(line) } : new RotatingFile(resolve(file));

function plainLog(lowest: LogLevel, onLine: (line: string) => void): WriteLog {
  return (level, event, fields) => {
    if (rank(level) >= rank(lowest)) onLine(plainLine(level, event, fields));
  };
}

const rank = (level: string): number => logLevels.findIndex((each) => each === level);

/** `warning: broadcast socket failed (reason EACCES)`: one line, whatever stands in the fields. */
function plainLine(level: string, event: string, fields: Parameters<WriteLog>[2]): string {
  const facts = Object.entries(fields).map(
    ([name, value]) => `${wordsOf(name)} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const told = facts.length === 0 ? '' : ` (${facts.join(', ')})`;
  return escapeForTerminal(`${level === 'warn' ? 'warning' : level}: ${wordsOf(event)}${told}`);
}

/** Names of events and fields are words joined as programs like it. */
const wordsOf = (name: string): string =>
  name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[-._]/g, ' ')
    .toLowerCase();

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
