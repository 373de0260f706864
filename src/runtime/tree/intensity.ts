/** How often a supervisor may restart its children, and how long it waits before each try. Pure. */
import type { ChildSpec, ExitReason } from '../actor.js';
import { unreachable } from '../exhaustive.js';
import { runtime, type RuntimeLimits } from '../limits.js';

/** Restarts in a sliding window. */
export class RestartWindow {
  readonly #max: number;
  readonly #windowMs: number;
  #counted: { readonly atMs: number; readonly cause: unknown }[] = [];

  constructor(max: number, windowMs: number) {
    this.#max = max;
    this.#windowMs = windowMs;
  }

  /**
   * Counts a restart; false when it is one too many. Crashes of one cause count once: those at one envelope, and those of
   * all actors in a thread that died.
   */
  allow(nowMs: number, cause: unknown): boolean {
    this.#counted = this.#counted.filter(({ atMs }) => nowMs - atMs < this.#windowMs);
    if (cause !== null && this.#counted.some((one) => one.cause === cause)) return true;
    this.#counted.push({ atMs: nowMs, cause });
    return this.#counted.length <= this.#max;
  }

  /** Takes the time of a start out of the window: a slow machine must not look like a quiet one. */
  skip(fromMs: number, toMs: number): void {
    this.#counted = this.#counted.map(({ atMs, cause }) => ({
      atMs: Math.min(atMs + (toMs - fromMs), toMs),
      cause,
    }));
  }
}

/** Delay before the n-th restart in a row (from 1), ms: doubled each time, between half of it and all of it. */
export function restartDelayMs(
  inARow: number,
  random: number,
  maxMs: number = runtime.restartDelayMaxMs,
  limits: Pick<RuntimeLimits, 'restartDelayMinMs'> = runtime,
): number {
  const full = Math.min(limits.restartDelayMinMs * 2 ** (inARow - 1), maxMs);
  return full * (0.5 + random / 2);
}

/** Whether a child is restarted. One that got transferred objects is not, since these are gone with it. */
export function isRestarted(
  { behaviour, transfer, placement }: Pick<ChildSpec, 'behaviour' | 'transfer' | 'placement'>,
  reason: ExitReason,
): boolean {
  if (transfer.length > 0 && placement.kind === 'thread') return false;
  const { restart = 'permanent' } = behaviour;
  switch (restart) {
    case 'permanent':
      return true;
    case 'transient':
      return reason.type === 'crash' || reason.type === 'refused';
    case 'temporary':
      return false;
    default:
      return unreachable(restart);
  }
}
