/**
 * Starts the node of a home as a process of its own, which goes on when the starter ends: in a session of its own,
 * without a terminal, its output in a log file of the home.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { join, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import { ensureDirectory } from '../../home/directory.js';
import type { NodeError, NodeOptions } from '../../node/handle.js';
import { reasonOf } from '../../system-errors.js';
import { readFault } from './faults.js';
import { controlApi } from './limits.js';
import { readRecord } from './reading.js';

/** All that the new process needs; it crosses as JSON. */
export interface LaunchTask {
  readonly options: Omit<NodeOptions, 'log' | 'keepName' | 'keepPrivacy'>;
  /** Settings that the node keeps until its end, for commands that attach. */
  readonly startedWith: Readonly<Record<string, unknown>>;
  readonly logLevel: string;
  /** Absolute path; `null`: `node.log` in the home. */
  readonly logFile: string | null;
}

/** The process that serves the home after a start: the new one, or one that has started meanwhile. */
export type ServedBy = 'new' | 'existing';

/** The outcome of a start, as the new process reports it. */
export type LaunchReport =
  /** A node serves the home: the new one, or one that has started meanwhile. */
  { readonly type: 'served'; readonly by: ServedBy } | { readonly type: 'failed'; readonly error: NodeError };

/** The file that the new process runs. It may import the command line, which this room may not. */
const entry = fileURLToPath(new URL('../../../bundle/background.cjs', import.meta.url));

/** Path of the log of a node. */
export const logFileOf = ({ options, logFile }: LaunchTask): string =>
  logFile ?? join(options.home, 'node.log');

/**
 * Starts the process and waits until a node serves the home. Errors: those of `startNode`; `runtime/start-failed` with
 * the end of its log when the process dies before.
 */
export function launchNode(task: LaunchTask): ResultAsync<ServedBy, NodeError> {
  return new ResultAsync(launch(task));
}

async function launch(task: LaunchTask): Promise<Result<ServedBy, NodeError>> {
  const { home } = task.options;
  const made = ensureDirectory(home);
  if (made.isErr()) return err(made.error);
  const file = logFileOf(task);
  let log: number;
  try {
    // Nodes that fail at their start write here before any log bounds the file.
    const isFull = (statSync(file, { throwIfNoEntry: false })?.size ?? 0) >= controlApi.nodeLogBytesMax;
    if (isFull && task.logFile === null) renameSync(file, `${file}.1`);
    log = openSync(file, 'a+', 0o600);
  } catch (cause) {
    return err({ code: 'home/unusable', home, reason: `${file}: ${reasonOf(cause)}` });
  }
  const beforeBytes = fstatSync(log).size;
  try {
    const child = spawn(process.execPath, [entry, home], {
      detached: true,
      // The directory of the caller must not be held by a process that outlives it.
      cwd: parse(home).root,
      stdio: ['ignore', log, log, 'ipc'],
      windowsHide: true,
    });
    const outcome = await outcomeOf(child, task);
    if (typeof outcome !== 'string') return outcome;
    const reason = lastWords(log, beforeBytes) ?? outcome;
    return err({ code: 'runtime/start-failed', actor: 'node', reason: `${reason} (log: ${file})` });
  } finally {
    closeSync(log);
  }
}

/** Resolves with the report, or with the end of a process that gave none, in words. */
function outcomeOf(child: ChildProcess, task: LaunchTask): Promise<Result<ServedBy, NodeError> | string> {
  return new Promise((resolve) => {
    const settle = (outcome: Result<ServedBy, NodeError> | string): void => {
      child.removeAllListeners();
      child.on('error', () => undefined);
      if (child.connected) child.disconnect();
      child.unref();
      resolve(outcome);
    };
    child.on('error', (cause) => settle(`no process can be started: ${reasonOf(cause)}`));
    child.on('exit', (code, signal) =>
      settle(signal === null ? `it ended with exit code ${String(code)}` : `${signal} ended it`),
    );
    child.on('message', (message) => {
      const report = readRecord(message);
      if (report?.['type'] === 'served') settle(ok(report['by'] === 'existing' ? 'existing' : 'new'));
      const error = report?.['type'] === 'failed' ? readFault(report['error']) : null;
      if (error !== null) settle(err(error));
    });
    child.send(task, (cause) => {
      // A process that is gone reports by its exit.
      void cause;
    });
  });
}

/** Returns the line of the log that names the trouble, or its last one; `null` where nothing was written. */
function lastWords(log: number, beforeBytes: number): string | null {
  const bytes = fstatSync(log).size - beforeBytes;
  if (bytes <= 0) return null;
  const tail = Buffer.alloc(Math.min(bytes, controlApi.logTailBytes));
  readSync(log, tail, 0, tail.length, beforeBytes + bytes - tail.length);
  const lines = tail
    .toString('utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('at '));
  return lines.findLast((line) => /error|fatal|abort/i.test(line)) ?? lines.at(-1) ?? null;
}
