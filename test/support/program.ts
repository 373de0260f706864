/**
 * The program itself, as people and scripts run it: spawned from dist/, its lines read as they come, ended by its own
 * pid. Homes are temporary; each scene draws a beacon port of its own, so that scenes never hear each other.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { hangMs } from './deadline.js';
import { programFile } from './programs.js';
import type { Placing } from '../../src/node/root.js';

/** The bundled program, as the package has it. */
export const mainFile = join(import.meta.dirname, '..', '..', 'bundle', 'main.cjs');
const inlineMainFile = programFile('support/inline-main');

/** One line of NDJSON, fields unchecked: tests look at those they name. */
export type Fields = Readonly<Record<string, unknown>>;

export interface Program {
  /** Every object printed so far. */
  readonly seen: readonly Fields[];
  /** Text of stderr so far. */
  stderr(): string;
  /** Raw lines of stdout so far. */
  lines(): readonly string[];
  /** The first object, seen already or still to come, for which `wanted` holds. Rejects at the deadline or the exit. */
  until(wanted: (fields: Fields) => boolean, deadlineMs?: number): Promise<Fields>;
  /** Waits until `count` objects satisfy `wanted`. */
  untilCount(
    count: number,
    wanted: (fields: Fields) => boolean,
    deadlineMs?: number,
  ): Promise<readonly Fields[]>;
  /** The first line of stdout that matches, printed already or still to come. */
  line(pattern: RegExp, deadlineMs?: number): Promise<string>;
  write(text: string): void;
  end(text?: string): void;
  kill(signal: NodeJS.Signals): void;
  /** Exit code, or `128 + signal` as a shell tells it. */
  exit(deadlineMs?: number): Promise<number>;
}

export interface SpawnedProgram extends Program {
  readonly child: ChildProcessWithoutNullStreams;
}

/** Starts the program in a process of its own; it is killed when the test ends, if it still runs then. */
export function runProgram(
  context: TestContext,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  placing: Placing = 'threads',
): SpawnedProgram {
  const file = placing === 'threads' ? mainFile : inlineMainFile;
  const child = spawn(process.execPath, [file, ...args], {
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: 'pipe',
  });
  context.after(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  });
  child.stdin.on('error', () => undefined);
  const observed = observe(`parlance ${args.join(' ')}`);
  child.stderr.setEncoding('utf8').on('data', observed.takeErrors);
  createInterface({ input: child.stdout }).on('line', observed.takeLine);
  void once(child, 'close').then(([code, signal]: (number | string | null)[]) =>
    observed.end(typeof code === 'number' ? code : signal === 'SIGKILL' ? 137 : 143),
  );
  return {
    ...observed.program,
    child,
    write: (text) => void child.stdin.write(text),
    end: (text = '') => void child.stdin.end(text),
    kill: (signal) => void child.kill(signal),
  };
}

export interface Observed {
  takeLine(this: void, line: string): void;
  takeErrors(this: void, text: string): void;
  /** To be called once, after all that was printed. */
  end(code: number): void;
  readonly program: Omit<Program, 'write' | 'end' | 'kill'>;
}

/** Keeps what a program prints, however it runs, and waits for more of it. */
export function observe(what: string): Observed {
  const seen: Fields[] = [];
  const lines: string[] = [];
  const checks = new Set<() => void>();
  let errors = '';
  let exitCode: number | null = null;
  const checkAll = (): void => {
    for (const check of checks) check();
  };

  function wait<T>(
    found: () => T | undefined,
    deadlineMs: number,
    onFailure: (why: string) => Error,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(timer);
        checks.delete(check);
      };
      const fail = (why: string): void => {
        finish();
        reject(onFailure(why));
      };
      const check = (): void => {
        const value = found();
        if (value !== undefined) {
          finish();
          resolve(value);
        } else if (exitCode !== null) fail(`exited with ${exitCode}`);
      };
      const timer = setTimeout(() => fail(`not within ${deadlineMs} ms`), deadlineMs);
      checks.add(check);
      check();
    });
  }

  const untilCount = (count: number, wanted: (fields: Fields) => boolean, deadlineMs = hangMs) => {
    let at = 0;
    const found: Fields[] = [];
    const look = (): readonly Fields[] | undefined => {
      for (; at < seen.length; at += 1) {
        const fields = seen[at];
        if (fields !== undefined && wanted(fields)) found.push(fields);
      }
      return found.length >= count ? found : undefined;
    };
    return wait(look, deadlineMs, (why) => {
      const tail = JSON.stringify(seen.slice(-5));
      return new Error(`${what}: ${why}; ${found.length}/${count}; last: ${tail}; stderr: ${errors}`);
    });
  };

  return {
    takeLine(line) {
      lines.push(line);
      if (line.startsWith('{')) seen.push(JSON.parse(line) as Fields);
      checkAll();
    },
    takeErrors(text) {
      errors += text;
      checkAll();
    },
    end(code) {
      exitCode = code;
      checkAll();
    },
    program: {
      seen,
      stderr: () => errors,
      lines: () => lines,
      untilCount,
      async until(wanted, deadlineMs) {
        const [first] = await untilCount(1, wanted, deadlineMs);
        if (first === undefined) throw new Error('unreachable: one was counted');
        return first;
      },
      line: (pattern, deadlineMs = hangMs) =>
        wait(
          () => lines.find((line) => pattern.test(line)),
          deadlineMs,
          (why) => new Error(`${what}: no line like ${pattern}: ${why}; ${lines.join('\n')}; ${errors}`),
        ),
      exit: (deadlineMs = hangMs) =>
        wait(
          () => exitCode ?? undefined,
          deadlineMs,
          (why) => new Error(`${what}: no exit: ${why}; stderr: ${errors}`),
        ),
    },
  };
}

/** Homes into which a process that ends still wrote when they were to be removed. */
const leftHomes = new Set<string>();
const removeHome = (home: string): void => rmSync(home, { recursive: true, force: true });

/**
 * A directory of its own for one home, removed after the test. The hooks of a test run in the order in which they were
 * set: a removal that failed here would keep the later ones from ending the nodes.
 */
export function temporaryHome(context: TestContext): string {
  const home = mkdtempSync(join(tmpdir(), 'parlance-test-'));
  context.after(() => {
    try {
      removeHome(home);
    } catch {
      if (leftHomes.size === 0) process.once('exit', () => leftHomes.forEach(removeHome));
      leftHomes.add(home);
    }
  });
  return home;
}

/** Options that keep a node on this machine and within its scene. */
export const sceneOptions = (beaconPort: number): readonly string[] => [
  '--bind',
  '127.0.0.1',
  '--port',
  '0',
  '--broadcast',
  '127.255.255.255',
  '--beacon-port',
  String(beaconPort),
];
