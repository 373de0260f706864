/**
 * The places for accepted connections: what is known of who holds one, how long it may, and to whom it gives way. Pure;
 * times are monotonic ms.
 */
import type { ConnectionId } from '../ids.js';
import { admission as limits } from './limits.js';
import { wireV1 } from '../wire/limits.js';
import type { Standing } from './budget.js';
import type { Hello } from './first-bytes.js';

/** What a connection is for, once it is authenticated. */
export type Carries =
  | 'session'
  /** One message of an older program, which is on its way. */
  | 'message'
  /** One message of an older program whose user types it now, as far as anybody can tell. */
  | 'typed-message'
  /** A talk with an older program, which cannot be resumed once it has given way. */
  | 'talk';

export interface Place {
  readonly id: ConnectionId;
  readonly source: string;
  readonly acceptedAtMs: number;
  readonly takenAtMs: number;
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

/** Who asks for a place. */
export interface Newcomer {
  readonly source: string;
  readonly standing: Standing;
  /** `null`: silent so far. */
  readonly hello: Hello | null;
}

/** A connection whose time is over. */
export interface Due {
  readonly id: ConnectionId;
  readonly reason: 'deadline' | 'idle';
}

/** All places that are taken. */
export class Places {
  readonly #taken = new Map<ConnectionId, Place>();
  readonly #max: number;
  readonly #strangersMax: number;

  constructor(max: number) {
    this.#max = max;
    this.#strangersMax = max - (max > limits.reservedConnections ? limits.reservedConnections : 0);
  }

  get count(): number {
    return this.#taken.size;
  }

  get #strangers(): number {
    return this.all.filter(isStranger).length;
  }

  get all(): readonly Place[] {
    return [...this.#taken.values()];
  }

  get(id: ConnectionId): Place | undefined {
    return this.#taken.get(id);
  }

  add(place: Place): void {
    this.#taken.set(place.id, place);
  }

  delete(id: ConnectionId): void {
    this.#taken.delete(id);
  }

  /** Is there room for such a caller? */
  hasRoom(standing: Standing): boolean {
    return this.count < this.#max && (standing !== 'stranger' || this.#strangers < this.#strangersMax);
  }

  /** Those of which any one could be given to such a caller. */
  usefulTo(standing: Standing): readonly Place[] {
    if (standing !== 'stranger' || this.#strangers < this.#strangersMax) return this.all;
    return this.#strangers > this.#strangersMax ? [] : this.all.filter(isStranger);
  }

  /** Those of older programs at this address, whatever they have come to. */
  legacyAt(source: string): readonly Place[] {
    return this.all.filter((place) => place.isLegacy && place.source === source);
  }

  /** Those at this address that are not authenticated. */
  openAt(source: string): readonly Place[] {
    return this.all.filter((place) => place.source === source && isOpen(place));
  }

  /** Those of older programs that this newcomer may hope for: not its own address', for the next one there. */
  legacyFor({ source, hello }: Newcomer): readonly Place[] {
    const isOlder = hello?.type === 'legacy';
    return this.all.filter((place) => place.isLegacy && !(isOlder && place.source === source));
  }

  /** Of authenticated connections. */
  longestIdle(isWanted: (place: Place) => boolean): Place | null {
    return longestSilent(this.all.filter((place) => place.stage === 'authenticated' && isWanted(place)));
  }
}

export const isOpen = (place: Place): boolean => place.stage !== 'authenticated';

export const longestSilent = (places: readonly Place[]): Place | null =>
  places.toSorted((a, b) => a.lastActiveMs - b.lastActiveMs)[0] ?? null;

export const isStranger = (place: Place): boolean =>
  place.stage === 'authenticated' ? !place.isContact : place.standing === 'stranger';

/** When its time is over, whoever else wants its place. */
export function endOf(place: Place): { readonly atMs: number; readonly reason: Due['reason'] } {
  const { stage, stageAtMs, acceptedAtMs, lastActiveMs, isContact, isLegacy, carries } = place;
  // An older program may have waited long for its place, unread: that was not its time.
  if (stage !== 'authenticated')
    return { atMs: (isLegacy ? stageAtMs : acceptedAtMs) + wireV1.handshakeDeadlineMs, reason: 'deadline' };
  if (isContact) return { atMs: Infinity, reason: 'idle' };
  if (carries === 'talk') return { atMs: lastActiveMs + limits.foreignIdleMs, reason: 'idle' };
  if (carries === 'typed-message') return { atMs: stageAtMs + limits.typedDeadlineMs, reason: 'idle' };
  if (!isLegacy) return { atMs: lastActiveMs + limits.strangerIdleMs, reason: 'idle' };
  const atMs = Math.min(lastActiveMs + limits.messageIdleMs, stageAtMs + limits.messageDeadlineMs);
  return { atMs, reason: 'idle' };
}

/** From when on what waits for a person gives way to who wants its place; `null`: it waits for nobody. */
export function givesWayAtMs({ carries, hasSpoken, lastActiveMs, stageAtMs }: Place): number | null {
  if (carries === 'talk')
    return lastActiveMs + (hasSpoken ? limits.foreignGiveWayMs : limits.foreignUnspokenGiveWayMs);
  // From its key on: single letters must not hold a place for ever.
  return carries === 'typed-message' ? stageAtMs + limits.typedGiveWayMs : null;
}

/** Of the unauthenticated `places` the one to give way: the silent first, then from the address with most, the oldest. */
export function weakest(places: readonly Place[], newcomer: Newcomer, nowMs: number): Place | null {
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

/** For how long since its last step an unauthenticated place is safe from this newcomer. */
export function protectedMs(place: Place, newcomer: Newcomer): number {
  if (place.standing === 'ticket') return limits.ticketProtectedMs;
  if (place.isLegacy) return wireV1.handshakeDeadlineMs;
  if (newcomer.standing === 'ticket') return 0;
  if (place.stage === 'silent')
    return newcomer.hello === null ? limits.silentAmongSilentProtectedMs : limits.silentProtectedMs;
  if (newcomer.hello === null) return Infinity;
  return newcomer.standing === 'known' && place.standing === 'stranger' ? 0 : limits.speakingProtectedMs;
}
