/**
 * The hooks of a home: the executables `on-message`, `on-peer` and `on-status` in its folder `hooks`. Each gets the event
 * as one NDJSON line on stdin. A hook runs once at a time, in the order of the events. A file that another user could
 * have written is not run.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeEvent } from '../../../index.js';
import { shellWord } from '../../../shell-word.js';
import { errnoOf, reasonOf } from '../../../system-errors.js';
import { hooks as limits } from './limits.js';
import { runProgram } from './run-program.js';

type Log = (level: 'warn', event: string, fields: Readonly<Record<string, unknown>>) => void;

/** The types of events that have a hook. */
export type HookedType = 'message' | 'peer' | 'status';

/** Arguments of the hooks. */
export interface HookOptions {
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
}

/** Runs the hooks of a home. */
export class Hooks {
  readonly #options: HookOptions;
  readonly #queues = new Map<HookedType, Queue>();
  readonly #ended = new AbortController();
  /** The trouble of each hook that was logged last, so that it is logged once. */
  readonly #troubles = new Map<string, string>();

  constructor(options: HookOptions) {
    this.#options = options;
  }

  /** Hands an event to its hook, if there is one. */
  run(event: Extract<NodeEvent, { readonly type: HookedType }>): void {
    const { type } = event;
    const queue = this.#queues.get(type) ?? { waiting: [], isRunning: false };
    this.#queues.set(type, queue);
    if (!queue.isRunning && this.#fileOf(type) === null) return;
    queue.waiting.push(`${JSON.stringify(event)}\n`);
    if (queue.waiting.length > limits.waitingMax) {
      queue.waiting.shift();
      this.#trouble(`on-${type}`, 'it is slower than its events; some were dropped');
    }
    if (!queue.isRunning) void this.#work(type, queue);
  }

  /** Ends the running hooks. */
  close(): void {
    this.#ended.abort();
  }

  async #work(type: HookedType, queue: Queue): Promise<void> {
    queue.isRunning = true;
    const { home, env } = this.#options;
    for (let input = queue.waiting.shift(); input !== undefined; input = queue.waiting.shift()) {
      const file = this.#fileOf(type);
      if (file === null || this.#ended.signal.aborted) {
        queue.waiting.length = 0;
        break;
      }
      const reason = await runProgram({
        file,
        args: [],
        input,
        env: { ...env, PARLANCE_HOME: home },
        cwd: home,
        output: 'dropped',
        signal: this.#ended.signal,
      });
      if (reason !== null && !this.#ended.signal.aborted) this.#trouble(`on-${type}`, reason);
    }
    queue.isRunning = false;
  }

  /** Returns the file of a hook; null: there is none, or it must not run. */
  #fileOf(type: HookedType): string | null {
    const name = `on-${type}`;
    const folder = join(this.#options.home, 'hooks');
    const file = join(folder, process.platform === 'win32' ? `${name}.exe` : name);
    const refusal = refusalOf(file) ?? (statOf(file) === null ? null : refusalOf(folder));
    if (refusal !== null) this.#trouble(name, refusal);
    return refusal === null && statOf(file) !== null ? file : null;
  }

  #trouble(hook: string, reason: string): void {
    if (this.#troubles.get(hook) === reason) return;
    this.#troubles.set(hook, reason);
    this.#options.log('warn', 'hook-failed', { hook, reason });
  }
}

interface Queue {
  readonly waiting: string[];
  isRunning: boolean;
}

function statOf(path: string): { readonly mode: number; readonly uid: number; isFile(): boolean } | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

/** Returns the reason why a hook, or its folder, must not be used; null: it may, or it does not exist. */
export function refusalOf(path: string): string | null {
  try {
    const found = statSync(path);
    if (process.platform === 'win32') return null;
    if (process.getuid !== undefined && found.uid !== process.getuid()) return 'it belongs to another user';
    if ((found.mode & 0o022) !== 0)
      return `others may write it (mode ${(found.mode & 0o777).toString(8)}); run: chmod go-w ${shellWord(path)}`;
    if (found.isDirectory()) return null;
    accessSync(path, constants.X_OK);
    return found.isFile() ? null : 'it is not a file';
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT' || errnoOf(cause) === 'ENOTDIR') return null;
    return errnoOf(cause) === 'EACCES'
      ? `it is not executable; run: chmod u+x ${shellWord(path)}`
      : reasonOf(cause);
  }
}
