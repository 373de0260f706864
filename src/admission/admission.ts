/**
 * Who gets one of the few places for accepted connections. Pure: no socket, and the clock (monotonic ms) is passed in.
 *
 * A caller asks for a place when it was accepted, again once its first bytes are known and, while it waits, whenever a
 * place got free. Silent callers give way to those that speak, strangers to contacts, and an address that holds many
 * places to one that holds few; nobody who is authenticated gives way to one who is not, except that a contact may
 * take the place of a stranger with nothing to say. Spec: design.md *Transport*, faults.md section 4 *Admission*.
 *
 * An older program proves nothing, so what it is given is little: a connection that carries one message ends soon after
 * it, and an address that wants more than `legacyPerAddressMax` places at once has none of them for longer than one
 * message takes while somebody else waits. Nor is it given a further one then, or a host that opens connections faster
 * than others ask would hold them all. What can be had goes by turns, see `admission-turns.ts`.
 */
import type { ConnectionId } from '../ids.js';
import { admission as limits } from './limits.js';
import { HandshakeBudget, Penalties, type Standing } from './budget.js';
import {
  endOf,
  givesWayAtMs,
  isOpen,
  isStranger,
  longestSilent,
  Places,
  protectedMs,
  weakest,
  type Carries,
  type Due,
  type Newcomer,
  type Place,
} from './slots.js';
import { Turns, type Waiting } from './turns.js';
import type { Hello } from './first-bytes.js';
import { isLoopback, sourceKey } from '../wire/address-space.js';

export interface Caller {
  readonly id: ConnectionId;
  readonly address: string;
  readonly acceptedAtMs: number;
  /** `null` until its first bytes are known. */
  readonly hello: Hello | null;
}

export type Verdict =
  /** It has a place now. Whoever holds the place `evict` must be gone first. */
  | { readonly type: 'serve'; readonly evict: ConnectionId | null }
  /**
   * No place now; ask again when one gets free. `slotWanted`: ask that session to park. `first`: whose turn it is to
   * have what is there; once it has, or has not, taken it, ask again.
   */
  | { readonly type: 'wait'; readonly slotWanted: ConnectionId | null; readonly first: ConnectionId | null }
  | { readonly type: 'refuse'; readonly reason: 'penalty' | 'budget' };

export interface AdmissionOptions {
  readonly connectionsMax: number;
  readonly nowMs: number;
}

export class Admission {
  readonly #places: Places;
  readonly #budget: HandshakeBudget;
  readonly #penalties = new Penalties();
  readonly #turns = new Turns();
  #knownSources: ReadonlySet<string> = new Set();
  #knownTickets: ReadonlySet<string> = new Set();
  /** The two addresses that were last told to wait, the later one last: of two, one is another than who asks. */
  readonly #waited = new Map<string, number>();

  constructor(options: AdmissionOptions) {
    this.#places = new Places(options.connectionsMax);
    this.#budget = new HandshakeBudget(options.nowMs);
  }

  get taken(): number {
    return this.#places.count;
  }

  /** Replaces what was known. More than the bounds allow: the first ones count. */
  know(addresses: readonly string[], ticketIds: readonly string[]): void {
    this.#knownSources = new Set(addresses.slice(0, limits.knownAddressesMax).map(sourceKey));
    this.#knownTickets = new Set(ticketIds.slice(0, limits.knownTicketsMax));
  }

  /** A caller without a place asks for one. Who is told to wait does so until it is served, refused or has left. */
  request(caller: Caller, nowMs: number): Verdict {
    const newcomer = this.#newcomer(caller);
    this.#turns.waits(newcomer);
    const verdict = this.#decide(newcomer, nowMs);
    if (verdict.type === 'wait') return verdict;
    this.#turns.leaves(caller.id);
    if (verdict.type === 'serve') this.#give(newcomer, verdict.evict, caller.acceptedAtMs, nowMs);
    return verdict;
  }

  /**
   * Is it worth waiting for a moment? So it is for as many as there are places that get free within
   * `legacyProtectedMs`, in turn.
   */
  isPlaceComing(caller: Caller, nowMs: number): boolean {
    const newcomer = this.#newcomer(caller);
    const useful = this.#places.usefulTo(newcomer.standing);
    const coming = useful.filter((place) => this.#isComing(place, newcomer, nowMs));
    // Where one is there already, nothing is lacking but the means for a handshake.
    const count = coming.length + (this.#places.hasRoom(newcomer.standing) ? 1 : 0);
    return this.#turns.isAmongFirst(caller.id, count);
  }

  /** Who waits, in the order in which they are to ask when a place got free. */
  inTurn(): readonly ConnectionId[] {
    return this.#turns.inOrder().map(({ id }) => id);
  }

  /** The first bytes of a caller that has a place. Unless it is served, it has lost the place again. */
  spoke(id: ConnectionId, hello: Hello, nowMs: number): Verdict {
    const place = this.#places.get(id);
    if (!place) return { type: 'refuse', reason: 'budget' };
    const standing = this.#standingOf(place.source, hello);
    const payment = this.#pay({ source: place.source, standing, hello }, nowMs);
    if (payment !== null) {
      this.left(id, nowMs);
      return payment;
    }
    if (place.stage === 'silent') place.stage = 'speaking';
    place.isLegacy = hello.type === 'legacy';
    place.standing = standing;
    place.stageAtMs = nowMs;
    place.lastActiveMs = nowMs;
    return { type: 'serve', evict: null };
  }

  authenticated(id: ConnectionId, isContact: boolean, carries: Carries, nowMs: number): void {
    const place = this.#places.get(id);
    if (!place) return;
    if (place.stage !== 'authenticated' || place.carries !== carries) place.stageAtMs = nowMs;
    place.stage = 'authenticated';
    place.isContact = isContact;
    place.carries = carries;
    place.lastActiveMs = nowMs;
  }

  /** Bytes went in or out. */
  active(id: ConnectionId, nowMs: number): void {
    const place = this.#places.get(id);
    if (!place) return;
    place.hasSpoken = true;
    place.lastActiveMs = nowMs;
  }

  /** The connection is gone; the place that it had is free. */
  left(id: ConnectionId, nowMs: number): void {
    this.#turns.leaves(id);
    const place = this.#places.get(id);
    if (!place) return;
    this.#places.delete(id);
    this.#turns.gaveBack(place.source, nowMs - place.takenAtMs, nowMs);
  }

  penalise(address: string, penaltyMs: number, nowMs: number): void {
    this.#penalties.add(sourceKey(address), penaltyMs, isLoopback(address), nowMs);
  }

  /** Whose time is over at `nowMs`. They keep their places until `left`. */
  due(nowMs: number): readonly Due[] {
    return this.#places.all.flatMap((place) => {
      const end = endOf(place);
      return end.atMs <= nowMs ? [{ id: place.id, reason: end.reason }] : [];
    });
  }

  /** When to ask `due` next; `null` while nobody can become due. */
  nextDueMs(): number | null {
    const ends = this.#places.all.map((place) => endOf(place).atMs);
    const first = Math.min(...ends);
    return Number.isFinite(first) ? first : null;
  }

  #standingOf(source: string, hello: Hello | null): Standing {
    if (hello?.type === 'resume' && this.#knownTickets.has(hello.ticketIdHex)) return 'ticket';
    return this.#knownSources.has(source) ? 'known' : 'stranger';
  }

  /**
   * A penalty keeps an address out, but for who shows a ticket of ours. An address that several homes share, or where
   * a contact lives, is not shut: it only may hold one unauthenticated connection less.
   */
  #isKeptOut(source: string, standing: Standing, nowMs: number): boolean {
    if (standing !== 'stranger' || isLoopback(source)) return false;
    return this.#penalties.isIn(source, nowMs);
  }

  #decide(newcomer: Waiting, nowMs: number): Verdict {
    const { source, standing, hello } = newcomer;
    if (this.#isKeptOut(source, standing, nowMs)) return { type: 'refuse', reason: 'penalty' };
    if (this.#turns.isOvertaking(newcomer)) return noRoom;
    const room = this.#findRoom(newcomer, nowMs);
    if (room !== null) {
      const first = this.#firstBefore(newcomer, nowMs);
      if (first !== null) return { ...noRoom, first };
      return this.#pay(newcomer, nowMs) ?? { type: 'serve', evict: room.evict };
    }
    if (hello === null) return noRoom;
    this.#noteWaiting(source, nowMs);
    // A session makes room only for who could use it: not for the silent, nor for one address that has its share.
    if (this.#hasShare(source, hello, nowMs)) return noRoom;
    return { ...noRoom, slotWanted: this.#sessionToPark(standing, nowMs) };
  }

  /** Whose turn it is, if that is somebody else who could be served now. */
  #firstBefore({ id }: Waiting, nowMs: number): ConnectionId | null {
    const first = this.#turns.first();
    if (first === null || first.id === id) return null;
    const isAble = this.#meansOf(first, nowMs) !== 'later' && this.#findRoom(first, nowMs) !== null;
    return isAble ? first.id : null;
  }

  #give(
    { id, source, standing, hello }: Waiting,
    evict: ConnectionId | null,
    acceptedAtMs: number,
    nowMs: number,
  ): void {
    if (evict !== null) this.left(evict, nowMs);
    this.#turns.took(source, nowMs);
    this.#places.add({
      id,
      source,
      acceptedAtMs,
      takenAtMs: nowMs,
      stage: hello === null ? 'silent' : 'speaking',
      isLegacy: hello?.type === 'legacy',
      standing,
      stageAtMs: nowMs,
      isContact: false,
      carries: 'session',
      hasSpoken: false,
      lastActiveMs: nowMs,
      slotWantedAtMs: -Infinity,
    });
  }

  #newcomer({ id, address, hello }: Caller): Waiting {
    const source = sourceKey(address);
    return { id, source, standing: this.#standingOf(source, hello), hello };
  }

  /** Handshakes are paid before any key agreement; an older program asks for none. `null`: paid. */
  #pay(newcomer: Newcomer, nowMs: number): Verdict | null {
    const state = this.#meansOf(newcomer, nowMs);
    if (state === 'later') return noRoom;
    if (state === 'spent') return { type: 'refuse', reason: 'budget' };
    if (state === 'there') this.#budget.take(newcomer.source, newcomer.standing, nowMs);
    return null;
  }

  #meansOf({ source, standing, hello }: Newcomer, nowMs: number): 'there' | 'later' | 'spent' | 'not-needed' {
    if (hello === null || hello.type === 'legacy') return 'not-needed';
    return this.#budget.stateOf(source, standing, nowMs);
  }

  #findRoom(newcomer: Newcomer, nowMs: number): { readonly evict: ConnectionId | null } | null {
    const { source, standing, hello } = newcomer;
    if (hello?.type !== 'full' && hello?.type !== 'resume' && this.#isCrowding(source, nowMs)) {
      // Beyond its share it is given nothing, not even for another of its own: those places are to get free.
      const isAtShare = this.#places.legacyAt(source).length === limits.foreignPerAddressMax;
      return hello !== null && isAtShare ? this.#ownPlace(newcomer, nowMs) : null;
    }
    const useful = this.#places.usefulTo(standing);
    const own = this.#places.openAt(source);
    if (own.length >= this.#shareOf(source, nowMs)) {
      // Its place goes to another of the same address, so nobody else is touched.
      const victim = weakest(own, newcomer, nowMs);
      return victim && useful.includes(victim) ? { evict: victim.id } : null;
    }
    if (this.#places.hasRoom(standing)) return { evict: null };
    const victim = weakest(useful.filter(isOpen), newcomer, nowMs);
    if (victim) return { evict: victim.id };
    if (hello === null) return null;
    // A message gets the time to come.
    const older = this.#places.legacyFor(newcomer).filter((place) => useful.includes(place));
    const crowder = longestSilent(older.filter((place) => nowMs >= this.#ripeAtMs(place)));
    if (crowder) return { evict: crowder.id };
    if (standing === 'stranger') return hello.type === 'legacy' ? this.#ownPlace(newcomer, nowMs) : null;
    const hog = this.#places.longestIdle((place) => {
      const givesWayMs = givesWayAtMs(place) ?? place.lastActiveMs + limits.strangerIdleForContactMs;
      return isStranger(place) && nowMs >= givesWayMs;
    });
    return hog ? { evict: hog.id } : null;
  }

  /** Has an address enough places for older programs, while another one waits for any? */
  #isCrowding(source: string, nowMs: number): boolean {
    if (this.#places.legacyAt(source).length < limits.foreignPerAddressMax) return false;
    return [...this.#waited].some(([other, atMs]) => other !== source && nowMs - atMs < limits.wantedForMs);
  }

  #noteWaiting(source: string, nowMs: number): void {
    this.#waited.delete(source);
    this.#waited.set(source, nowMs);
    const [oldest] = this.#waited.keys();
    if (this.#waited.size > 2 && oldest !== undefined) this.#waited.delete(oldest);
  }

  /** An address that has its share gives one connection of older programs up for the next: one with nothing to say. */
  #ownPlace({ source, standing }: Newcomer, nowMs: number): { readonly evict: ConnectionId } | null {
    const own = this.#places.legacyAt(source);
    if (own.length < limits.foreignPerAddressMax) return null;
    const useful = this.#places.usefulTo(standing).filter((place) => own.includes(place));
    const victim = longestSilent(
      useful.filter((place) => {
        const sinceMs = Math.max(place.lastActiveMs, place.stageAtMs);
        return nowMs >= (givesWayAtMs(place) ?? sinceMs + limits.foreignProtectedMs);
      }),
    );
    return victim ? { evict: victim.id } : null;
  }

  /** From when on it may be taken for whoever else waits; `Infinity`: it has nothing to fear. */
  #ripeAtMs({ source, stage, stageAtMs, carries }: Place): number {
    const wanted = this.#places.legacyAt(source).length + this.#turns.olderAt(source);
    if (wanted > limits.foreignPerAddressMax) return stageAtMs + limits.foreignProtectedMs;
    return stage === 'authenticated' && carries === 'message'
      ? stageAtMs + limits.messageGiveWayMs
      : Infinity;
  }

  #isComing(place: Place, newcomer: Newcomer, nowMs: number): boolean {
    // It parks, or will be asked to once its first words are answered.
    const isSettling = !isOpen(place) && !place.isLegacy && nowMs - place.stageAtMs < limits.sessionSettledMs;
    if (isSettling || nowMs - place.slotWantedAtMs < limits.parkMs) return true;
    const atMs = Math.min(
      endOf(place).atMs,
      givesWayAtMs(place) ?? Infinity,
      isOpen(place) ? place.stageAtMs + protectedMs(place, newcomer) : Infinity,
      this.#places.legacyFor(newcomer).includes(place) ? this.#ripeAtMs(place) : Infinity,
    );
    return atMs - nowMs <= limits.foreignProtectedMs;
  }

  #hasShare(source: string, hello: Hello, nowMs: number): boolean {
    if (this.#places.openAt(source).length >= this.#shareOf(source, nowMs)) return true;
    return hello.type === 'legacy' && this.#places.legacyAt(source).length >= limits.foreignPerAddressMax;
  }

  /** How many of them it may hold. */
  #shareOf(source: string, nowMs: number): number {
    return limits.unauthenticatedPerAddressMax - (this.#penalties.isIn(source, nowMs) ? 1 : 0);
  }

  #sessionToPark(standing: Standing, nowMs: number): ConnectionId | null {
    const useful = this.#places.usefulTo(standing);
    const place = this.#places.longestIdle(
      (each) =>
        // Of no use to a stranger is the place that is kept for contacts.
        useful.includes(each) &&
        nowMs - each.stageAtMs >= limits.sessionSettledMs &&
        nowMs - each.slotWantedAtMs >= limits.slotWantedEveryMs &&
        // What carries one message ends by itself, and cannot come back to say it.
        nowMs >= (givesWayAtMs(each) ?? (each.isLegacy ? Infinity : -Infinity)),
    );
    if (!place) return null;
    place.slotWantedAtMs = nowMs;
    return place.id;
  }
}

const noRoom = { type: 'wait', slotWanted: null, first: null } as const;
