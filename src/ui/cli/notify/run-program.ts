/**
 * Runs a program at an event: without a shell, with one NDJSON line on its stdin, for a bounded time. Nothing that a peer
 * wrote stands in its arguments or its environment.
 */
import { spawn } from 'node:child_process';
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
  /** Ends the program. */
  readonly signal?: AbortSignal;
}

/** Runs a program to its end. Returns null, or the reason why it did not end well. */
export function runProgram(run: ProgramRun): Promise<string | null> {
  const { file, args, input, env, cwd, output, runMs = limits.runMs, signal } = run;
  return new Promise((resolve) => {
    const isShown = output === 'stderr';
    const child = spawn(file, [...args], {
      shell: false,
      windowsHide: true,
      stdio: ['pipe', isShown ? 2 : 'ignore', isShown ? 2 : 'pipe'],
      env: { ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    let words = '';
    let isLate = false;
    const stop = (): void => {
      child.kill('SIGTERM');
      killer ??= setTimeout(() => child.kill('SIGKILL'), limits.killAfterMs);
    };
    let killer: NodeJS.Timeout | null = null;
    const timer = setTimeout(() => {
      isLate = true;
      stop();
    }, runMs);
    const settle = (reason: string | null): void => {
      clearTimeout(timer);
      if (killer !== null) clearTimeout(killer);
      signal?.removeEventListener('abort', stop);
      resolve(reason);
    };
    signal?.addEventListener('abort', stop, { once: true });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(0, limits.stderrBytesMax);
    });
    child.once('error', (cause) => settle(reasonOf(cause)));
    // `exit`, not `close`: a child of the program may keep the pipes open for ever.
    child.once('exit', (code, endedBy) => {
      child.stderr?.destroy();
      if (code === 0 && !isLate) return settle(null);
      const end = isLate
        ? `it ran for more than ${runMs / 1_000} s`
        : endedBy === null
          ? `exit code ${String(code)}`
          : `it was ended by ${endedBy}`;
      settle(words.trim() === '' ? end : `${end}: ${words.trim()}`);
    });
    // A program may end without reading.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? '');
  });
}
