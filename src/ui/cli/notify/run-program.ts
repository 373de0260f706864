/**
 * Runs a program at an event: without a shell, with one NDJSON line on its stdin, for a bounded time. Nothing that a peer
 * wrote stands in its arguments or its environment.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { reasonOf } from '../../../system-errors.js';
import { programs as limits } from './limits.js';

/** A run of a program. */
export interface ProgramRun {
  readonly file: string;
  readonly args: readonly string[];
  /** The text of its stdin; null: its stdin is empty. */
  readonly input: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Directory in which it runs; by default that of this process. */
  readonly cwd?: string;
  /** Whether its output is dropped, or goes to the stderr of this process. */
  readonly output: 'dropped' | 'stderr';
  readonly runMs?: number;
  /** Whether its children may outlive it; if not, they end at `runMs` too. */
  readonly leavesChildren?: boolean;
  /** Ends the program. */
  readonly signal?: AbortSignal;
}

const isPosix = process.platform !== 'win32';

/** The programs that run, or whose children do. The end of this process kills them. */
const running = new Set<ChildProcess>();
const killRunning = (): void => {
  for (const child of running) signalAll(child, 'SIGKILL');
};

/** Runs a program to its end. Returns null, or the reason why it did not end well. */
export function runProgram(run: ProgramRun): Promise<string | null> {
  const { runMs = limits.runMs, leavesChildren = false, signal } = run;
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve('it was not started, since a signal came first');
    let child: ChildProcess;
    try {
      child = start(run);
    } catch (cause) {
      // Node throws some failures of the system and reports others as the event `error`.
      return resolve(reasonOf(cause));
    }
    track(child);
    let words = '';
    let isLate = false;
    let killer: NodeJS.Timeout | null = null;
    const stop = (): void => {
      signalAll(child, 'SIGTERM');
      killer ??= setTimeout(() => signalAll(child, 'SIGKILL'), limits.killAfterMs);
    };
    const timer = setTimeout(() => {
      isLate = true;
      stop();
    }, runMs);
    const release = (): void => {
      clearTimeout(timer);
      if (killer !== null) clearTimeout(killer);
      signal?.removeEventListener('abort', stop);
      running.delete(child);
    };
    signal?.addEventListener('abort', stop, { once: true });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(0, limits.stderrBytesMax);
    });
    child.once('error', (cause) => {
      release();
      resolve(reasonOf(cause));
    });
    // `exit`, not `close`: a child of the program may keep the pipes open for ever.
    child.once('exit', (code, endedBy) => {
      child.stderr?.destroy();
      const isStopped = isLate || signal?.aborted === true;
      if (leavesChildren && !isStopped) release();
      else whenGone(child, release);
      resolve(outcomeOf(code, endedBy, isLate ? runMs : null, words));
    });
    // A program may end without reading.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(run.input ?? '');
  });
}

/** Starts the program as the leader of a process group of its own. Throws what `spawn` throws. */
function start({ file, args, env, cwd, output }: ProgramRun): ChildProcess {
  const isShown = output === 'stderr';
  return spawn(file, [...args], {
    shell: false,
    windowsHide: true,
    detached: isPosix,
    stdio: ['pipe', isShown ? 2 : 'ignore', isShown ? 2 : 'pipe'],
    env: { ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
}

function track(child: ChildProcess): void {
  process.off('exit', killRunning).on('exit', killRunning);
  running.add(child);
}

/** Signals a program and, except on Windows, its children. False: none of them is left. */
function signalAll(child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (child.pid === undefined) return false;
  try {
    return isPosix ? process.kill(-child.pid, signal) : child.kill(signal);
  } catch {
    return false;
  }
}

/**
 * Calls `release` once the children of a program that ended are gone, too. It asks often, since the number of a group
 * without members may be given to another one.
 */
function whenGone(child: ChildProcess, release: () => void): void {
  if (!signalAll(child, 0)) return release();
  const asking = setInterval(() => {
    if (signalAll(child, 0)) return;
    clearInterval(asking);
    release();
  }, limits.childrenEveryMs).unref();
}

function outcomeOf(
  code: number | null,
  endedBy: NodeJS.Signals | null,
  lateMs: number | null,
  words: string,
): string | null {
  if (code === 0 && lateMs === null) return null;
  const end =
    lateMs !== null
      ? `it ran for more than ${lateMs / 1_000} s`
      : endedBy === null
        ? `exit code ${String(code)}`
        : `it was ended by ${endedBy}`;
  return words.trim() === '' ? end : `${end}: ${words.trim()}`;
}
