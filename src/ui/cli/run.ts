/** What every command shares while it runs: the way out on a signal, and a node that is let go in the end. */
import type { ParlanceError } from '../../index.js';
import { cli } from '../../limits.js';
import { attach, type Attachment, type AttachOptions } from './attach.js';
import type { CommonOptions } from './common-options.js';
import type { Output } from './output.js';
import type { ExitCode } from './wording.js';
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

export const usage = (command: string, detail: string): ParlanceError => ({
  code: 'command/usage',
  detail,
  command,
});

/** Settles with `work`, or after `deadlineMs` without it. */
export async function within(deadlineMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, deadlineMs);
  });
  await Promise.race([
    work.then(
      () => undefined,
      () => undefined,
    ),
    late,
  ]);
  clearTimeout(timer);
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
