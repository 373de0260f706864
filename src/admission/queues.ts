/**
 * Where callers wait for a slot, and for how long: one room for older programs, which come in bursts and cannot come
 * again, and one for everybody else. Pure. A room that is full is shared out by address, or one host that keeps it full
 * would keep all others from being heard.
 */
import type { DialectName } from '../dialects/dialect.js';
import { admission as limits } from './limits.js';
import { wireV1 } from '../wire/limits.js';
import type { Hello } from './first-bytes.js';
import { sourceKey } from '../wire/address-space.js';

export interface Waiting {
  readonly address: string;
  /** `null` until its first bytes are known. */
  readonly hello: Hello | null;
}

/**
 * Who has to leave when `newcomer` is to wait, too: the latest of the address that holds most of a full room, or the
 * newcomer itself; `null`: nobody. `others`: who waits in either room, in the order of acceptance.
 */
export function crowdedOut<Caller extends Waiting>(
  others: readonly Caller[],
  newcomer: Caller,
): Caller | null {
  const isForeign = isOlderProgram(newcomer);
  const room = others.filter((other) => isOlderProgram(other) === isForeign);
  if (room.length < (isForeign ? limits.foreignWaitingMax : limits.waitingMax)) return null;
  const byAddress = new Map<string, Caller[]>();
  for (const caller of room) {
    const source = sourceKey(caller.address);
    const held = byAddress.get(source);
    if (held === undefined) byAddress.set(source, [caller]);
    else held.push(caller);
  }
  const own = byAddress.get(sourceKey(newcomer.address)) ?? [];
  const most = [...byAddress.values()].reduce((a, b) => (b.length > a.length ? b : a), own);
  // Where they would only change parts, who came first stays.
  return (most.length > own.length + 1 ? most.at(-1) : undefined) ?? newcomer;
}

/** How long it waits before it asks again. */
export function pauseMs(caller: Waiting, waitedMs: number): number {
  const isNative = caller.hello !== null && !isOlderProgram(caller);
  return isNative && waitedMs >= limits.waitMs / 2 ? limits.parkMs : limits.waitMs;
}

/** How long it is kept waiting; an older program that is turned away has no other way. */
export function patienceMs(
  caller: Waiting,
  enabled: ReadonlySet<DialectName>,
  isSlotComing: () => boolean,
): number {
  if (isOlderProgram(caller)) return limits.foreignCallerWaitMs;
  if (mayBeOlderProgram(caller, enabled)) return wireV1.handshakeDeadlineMs;
  // BUSY would cost it a second or two.
  return isSlotComing() ? limits.foreignProtectedMs + limits.waitMs : 0;
}

/** Also who has not spoken yet, where any of them is switched on. */
export const mayBeOlderProgram = (caller: Waiting, enabled: ReadonlySet<DialectName>): boolean =>
  isOlderProgram(caller) || (caller.hello === null && enabled.size > 1);

const isOlderProgram = ({ hello }: Waiting): boolean => hello?.type === 'foreign';
