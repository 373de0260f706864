/** The frame of every command: the node that is released in the end, and the end on a signal. */
import { catalogue } from '../text/catalogue.js';
import { err, type Result } from 'neverthrow';
import type { NodeError, NodeEvent } from '../../index.js';
import type { CliError } from './errors.js';
import { cli } from './limits.js';
import { attach, attachAtRest, type Attachment, type AttachError, type AttachOptions } from './attach.js';
import type { CommonOptions } from './options/common-options.js';
import type { Output } from './screen/output.js';
import type { ExitCode } from './screen/wording.js';
import type { World } from './world.js';

/** The arguments of every command. */
export interface RunContext {
  readonly world: World;
  readonly output: Output;
  readonly common: CommonOptions;
  /** Aborted by a signal, and when stdout is closed. */
  readonly stopped: AbortSignal;
}

/** Attaches, runs `use` and releases the node in any case. A failure becomes its line and exit code. */
export async function withNode<Outcome = ExitCode>(
  context: RunContext,
  use: (attachment: Attachment) => Promise<Outcome>,
  options: Omit<AttachOptions, 'common'> = {},
): Promise<Outcome | ExitCode> {
  const attaching = attach(context.world, { common: context.common, ...options });
  return whileAttached(context, await unlessStopped(context, attaching), use);
}

/** Runs `use` as `withNode` does. Where no node runs, it opens the home without the network. */
export async function withHome<Outcome = ExitCode>(
  context: RunContext,
  use: (attachment: Attachment) => Promise<Outcome>,
): Promise<Outcome | ExitCode> {
  const attaching = attachAtRest(context.world, { common: context.common });
  return whileAttached(context, await unlessStopped(context, attaching), use);
}

/**
 * Waits for a node, unless a signal ends the command first. A node that is ready later is left at once: one that was
 * started for this command ends then. Errors: `command/stopped`, and those of attaching.
 */
export function unlessStopped<Held extends Pick<Attachment, 'release'>>(
  { stopped }: Pick<RunContext, 'stopped'>,
  attaching: Promise<Result<Held, AttachError>>,
): Promise<Result<Held, CliError>> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      resolve(err({ code: 'command/stopped' }));
      attaching.then(
        (late) => late.map(({ release }) => void release().catch(() => undefined)),
        () => undefined,
      );
    };
    if (stopped.aborted) return stop();
    stopped.addEventListener('abort', stop, { once: true });
    attaching.then(resolve, reject).finally(() => stopped.removeEventListener('abort', stop));
  });
}

/** Runs `use` and releases the node in any case. */
export async function whileAttached<Outcome>(
  context: RunContext,
  attached: Result<Attachment, CliError>,
  use: (attachment: Attachment) => Promise<Outcome>,
): Promise<Outcome | ExitCode> {
  if (attached.isErr()) return context.output.failure(attached.error);
  try {
    return await use(attached.value);
  } finally {
    await within(cli.shutdownMs, attached.value.release());
  }
}

/**
 * Runs `use` as `withNode` does, and again on the next node of the home when it returns `again` because its node ended.
 * `timedOut` is aborted `timeoutMs` after the first node is attached. Nodes that end at once, one after the other, are
 * a failure.
 */
export async function withNodes(
  context: RunContext,
  timeoutMs: number | null,
  use: (attachment: Attachment, timedOut: AbortSignal) => Promise<ExitCode | 'again'>,
): Promise<ExitCode> {
  const timedOut = new AbortController();
  let timer: NodeJS.Timeout | null = null;
  const lives = new NodeLives();
  try {
    for (;;) {
      const outcome = await withNode(context, (attachment) => {
        if (timeoutMs !== null) timer ??= setTimeout(() => timedOut.abort(), timeoutMs);
        lives.begin();
        return use(attachment, timedOut.signal);
      });
      if (outcome !== 'again') return outcome;
      if (lives.areTooShort()) return context.output.failure(nodeEnded(null));
    }
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}

/** The lifetimes of the nodes that one command used in turn. */
export class NodeLives {
  #beganMs = 0;
  #short = 0;

  begin(): void {
    this.#beganMs = performance.now();
  }

  /** Counts the life that ended just now; true after `shortLivesMax` short ones in a row. */
  areTooShort(): boolean {
    this.#short = performance.now() - this.#beganMs < cli.shortLifeMs ? this.#short + 1 : 0;
    return this.#short >= cli.shortLivesMax;
  }
}

/** The reason of the end of a node, kept while its events are read. */
export class EndReason {
  #reason: string | null = null;
  #isHomeGone = false;

  read(event: NodeEvent): void {
    if (event.type !== 'error') return;
    if (event.code !== 'store/gone' && event.code !== 'runtime/restart-intensity') return;
    this.#reason = event.message;
    this.#isHomeGone = event.code === 'store/gone';
  }

  /** Returns the failure of a node that could not go on; `null`: the node gave no reason. */
  fault(): CliError | null {
    if (this.#reason === null) return null;
    if (this.#isHomeGone)
      return { code: 'store/gone', file: catalogue().commands.theHome, reason: this.#reason };
    return nodeEnded(this.#reason);
  }
}

/** The failure of a command whose node ended without a request. */
export const nodeEnded = (reason: string | null): CliError => ({
  code: 'command/node-ended',
  reason: reason ?? catalogue().commands.logHoldsReason,
});

/** Makes the failure of a wrong command line. */
export const usage = (command: string, detail: string): CliError => ({
  code: 'command/usage',
  detail,
  command,
});

/** Arguments of `untilKnown`. */
export interface UntilKnownOptions {
  /** Age of the node in ms. */
  readonly ageMs: () => number;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
  /** Time after which an unknown peer is final, in ms. */
  readonly waitMaxMs?: number;
}

/** Repeats `attempt` while the peer is unknown and the node is too young to know its peers. Errors: of the attempt. */
export async function untilKnown<T>(
  attempt: () => PromiseLike<Result<T, NodeError>>,
  { ageMs, signal = new AbortController().signal, waitMaxMs = cli.discoveryMs }: UntilKnownOptions,
): Promise<Result<T, NodeError>> {
  const startMs = performance.now();
  for (;;) {
    const result = await attempt();
    const isUnknown = result.isErr() && result.error.code === 'chat/unknown-peer';
    const isYoung = ageMs() < cli.discoveryMs && performance.now() - startMs < waitMaxMs;
    if (!isUnknown || !isYoung || signal.aborted) return result;
    await pause(cli.pollMs, signal);
  }
}

/**
 * Runs `job` after `delayMs`, less the time that the timers of this process were late: a busy machine slows down the
 * awaited work, too. Returns the function that cancels.
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

/** Waits for `work`, at most `deadlineMs` of usable time. */
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

/** Waits `delayMs`, or until `signal` is aborted. */
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

/** Yields `events` until `signal` is aborted; then it ends and asks the iterator to return. */
export async function* until<T>(
  events: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const reader = events[Symbol.asyncIterator]();
  // One promise per event: a race against one long-lived promise would hold every event of the past.
  let release: (() => void) | null = null;
  const stop = (): void => release?.();
  signal.addEventListener('abort', stop, { once: true });
  try {
    while (!signal.aborted) {
      const next = await new Promise<IteratorResult<T> | null>((resolve, reject) => {
        release = () => resolve(null);
        reader.next().then(resolve, reject);
      });
      if (next === null || next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    // This promise is not awaited: an iterator that waits in `next` answers `return` only after it.
    reader.return?.().then(undefined, () => undefined);
  }
}
