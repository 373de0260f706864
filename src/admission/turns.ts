/**
 * Who waits for a slot, and whose turn it is. Who has a ticket of ours or is known comes first, then who has spoken;
 * among those that address comes first which had its last slot longest ago. So whoever opens many connections gets
 * no more than who opens one, and hosts that hold their slots in vain come behind those that leave them soon. Pure.
 */
import type { ConnectionId } from '../ids.js';
import { admission as limits } from './limits.js';
import { RecentMap, type Standing } from './budget.js';
import type { Newcomer } from './slots.js';

export interface Waiting extends Newcomer {
  readonly id: ConnectionId;
}

interface Queued {
  readonly caller: Waiting;
  /** Among those of one rank whose turn is the same. */
  readonly serial: number;
}

/** Bounded by who may wait. */
export class Turns {
  readonly #queued = new Map<ConnectionId, Queued>();
  /** Older programs by address, the earliest first. */
  readonly #older = new Map<string, Set<ConnectionId>>();
  /** Monotonic ms; the earliest is next, and who is not here was never served. */
  readonly #turnsMs = new RecentMap<number>(limits.addressesMax);
  #serial = 0;
  /** `undefined`: to be looked for. */
  #first: Queued | null | undefined = null;

  /** Has no effect on who waits already and has said nothing new. */
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

  /** It was served, turned away, or has gone. */
  leaves(id: ConnectionId): void {
    const queued = this.#queued.get(id);
    if (queued === undefined) return;
    this.#queued.delete(id);
    if (this.#first === queued) this.#first = undefined;
    const { source } = queued.caller;
    const older = this.#older.get(source);
    if (older?.delete(id) === true && older.size === 0) this.#older.delete(source);
  }

  /** An address was given a slot. */
  took(source: string, nowMs: number): void {
    this.#put(source, nowMs);
  }

  /** … and has it no more. */
  gaveBack(source: string, heldMs: number, nowMs: number): void {
    this.#put(source, nowMs + Math.min(heldMs, limits.heldMostMs) * limits.heldWeight);
  }

  /** Whose turn it is. */
  first(): Waiting | null {
    this.#first ??= this.#queued.size === 0 ? null : this.#earliest();
    return this.#first?.caller ?? null;
  }

  inOrder(): readonly Waiting[] {
    return [...this.#queued.values()].toSorted((a, b) => this.#compare(a, b)).map(({ caller }) => caller);
  }

  /** Is it among the first `count`, one of each other address? */
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

  /** Older programs that wait at this address. */
  olderAt(source: string): number {
    return this.#older.get(source)?.size ?? 0;
  }

  /** An older program is not overtaken by a later connection from its address. */
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

  /** Negative: `a` goes before `b`. */
  #compare(a: Queued, b: Queued): number {
    const byRank = rankOf(b.caller) - rankOf(a.caller);
    if (byRank !== 0) return byRank;
    const [turnA, turnB] = [this.#turnOf(a.caller.source), this.#turnOf(b.caller.source)];
    return turnA === turnB ? a.serial - b.serial : turnA - turnB;
  }
}

/** An older program is as good as a stranger: it proves nothing, whatever its address. */
function rankOf(caller: Waiting): number {
  if (caller.hello === null) return 0;
  return isOlder(caller) ? rankOfWords.stranger : rankOfWords[caller.standing];
}

const rankOfWords: Readonly<Record<Standing, number>> = { ticket: 3, known: 2, stranger: 1 };

const isOlder = ({ hello }: Waiting): boolean => hello?.type === 'foreign';
