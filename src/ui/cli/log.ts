/**
 * The log of a node that this process runs: pino, one event one line of JSON, to stderr or to `--log-file`. In the
 * prompt the lines go to the screen instead, so that they never break the line being typed.
 */
import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { NodeOptions } from '../../index.js';
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
  const { destination, pino } = await import('pino');
  const options = { level: target.level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  const logger = pino(options, streamOf(target, destination));
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

function streamOf(
  target: LogTarget,
  destination: (options: { dest: string; sync: boolean; mode: number }) => { write(line: string): unknown },
): { write(line: string): unknown } {
  if (target.file !== undefined) {
    const dest = resolve(target.file);
    mkdirSync(dirname(dest), { recursive: true, mode: 0o700 });
    return destination({ dest, sync: true, mode: 0o600 });
  }
  const { onLine } = target;
  return onLine === undefined
    ? { write: (line) => target.stderr.write(line) }
    : { write: (line) => onLine(line.trimEnd()) };
}
