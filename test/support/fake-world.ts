/** A world for the command line in which everything written is kept, and a node that is not real. */
import { errAsync, okAsync, ResultAsync } from 'neverthrow';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import type { NodeError, NodeHandle, NodeOptions } from '../../src/index.js';
import { attend } from '../../src/ui/api/attended.js';
import { listenToPeers } from '../../src/ui/api/attach.js';
import { diagnose } from '../../src/ui/api/doctor.js';
import { connectNode } from '../../src/ui/api/client.js';
import { run } from '../../src/ui/cli/program.js';
import type { ExitCode } from '../../src/ui/cli/screen/wording.js';
import type { World } from '../../src/ui/cli/world.js';
import { hangMs } from './deadline.js';

/** The written output, and a way to wait for it. */
export class CapturedOutput extends Writable {
  text = '';
  readonly columns: number;
  readonly rows = 24;
  readonly isTTY: boolean;
  readonly #listeners = new Set<() => void>();

  constructor(isTTY = false, columns = 80) {
    super();
    this.isTTY = isTTY;
    this.columns = columns;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8');
    for (const listener of this.#listeners) listener();
    done();
  }

  lines(): string[] {
    return this.text.split('\n').filter((line) => line !== '');
  }

  json(): Record<string, unknown>[] {
    return this.lines().map((line): Record<string, unknown> => JSON.parse(line));
  }

  /** Settles once what was written so far satisfies `is`; rejects after `deadlineMs`. */
  until(is: (text: string) => boolean, deadlineMs = hangMs): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (!is(this.text)) return;
        clearTimeout(timer);
        this.#listeners.delete(check);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#listeners.delete(check);
        reject(new Error(`never written; there is ${JSON.stringify(this.text.slice(-2_000))}`));
      }, deadlineMs);
      this.#listeners.add(check);
      check();
    });
  }
}

export interface FakeWorld {
  readonly home: string;
  readonly stdin: PassThrough;
  readonly stdout: CapturedOutput;
  readonly stderr: CapturedOutput;
  /** Options of every node that was started. */
  readonly started: NodeOptions[];
  readonly world: World;
  /** Runs one command to its end. */
  readonly run: (...args: string[]) => Promise<ExitCode>;
  /** Sends a signal. One that comes before the command listens reaches it once it does. */
  readonly signal: () => void;
  readonly remove: () => void;
}

export interface FakeWorldOptions {
  /** The node that a command starts; none: it may not start one. */
  readonly node?: NodeHandle | NodeError;
  readonly env?: Readonly<Record<string, string>>;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly home?: string;
  readonly nowMs?: number;
  readonly scryptCost?: number;
  /** In place of the doctor. */
  readonly diagnose?: World['diagnose'];
}

export function fakeWorld(options: FakeWorldOptions = {}): FakeWorld {
  const home = options.home ?? mkdtempSync(join(tmpdir(), 'parlance-test-'));
  const isTTY = options.isTTY ?? false;
  const stdin = Object.assign(new PassThrough(), { isTTY });
  const stdout = new CapturedOutput(isTTY, options.columns);
  const stderr = new CapturedOutput(isTTY);
  const started: NodeOptions[] = [];
  const listeners = new Set<() => void>();
  let isSignalled = false;
  const world: World = {
    env: { PARLANCE_HOME: home, ...options.env },
    stdin,
    stdout,
    stderr,
    userName: () => 'alice',
    startNode: (nodeOptions) => {
      started.push(nodeOptions);
      const { node } = options;
      if (node === undefined) throw new Error('no node was to be started');
      return 'code' in node ? errAsync(node) : okAsync(node);
    },
    launchNode: (task) => {
      started.push(task.options);
      const { node } = options;
      if (node === undefined) throw new Error('no node was to be started');
      if ('code' in node) return errAsync(node);
      return new ResultAsync(attend(node, home, task.startedWith)).map(() => 'new' as const);
    },
    restNode: (nodeOptions) => {
      started.push(nodeOptions);
      const { node } = options;
      if (node === undefined) throw new Error('no node was to be opened');
      return 'code' in node ? errAsync(node) : okAsync(node);
    },
    listenToPeers,
    diagnose: options.diagnose ?? diagnose,
    connectNode,
    onSignal: (listener) => {
      listeners.add(listener);
      if (isSignalled) queueMicrotask(listener);
      isSignalled = false;
      return () => listeners.delete(listener);
    },
    nowMs: () => options.nowMs ?? Date.now(),
    ...(options.scryptCost === undefined ? {} : { scryptCost: options.scryptCost }),
  };
  return {
    home,
    stdin,
    stdout,
    stderr,
    started,
    world,
    run: (...args) => run(args, world),
    signal: () => {
      isSignalled = listeners.size === 0;
      for (const listener of listeners) listener();
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}
