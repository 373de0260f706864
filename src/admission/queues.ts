/**
 * The two queues of callers without a slot, and the time that they wait: one queue for older programs, which come in
 * bursts and cannot try again, and one for all others. Pure. A full queue drops callers of the address that has most
 * of them, so that one host cannot keep out the others.
 */
import type { DialectName } from '../dialects/dialect.js';
import { admission as limits } from './limits.js';
import type { Hello } from './first-bytes.js';
import { sourceKey } from '../wire/address-space.js';

/** A caller in a queue. */
export interface Waiting {
  readonly address: string;
  /** `null` until its first bytes are known. */
  readonly hello: Hello | null;
}

/**
 * Returns the caller to drop when `newcomer` enters a full queue: the latest one of the address with most callers, or
 * the newcomer itself; `null`: the queue is not full. `others`: the callers of both queues, in the order of
 * acceptance.
 */
export function crowdedOut<Caller extends Waiting>(
  others: readonly Caller[],
  newcomer: Caller,
): Caller | null {
  const isForeign = isOlderProgram(newcomer);
  const queue = others.filter((other) => isOlderProgram(other) === isForeign);
  if (queue.length < (isForeign ? limits.foreignWaitingMax : limits.waitingMax)) return null;
  const byAddress = new Map<string, Caller[]>();
  for (const caller of queue) {
    const source = sourceKey(caller.address);
    const held = byAddress.get(source);
    if (held === undefined) byAddress.set(source, [caller]);
    else held.push(caller);
  }
  const own = byAddress.get(sourceKey(newcomer.address)) ?? [];
  const most = [...byAddress.values()].reduce((a, b) => (b.length > a.length ? b : a), own);
  // With one caller more than the newcomer's address, the other address would only change places with it.
  return (most.length > own.length + 1 ? most.at(-1) : undefined) ?? newcomer;
}

/** Returns the pause in ms after which a caller asks again. */
export function pauseMs(caller: Waiting, waitedMs: number): number {
  const isNative = caller.hello !== null && !isOlderProgram(caller);
  return isNative && waitedMs >= limits.waitMs / 2 ? limits.parkMs : limits.waitMs;
}

/**
 * Whether a caller has waited for long enough. An older program must also have asked often enough, up to a bound: on a
 * machine that is overloaded the callers before it take longer, too.
 */
export function isPatienceOver(
  caller: Waiting & { readonly acceptedAtMs: number; readonly asks: number },
  enabled: ReadonlySet<DialectName>,
  isSlotComing: () => boolean,
  nowMs: number,
): boolean {
  const waitedMs = nowMs - caller.acceptedAtMs;
  if (waitedMs < patienceMs(caller, enabled, isSlotComing)) return false;
  const hasAsked = caller.asks >= limits.foreignAsksMin || waitedMs >= limits.foreignCallerWaitMostMs;
  return hasAsked || !mayBeOlderProgram(caller, enabled);
}

/** Returns the time in ms that a caller may wait. An older program waits longest, since it cannot try again. */
export function patienceMs(
  caller: Waiting,
  enabled: ReadonlySet<DialectName>,
  isSlotComing: () => boolean,
): number {
  if (mayBeOlderProgram(caller, enabled)) return limits.foreignCallerWaitMs;
  // A short wait is cheaper than BUSY, which costs the caller a second or two.
  return isSlotComing() ? limits.foreignProtectedMs + limits.waitMs : 0;
}

/**
 * Whether the caller is an older program, or may be one: it is silent so far, and a foreign dialect is switched on.
 */
export const mayBeOlderProgram = (caller: Waiting, enabled: ReadonlySet<DialectName>): boolean =>
  isOlderProgram(caller) || (caller.hello === null && enabled.size > 1);

const isOlderProgram = ({ hello }: Waiting): boolean => hello?.type === 'foreign';
