/**
 * Who gets one of the few places for accepted connections. Pure: no socket, and the clock (monotonic ms) is passed in.
 *
 * A caller asks for a place when it was accepted, again once its first bytes are known and, while it waits, whenever a
 * place got free. Silent callers give way to those that speak, strangers to contacts, and an address that holds many
 * places to one that holds few; nobody who is authenticated gives way to one who is not, except that a contact may
 * take the place of a stranger with nothing to say. Spec: design.md *Transport*, faults.md section 4 *Admission*.
 *
 * An older program proves nothing, so what it is given is little: a connection that carries one message ends soon after
 * it, and of one address' places those beyond `legacyPerAddressMax` are for whoever else wants them. While somebody
 * does, no further one is given to it, or a host that opens connections faster than others ask would hold them all.
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

/** What a connection is for, once it is authenticated. */
export type Carries =
  | 'session'
  /** One message of an older program, which is on its way. */
  | 'message'
  /** One message of an older program whose user types it now, as far as anybody can tell. */
  | 'typed-message'
  /** A talk with an older program, which cannot be resumed once it has given way. */
  | 'talk';

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
  /** When it came to this stage; of the first one, when it was given its place. */
  stageAtMs: number;
  isContact: boolean;
  carries: Carries;
  /** Something was said on it, by whichever side. */
  hasSpoken: boolean;
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
  /** The two addresses that were last told to wait, the later one last: of two, one is another than who asks. */
  readonly #waited = new Map<string, number>();

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
    const room = this.#findRoom({ source, standing, hello: caller.hello }, nowMs);
    if (room === null) {
      if (caller.hello !== null) this.#noteWaiting(source, nowMs);
      // A session makes room only for who could use it: not for the silent, nor for one address that has its share.
      const isServedNext = caller.hello !== null && !this.#hasShare(source, caller.hello, nowMs);
      return { type: 'wait', slotWanted: isServedNext ? this.#sessionToPark(standing, nowMs) : null };
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
      carries: 'session',
      hasSpoken: false,
      lastActiveMs: nowMs,
      slotWantedAtMs: -Infinity,
    });
    return { type: 'serve', evict: room.evict };
  }

  /** Does one address hold more than its share for older programs, so that within `legacyProtectedMs` one gets free? */
  isPlaceComing(nowMs: number): boolean {
    return this.#beyondShare().some((place) => nowMs - place.stageAtMs < limits.legacyProtectedMs);
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

  #findRoom(newcomer: Newcomer, nowMs: number): { readonly evict: ConnectionId | null } | null {
    const { source, standing, hello } = newcomer;
    if (hello?.type !== 'full' && hello?.type !== 'resume' && this.#isCrowding(source, nowMs)) {
      // Beyond its share it is given nothing, not even for another of its own: those places are to get free.
      const isAtShare = this.#legacyOf(source).length === limits.legacyPerAddressMax;
      return hello !== null && isAtShare ? this.#ownPlace(newcomer, nowMs) : null;
    }
    const own = this.#openOf(source);
    if (own.length >= this.#shareOf(source, nowMs)) {
      // Its place goes to another of the same address, so nobody else is touched.
      const victim = weakest(own, newcomer, nowMs);
      return victim && this.#fits(standing, victim) ? { evict: victim.id } : null;
    }
    if (this.#fits(standing, null)) return { evict: null };
    const open = [...this.#places.values()].filter((place) => place.stage !== 'authenticated');
    const victim = weakest(
      open.filter((place) => this.#fits(standing, place)),
      newcomer,
      nowMs,
    );
    if (victim) return { evict: victim.id };
    if (hello === null) return null;
    // A message gets the time to come.
    const ripe = this.#beyondShare().filter((place) => nowMs - place.stageAtMs >= limits.legacyProtectedMs);
    const crowder = this.#longestSilent(ripe, standing);
    if (crowder) return { evict: crowder.id };
    if (standing === 'stranger') return hello.type === 'legacy' ? this.#ownPlace(newcomer, nowMs) : null;
    const hog = this.#longestIdle((place) => {
      const givesWayMs = givesWayAtMs(place) ?? place.lastActiveMs + limits.strangerIdleForContactMs;
      return isStranger(place) && nowMs >= givesWayMs;
    });
    return hog ? { evict: hog.id } : null;
  }

  /** Has an address enough places for older programs, while another one waits for any? */
  #isCrowding(source: string, nowMs: number): boolean {
    if (this.#legacyOf(source).length < limits.legacyPerAddressMax) return false;
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
    const own = this.#legacyOf(source);
    if (own.length < limits.legacyPerAddressMax) return null;
    const victim = this.#longestSilent(
      own.filter((place) => {
        const sinceMs = Math.max(place.lastActiveMs, place.stageAtMs);
        return nowMs >= (givesWayAtMs(place) ?? sinceMs + limits.legacyProtectedMs);
      }),
      standing,
    );
    return victim ? { evict: victim.id } : null;
  }

  /** Connections of older programs at addresses that hold more than their share. */
  #beyondShare(): readonly Place[] {
    return [...this.#places.values()].filter(
      ({ isLegacy, source }) => isLegacy && this.#legacyOf(source).length > limits.legacyPerAddressMax,
    );
  }

  /** Whatever they have come to. */
  #legacyOf(source: string): readonly Place[] {
    return [...this.#places.values()].filter((place) => place.isLegacy && place.source === source);
  }

  #longestSilent(places: readonly Place[], standing: Standing): Place | null {
    const fitting = places.filter((place) => this.#fits(standing, place));
    return fitting.toSorted((a, b) => a.lastActiveMs - b.lastActiveMs)[0] ?? null;
  }

  /** Places of this address that are not authenticated. */
  #openOf(source: string): readonly Place[] {
    return [...this.#places.values()].filter(
      (place) => place.source === source && place.stage !== 'authenticated',
    );
  }

  #hasShare(source: string, hello: Hello, nowMs: number): boolean {
    if (this.#openOf(source).length >= this.#shareOf(source, nowMs)) return true;
    return hello.type === 'legacy' && this.#legacyOf(source).length >= limits.legacyPerAddressMax;
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

  #sessionToPark(standing: Standing, nowMs: number): ConnectionId | null {
    const place = this.#longestIdle(
      (each) =>
        // Of no use to a stranger is the place that is kept for contacts.
        this.#fits(standing, each) &&
        nowMs - each.stageAtMs >= limits.sessionSettledMs &&
        nowMs - each.slotWantedAtMs >= limits.slotWantedEveryMs &&
        // What carries one message ends by itself, and cannot come back to say it.
        nowMs >= (givesWayAtMs(each) ?? (each.isLegacy ? Infinity : -Infinity)),
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
  const { stage, stageAtMs, acceptedAtMs, lastActiveMs, isContact, isLegacy, carries } = place;
  // An older program may have waited long for its place, unread: that was not its time.
  if (stage !== 'authenticated')
    return { atMs: (isLegacy ? stageAtMs : acceptedAtMs) + limits.handshakeDeadlineMs, reason: 'deadline' };
  if (isContact) return { atMs: Infinity, reason: 'idle' };
  if (carries === 'talk') return { atMs: lastActiveMs + limits.talkIdleMs, reason: 'idle' };
  if (carries === 'typed-message') return { atMs: stageAtMs + limits.typedDeadlineMs, reason: 'idle' };
  if (!isLegacy) return { atMs: lastActiveMs + limits.strangerIdleMs, reason: 'idle' };
  const atMs = Math.min(lastActiveMs + limits.messageIdleMs, stageAtMs + limits.messageDeadlineMs);
  return { atMs, reason: 'idle' };
}

/** From when on what waits for a person gives way to who wants its place; `null`: it waits for nobody. */
function givesWayAtMs({ carries, hasSpoken, lastActiveMs, stageAtMs }: Place): number | null {
  if (carries === 'talk')
    return lastActiveMs + (hasSpoken ? limits.talkGiveWayMs : limits.talkUnspokenGiveWayMs);
  // From its key on: single letters must not hold a place for ever.
  return carries === 'typed-message' ? stageAtMs + limits.typedGiveWayMs : null;
}

interface Newcomer {
  readonly source: string;
  readonly standing: Standing;
  /** `null`: silent so far. */
  readonly hello: Hello | null;
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
    return newcomer.hello === null ? limits.silentAmongSilentProtectedMs : limits.silentProtectedMs;
  if (newcomer.hello === null) return Infinity;
  return newcomer.standing === 'known' && place.standing === 'stranger' ? 0 : limits.speakingProtectedMs;
}
