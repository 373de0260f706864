/**
 * The order of the callers that wait for a slot. Callers with a ticket of ours and known addresses come first, then
 * callers that have sent something, then silent ones. Within a rank that address comes first which had its last slot
 * longest ago. So a host with many connections gets no more slots than a host with one, and a host that holds its
 * slots in vain comes after one that leaves them soon. Pure.
 */
import type { ConnectionId } from '../ids.js';
import { admission as limits } from './limits.js';
import { RecentMap, type Standing } from './budget.js';
import type { Newcomer } from './slots.js';

/** A caller in the order of turns. */
export interface Waiting extends Newcomer {
  readonly id: ConnectionId;
}

interface Queued {
  readonly caller: Waiting;
  /** Order among callers of one rank and one turn. */
  readonly serial: number;
}

/** The waiting callers. Their number is bounded by the queues (`queues.ts`). */
export class Turns {
  readonly #queued = new Map<ConnectionId, Queued>();
  /** Waiting older programs by address, the earliest first. */
  readonly #older = new Map<string, Set<ConnectionId>>();
  /** Turn of each address, monotonic ms: the lowest is next, and an address that is missing was never served. */
  readonly #turnsMs = new RecentMap<number>(limits.addressesMax);
  #serial = 0;
  /** The next caller; `undefined`: unknown until `first` is called. */
  #first: Queued | null | undefined = null;

  /** Enters a caller. Has no effect on a waiting caller of unchanged rank. */
  waits(caller: Waiting): void {
    const before = this.#queued.get(caller.id);
    if (before !== undefined && rankOf(before.caller) === rankOf(caller)) return;
    this.leaves(caller.id);
    const queued = { caller, serial: (this.#serial += 1) };
    this.#queued.set(caller.id, queued);
    if (this.#first !== undefined && (this.#first === null || this.#compare(queued, this.#first) < 0))
      this.#first = queued;
    if (!isOlder(caller)) return;
    const older = this.#older.get(caller.source);
    if (older === undefined) this.#older.set(caller.source, new Set([caller.id]));
    else older.add(caller.id);
  }

  /** Removes a caller that was served, refused or is gone. */
  leaves(id: ConnectionId): void {
    const queued = this.#queued.get(id);
    if (queued === undefined) return;
    this.#queued.delete(id);
    if (this.#first === queued) this.#first = undefined;
    const { source } = queued.caller;
    const older = this.#older.get(source);
    if (older?.delete(id) === true && older.size === 0) this.#older.delete(source);
  }

  /** Notes that an address got a slot. */
  took(source: string, nowMs: number): void {
    this.#put(source, nowMs);
  }

  /** Notes that an address gave a slot back. Each ms that it held the slot delays its next turn. */
  gaveBack(source: string, heldMs: number, nowMs: number): void {
    this.#put(source, nowMs + Math.min(heldMs, limits.heldMostMs) * limits.heldWeight);
  }

  /** Returns the caller whose turn it is; `null`: none waits. */
  first(): Waiting | null {
    this.#first ??= this.#queued.size === 0 ? null : this.#earliest();
    return this.#first?.caller ?? null;
  }

  inOrder(): readonly Waiting[] {
    return [...this.#queued.values()].toSorted((a, b) => this.#compare(a, b)).map(({ caller }) => caller);
  }

  /** Whether the caller is among the first `count`, where each other address counts once. */
  isAmongFirst(id: ConnectionId, count: number): boolean {
    const own = this.#queued.get(id);
    if (own === undefined) return false;
    const others = new Set<string>();
    let before = 0;
    for (const other of this.#queued.values()) {
      if (before >= count) return false;
      const { source } = other.caller;
      if (others.has(source) || this.#compare(other, own) >= 0) continue;
      before += 1;
      if (source !== own.caller.source) others.add(source);
    }
    return before < count;
  }

  /** Whether such a caller waits. */
  has(isWanted: (caller: Waiting) => boolean): boolean {
    for (const { caller } of this.#queued.values()) if (isWanted(caller)) return true;
    return false;
  }

  /** Counts the older programs that wait at this address. */
  olderAt(source: string): number {
    return this.#older.get(source)?.size ?? 0;
  }

  /** Whether an older program asks before an earlier one of its address, which it must not overtake. */
  isOvertaking({ id, source }: Waiting): boolean {
    const older = this.#older.get(source);
    if (older?.has(id) !== true) return false;
    const [earliest] = older;
    return earliest !== id;
  }

  #put(source: string, turnMs: number): void {
    this.#turnsMs.set(source, Math.max(turnMs, this.#turnOf(source)));
    if (this.#first?.caller.source === source) this.#first = undefined;
  }

  #turnOf(source: string): number {
    return this.#turnsMs.peek(source) ?? -Infinity;
  }

  #earliest(): Queued | null {
    let first: Queued | null = null;
    for (const queued of this.#queued.values())
      if (first === null || this.#compare(queued, first) < 0) first = queued;
    return first;
  }

  /** Compares two callers; negative: `a` goes before `b`. */
  #compare(a: Queued, b: Queued): number {
    const byRank = rankOf(b.caller) - rankOf(a.caller);
    if (byRank !== 0) return byRank;
    const [turnA, turnB] = [this.#turnOf(a.caller.source), this.#turnOf(b.caller.source)];
    return turnA === turnB ? a.serial - b.serial : turnA - turnB;
  }
}

/** Ranks a caller. An older program ranks as a stranger, since it proves nothing, whatever its address. */
function rankOf(caller: Waiting): number {
  if (caller.hello === null) return 0;
  return isOlder(caller) ? rankOfWords.stranger : rankOfWords[caller.standing];
}

/** A ticket gives no precedence over another friend, or friends that call in a loop would keep all others out. */
const rankOfWords: Readonly<Record<Standing, number>> = { ticket: 2, known: 2, stranger: 1 };

const isOlder = ({ hello }: Waiting): boolean => hello?.type === 'foreign';
