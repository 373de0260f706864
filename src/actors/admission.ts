/**
 * Who gets one of the few places for accepted connections. Pure: no socket, and the clock (monotonic ms) is passed in.
 *
 * A caller asks for a place when it was accepted, again once its first bytes are known and, while it waits, whenever a
 * place got free. Silent callers give way to those that speak, strangers to contacts, and an address that holds many
 * places to one that holds few; nobody who is authenticated gives way to one who is not, except that a contact may
 * take the place of a stranger with nothing to say. Spec: design.md *Transport*, faults.md section 4 *Admission*.
 */
import type { ConnectionId } from '../ids.js';
import { admission as limits } from '../limits.js';
import { HandshakeBudget, Penalties, type Standing } from './admission-budget.js';
import type { Hello } from './first-bytes.js';
import { isLoopback, sourceKey } from './transport-address.js';

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
  /** No place now; ask again when one gets free. `slotWanted`: ask that session to park. */
  | { readonly type: 'wait'; readonly slotWanted: ConnectionId | null }
  | { readonly type: 'refuse'; readonly reason: 'penalty' | 'budget' };

/** A connection whose time is over. */
export interface Due {
  readonly id: ConnectionId;
  readonly reason: 'deadline' | 'idle';
}

interface Place {
  readonly id: ConnectionId;
  readonly source: string;
  readonly acceptedAtMs: number;
  stage: 'silent' | 'speaking' | 'authenticated';
  /** An older program, which has no way to try again: its message is let through once it has begun. */
  isLegacy: boolean;
  standing: Standing;
  /** When its first bytes were known, or it was accepted. */
  stageAtMs: number;
  isContact: boolean;
  /** A talk with an older program, which cannot be resumed once it has given way. */
  isTalk: boolean;
  lastActiveMs: number;
  slotWantedAtMs: number;
}

export interface AdmissionOptions {
  readonly connectionsMax: number;
  readonly nowMs: number;
}

export class Admission {
  readonly #places = new Map<ConnectionId, Place>();
  readonly #connectionsMax: number;
  readonly #strangersMax: number;
  readonly #budget: HandshakeBudget;
  readonly #penalties = new Penalties();
  #knownSources: ReadonlySet<string> = new Set();
  #knownTickets: ReadonlySet<string> = new Set();

  constructor(options: AdmissionOptions) {
    this.#connectionsMax = options.connectionsMax;
    const reserved = options.connectionsMax > limits.reservedConnections ? limits.reservedConnections : 0;
    this.#strangersMax = options.connectionsMax - reserved;
    this.#budget = new HandshakeBudget(options.nowMs);
  }

  get taken(): number {
    return this.#places.size;
  }

  /** Replaces what was known. More than the bounds allow: the first ones count. */
  know(addresses: readonly string[], ticketIds: readonly string[]): void {
    this.#knownSources = new Set(addresses.slice(0, limits.knownAddressesMax).map(sourceKey));
    this.#knownTickets = new Set(ticketIds.slice(0, limits.knownTicketsMax));
  }

  /** A caller without a place asks for one. */
  request(caller: Caller, nowMs: number): Verdict {
    const source = sourceKey(caller.address);
    const standing = this.#standingOf(source, caller.hello);
    if (this.#isKeptOut(source, standing, nowMs)) return { type: 'refuse', reason: 'penalty' };
    const room = this.#findRoom(source, standing, caller.hello !== null, nowMs);
    if (room === null) {
      // A session makes room only for who could use it: not for the silent, nor for one address that has its share.
      const isServedNext =
        caller.hello !== null && this.#openOf(source).length < this.#shareOf(source, nowMs);
      return { type: 'wait', slotWanted: isServedNext ? this.#sessionToPark(nowMs) : null };
    }
    if (!this.#pay(source, standing, caller.hello, nowMs)) return { type: 'refuse', reason: 'budget' };
    if (room.evict !== null) this.#places.delete(room.evict);
    this.#places.set(caller.id, {
      id: caller.id,
      source,
      acceptedAtMs: caller.acceptedAtMs,
      stage: caller.hello === null ? 'silent' : 'speaking',
      isLegacy: caller.hello?.type === 'legacy',
      standing,
      stageAtMs: nowMs,
      isContact: false,
      isTalk: false,
      lastActiveMs: nowMs,
      slotWantedAtMs: -Infinity,
    });
    return { type: 'serve', evict: room.evict };
  }

  /** The first bytes of a caller that has a place. `refuse`: it has lost the place again. */
  spoke(id: ConnectionId, hello: Hello, nowMs: number): Verdict {
    const place = this.#places.get(id);
    if (!place) return { type: 'refuse', reason: 'budget' };
    const standing = this.#standingOf(place.source, hello);
    if (!this.#pay(place.source, standing, hello, nowMs)) {
      this.#places.delete(id);
      return { type: 'refuse', reason: 'budget' };
    }
    if (place.stage === 'silent') place.stage = 'speaking';
    place.isLegacy = hello.type === 'legacy';
    place.standing = standing;
    place.stageAtMs = nowMs;
    place.lastActiveMs = nowMs;
    return { type: 'serve', evict: null };
  }

  authenticated(id: ConnectionId, isContact: boolean, isTalk: boolean, nowMs: number): void {
    const place = this.#places.get(id);
    if (!place) return;
    place.stage = 'authenticated';
    place.isContact = isContact;
    place.isTalk = isTalk;
    place.lastActiveMs = nowMs;
  }

  /** Bytes went in or out. */
  active(id: ConnectionId, nowMs: number): void {
    const place = this.#places.get(id);
    if (place) place.lastActiveMs = nowMs;
  }

  /** The connection is gone; its place is free. */
  left(id: ConnectionId): void {
    this.#places.delete(id);
  }

  penalise(address: string, penaltyMs: number, nowMs: number): void {
    this.#penalties.add(sourceKey(address), penaltyMs, isLoopback(address), nowMs);
  }

  /** Whose time is over at `nowMs`. They keep their places until `left`. */
  due(nowMs: number): readonly Due[] {
    return [...this.#places.values()].flatMap((place) => {
      const end = endOf(place);
      return end.atMs <= nowMs ? [{ id: place.id, reason: end.reason }] : [];
    });
  }

  /** When to ask `due` next; `null` while nobody can become due. */
  nextDueMs(): number | null {
    const ends = [...this.#places.values()].map((place) => endOf(place).atMs);
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

  /** Handshakes are paid before any key agreement; an older program asks for none. */
  #pay(source: string, standing: Standing, hello: Hello | null, nowMs: number): boolean {
    if (hello === null || hello.type === 'legacy') return true;
    return this.#budget.take(source, standing, nowMs);
  }

  #findRoom(
    source: string,
    standing: Standing,
    isSpeaking: boolean,
    nowMs: number,
  ): { readonly evict: ConnectionId | null } | null {
    const newcomer = { standing, isSpeaking };
    const open = [...this.#places.values()].filter((place) => place.stage !== 'authenticated');
    const own = this.#openOf(source);
    if (own.length >= this.#shareOf(source, nowMs)) {
      // Its place goes to another of the same address, so nobody else is touched.
      const victim = weakest(own, newcomer, nowMs);
      return victim && this.#fits(standing, victim) ? { evict: victim.id } : null;
    }
    if (this.#fits(standing, null)) return { evict: null };
    const victim = weakest(
      open.filter((place) => this.#fits(standing, place)),
      newcomer,
      nowMs,
    );
    if (victim) return { evict: victim.id };
    if (standing === 'stranger' || !isSpeaking) return null;
    const hog = this.#longestIdle((place) => {
      const patienceMs = place.isTalk ? limits.talkGiveWayMs : limits.strangerIdleForContactMs;
      return isStranger(place) && nowMs - place.lastActiveMs >= patienceMs;
    });
    return hog ? { evict: hog.id } : null;
  }

  /** Places of this address that are not authenticated. */
  #openOf(source: string): readonly Place[] {
    return [...this.#places.values()].filter(
      (place) => place.source === source && place.stage !== 'authenticated',
    );
  }

  /** How many of them it may hold. */
  #shareOf(source: string, nowMs: number): number {
    return limits.unauthenticatedPerAddressMax - (this.#penalties.isIn(source, nowMs) ? 1 : 0);
  }

  /** Is there room for such a caller once `leaving` is gone? */
  #fits(standing: Standing, leaving: Place | null): boolean {
    const others = [...this.#places.values()].filter((place) => place !== leaving);
    if (others.length >= this.#connectionsMax) return false;
    return standing !== 'stranger' || others.filter(isStranger).length < this.#strangersMax;
  }

  #sessionToPark(nowMs: number): ConnectionId | null {
    const place = this.#longestIdle(
      (each) =>
        nowMs - each.slotWantedAtMs >= limits.slotWantedEveryMs &&
        (!each.isTalk || nowMs - each.lastActiveMs >= limits.talkGiveWayMs),
    );
    if (!place) return null;
    place.slotWantedAtMs = nowMs;
    return place.id;
  }

  #longestIdle(isWanted: (place: Place) => boolean): Place | null {
    const sessions = [...this.#places.values()].filter((place) => place.stage === 'authenticated');
    return sessions.filter(isWanted).toSorted((a, b) => a.lastActiveMs - b.lastActiveMs)[0] ?? null;
  }
}

const isStranger = (place: Place): boolean =>
  place.stage === 'authenticated' ? !place.isContact : place.standing === 'stranger';

function endOf(place: Place): { readonly atMs: number; readonly reason: Due['reason'] } {
  if (place.stage !== 'authenticated')
    return { atMs: place.acceptedAtMs + limits.handshakeDeadlineMs, reason: 'deadline' };
  const idleMs = place.isTalk ? limits.talkIdleMs : limits.strangerIdleMs;
  const atMs = place.isContact ? Infinity : place.lastActiveMs + idleMs;
  return { atMs, reason: 'idle' };
}

interface Newcomer {
  readonly standing: Standing;
  readonly isSpeaking: boolean;
}

/** Of the unauthenticated `places` the one to give way: the silent first, then from the address with most, the oldest. */
function weakest(places: readonly Place[], newcomer: Newcomer, nowMs: number): Place | null {
  const held = new Map<string, number>();
  for (const place of places) held.set(place.source, (held.get(place.source) ?? 0) + 1);
  const heldBy = (place: Place): number => held.get(place.source) ?? 0;
  const candidates = places.filter((place) => nowMs - place.stageAtMs >= protectedMs(place, newcomer));
  const rank = (a: Place, b: Place): number =>
    Number(b.stage === 'silent') - Number(a.stage === 'silent') ||
    heldBy(b) - heldBy(a) ||
    a.acceptedAtMs - b.acceptedAtMs;
  return candidates.toSorted(rank)[0] ?? null;
}

/** For how long since its last step a place is safe from this newcomer. */
function protectedMs(place: Place, newcomer: Newcomer): number {
  if (place.standing === 'ticket') return limits.ticketProtectedMs;
  if (place.isLegacy) return limits.handshakeDeadlineMs;
  if (newcomer.standing === 'ticket') return 0;
  if (place.stage === 'silent')
    return newcomer.isSpeaking ? limits.silentProtectedMs : limits.silentAmongSilentProtectedMs;
  if (!newcomer.isSpeaking) return Infinity;
  return newcomer.standing === 'known' && place.standing === 'stranger' ? 0 : limits.speakingProtectedMs;
}
