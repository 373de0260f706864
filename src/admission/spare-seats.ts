/**
 * The seats beside the slots: one connection more than there are slots is held, so that a caller can send its first
 * bytes before it gets a slot or BUSY. This file decides which caller is disconnected when a further one arrives.
 * Pure; times are monotonic ms.
 */
import { sourceKey } from '../wire/address-space.js';
import { RecentMap } from './budget.js';
import { admission as limits } from './limits.js';
import type { Waiting } from './queues.js';

/** A connection without a slot. */
export interface Visitor extends Waiting {
  readonly acceptedAtMs: number;
  /** Whether its source has opened another connection just before. */
  readonly isEager: boolean;
}

/** Remembers which sources open connections in quick succession. */
export class EagerSources {
  /** The time of the latest arrival from each source. */
  readonly #arrivals = new RecentMap<number>(limits.addressesMax);

  /** Notes an arrival. Returns whether its source is eager. */
  arrives(address: string, nowMs: number): boolean {
    const source = sourceKey(address);
    const before = this.#arrivals.peek(source) ?? Number.NEGATIVE_INFINITY;
    this.#arrivals.set(source, nowMs);
    return nowMs - before < limits.eagerMs;
  }
}

/**
 * Returns the visitor to disconnect when `newcomer` arrives and no further connection may be held. An eager source makes
 * way for one that is not eager. Among equals a caller that has been silent for longer than its first bytes take makes
 * way, and a caller that has spoken keeps its seat. `holders`: callers without a slot.
 */
export function unseated<Caller extends Visitor>(
  holders: readonly Caller[],
  newcomer: Caller,
  nowMs: number,
): Caller {
  const eager = newcomer.isEager ? undefined : holders.find((holder) => holder.isEager);
  const silent = holders.find(
    ({ hello, acceptedAtMs, isEager }) =>
      hello === null && nowMs - acceptedAtMs >= limits.silentProtectedMs && (isEager || !newcomer.isEager),
  );
  return eager ?? silent ?? newcomer;
}
