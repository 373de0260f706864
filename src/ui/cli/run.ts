/** What every command shares while it runs: the way out on a signal, and a node that is let go in the end. */
import type { NodeEvent, ParlanceError } from '../../index.js';
import { cli } from './limits.js';
import { attach, type Attachment, type AttachOptions } from './attach.js';
import type { CommonOptions } from './options/common-options.js';
import type { Output } from './screen/output.js';
import type { ExitCode } from './screen/wording.js';
import type { World } from './world.js';

export interface RunContext {
  readonly world: World;
  readonly output: Output;
  readonly common: CommonOptions;
  /** Aborted when the user asked to end, or nobody reads stdout any more. */
  readonly stopped: AbortSignal;
}

/** Attaches, runs `use`, and lets the node go whatever happened. Failures become their line and exit code. */
export async function withNode<Outcome = ExitCode>(
  context: RunContext,
  use: (attachment: Attachment) => Promise<Outcome>,
  options: Omit<AttachOptions, 'common'> = {},
): Promise<Outcome | ExitCode> {
  const attached = await attach(context.world, { common: context.common, ...options });
  if (attached.isErr()) return context.output.failure(attached.error);
  try {
    return await use(attached.value);
  } finally {
    await within(cli.shutdownMs, attached.value.release());
  }
}

/**
 * The same for a command that goes on when its node ends: the node was another command's, so `use` runs `again` on the
 * next one of the home. `timedOut` is aborted `timeoutMs` after the first one was there.
 */
export async function withNodes(
  context: RunContext,
  timeoutMs: number | null,
  use: (attachment: Attachment, timedOut: AbortSignal) => Promise<ExitCode | 'again'>,
): Promise<ExitCode> {
  const timedOut = new AbortController();
  let timer: NodeJS.Timeout | null = null;
  try {
    for (;;) {
      const outcome = await withNode(context, (attachment) => {
        if (timeoutMs !== null) timer ??= setTimeout(() => timedOut.abort(), timeoutMs);
        return use(attachment, timedOut.signal);
      });
      if (outcome !== 'again') return outcome;
    }
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}

/** What the node said of its own end, kept while its events are read. */
export class LastWords {
  #words: string | null = null;

  hear(event: NodeEvent): void {
    if (event.type === 'error' && event.code === 'runtime/restart-intensity') this.#words = event.message;
  }

  /** The failure of a command whose own node ended although nobody had asked it to. */
  fault(): ParlanceError {
    return { code: 'command/node-ended', reason: this.#words ?? 'its log says why' };
  }
}

export const usage = (command: string, detail: string): ParlanceError => ({
  code: 'command/usage',
  detail,
  command,
});

/**
 * Runs `job` after `delayMs`, without the time that the timers of this process were late: a machine that is busy with
 * other work slows down what is waited for as well. Returns the function that cancels.
 */
export function afterUsable(delayMs: number, job: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (leftMs: number): void => {
    const startedMs = performance.now();
    const sliceMs = Math.min(leftMs, cli.timerSliceMs);
    timer = setTimeout(() => {
      const leftNowMs = leftMs - Math.min(performance.now() - startedMs, sliceMs + cli.timerLateMs);
      if (leftNowMs > 0) wait(leftNowMs);
      else job();
    }, sliceMs);
  };
  wait(delayMs);
  return () => clearTimeout(timer);
}

/** Settles with `work`, or after `deadlineMs` of usable time without it. */
export function within(deadlineMs: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = afterUsable(deadlineMs, resolve);
    const settle = (): void => {
      cancel();
      resolve();
    };
    work.then(settle, settle);
  });
}

/** Settles after `delayMs`, or as soon as `signal` is aborted. */
export function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, delayMs);
    signal.addEventListener('abort', finish, { once: true });
  });
}

/** `events` until `signal` is aborted: then the iterator is told to return, and the loop over this one ends. */
export async function* until<T>(
  events: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const reader = events[Symbol.asyncIterator]();
  // One promise per event instead of a race against one that lives on: a race would hold every event it ever saw.
  let giveUp: (() => void) | null = null;
  const stop = (): void => giveUp?.();
  signal.addEventListener('abort', stop, { once: true });
  try {
    while (!signal.aborted) {
      const next = await new Promise<IteratorResult<T> | null>((resolve, reject) => {
        giveUp = () => resolve(null);
        reader.next().then(resolve, reject);
      });
      if (next === null || next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    // Not awaited: an iterator that is stuck in `next` answers `return` only after that.
    reader.return?.().then(undefined, () => undefined);
  }
}
