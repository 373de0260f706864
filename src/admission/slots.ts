/**
 * The slots for accepted connections: what is known of who holds one, how long it may, and to whom it gives way. Pure;
 * times are monotonic ms.
 */
import type { ConnectionId } from '../ids.js';
import { admission as limits } from './limits.js';
import { wireV1 } from '../wire/limits.js';
import type { Standing } from './budget.js';
import type { Carries } from '../dialects/dialect.js';
import type { Hello } from './first-bytes.js';

export interface Slot {
  readonly id: ConnectionId;
  readonly source: string;
  readonly acceptedAtMs: number;
  readonly takenAtMs: number;
  stage: 'silent' | 'speaking' | 'authenticated';
  /** An older program, which has no way to try again: its message is let through once it has begun. */
  isForeign: boolean;
  standing: Standing;
  /** When it came to this stage; of the first one, when it was given its slot. */
  stageAtMs: number;
  isContact: boolean;
  carries: Carries;
  /** Something was said on it, by whichever side. */
  hasSpoken: boolean;
  lastActiveMs: number;
  slotWantedAtMs: number;
}

/** Who asks for a slot. */
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

/** All slots that are taken. */
export class Slots {
  readonly #taken = new Map<ConnectionId, Slot>();
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

  get all(): readonly Slot[] {
    return [...this.#taken.values()];
  }

  get(id: ConnectionId): Slot | undefined {
    return this.#taken.get(id);
  }

  add(slot: Slot): void {
    this.#taken.set(slot.id, slot);
  }

  delete(id: ConnectionId): void {
    this.#taken.delete(id);
  }

  /** Is there room for such a caller? */
  hasRoom(standing: Standing): boolean {
    return this.count < this.#max && (standing !== 'stranger' || this.#strangers < this.#strangersMax);
  }

  /** Those of which any one could be given to such a caller. */
  usefulTo(standing: Standing): readonly Slot[] {
    if (standing !== 'stranger' || this.#strangers < this.#strangersMax) return this.all;
    return this.#strangers > this.#strangersMax ? [] : this.all.filter(isStranger);
  }

  /** Those of older programs at this address, whatever they have come to. */
  foreignAt(source: string): readonly Slot[] {
    return this.all.filter((slot) => slot.isForeign && slot.source === source);
  }

  /** Those at this address that are not authenticated. */
  openAt(source: string): readonly Slot[] {
    return this.all.filter((slot) => slot.source === source && isOpen(slot));
  }

  /** Those of older programs that this newcomer may hope for: not its own address', for the next one there. */
  foreignFor({ source, hello }: Newcomer): readonly Slot[] {
    const isOlder = hello?.type === 'foreign';
    return this.all.filter((slot) => slot.isForeign && !(isOlder && slot.source === source));
  }

  /** Of authenticated connections. */
  longestIdle(isWanted: (slot: Slot) => boolean): Slot | null {
    return longestSilent(this.all.filter((slot) => slot.stage === 'authenticated' && isWanted(slot)));
  }
}

export const isOpen = (slot: Slot): boolean => slot.stage !== 'authenticated';

export const longestSilent = (slots: readonly Slot[]): Slot | null =>
  slots.toSorted((a, b) => a.lastActiveMs - b.lastActiveMs)[0] ?? null;

export const isStranger = (slot: Slot): boolean =>
  slot.stage === 'authenticated' ? !slot.isContact : slot.standing === 'stranger';

/** When its time is over, whoever else wants its slot. */
export function endOf(slot: Slot): { readonly atMs: number; readonly reason: Due['reason'] } {
  const { stage, stageAtMs, acceptedAtMs, lastActiveMs, isContact, isForeign, carries } = slot;
  // An older program may have waited long for its slot, unread: that was not its time.
  if (stage !== 'authenticated')
    return { atMs: (isForeign ? stageAtMs : acceptedAtMs) + wireV1.handshakeDeadlineMs, reason: 'deadline' };
  if (isContact) return { atMs: Infinity, reason: 'idle' };
  if (carries === 'talk') return { atMs: lastActiveMs + limits.foreignIdleMs, reason: 'idle' };
  if (carries === 'typed-message') return { atMs: stageAtMs + limits.typedDeadlineMs, reason: 'idle' };
  if (!isForeign) return { atMs: lastActiveMs + limits.strangerIdleMs, reason: 'idle' };
  const atMs = Math.min(lastActiveMs + limits.messageIdleMs, stageAtMs + limits.messageDeadlineMs);
  return { atMs, reason: 'idle' };
}

/** From when on what waits for a person gives way to who wants its slot; `null`: it waits for nobody. */
export function givesWayAtMs({ carries, hasSpoken, lastActiveMs, stageAtMs }: Slot): number | null {
  if (carries === 'talk')
    return lastActiveMs + (hasSpoken ? limits.foreignGiveWayMs : limits.foreignUnspokenGiveWayMs);
  // From its key on: single letters must not hold a slot for ever.
  return carries === 'typed-message' ? stageAtMs + limits.typedGiveWayMs : null;
}

/** Of the unauthenticated `slots` the one to give way: the silent first, then from the address with most, the oldest. */
export function weakest(slots: readonly Slot[], newcomer: Newcomer, nowMs: number): Slot | null {
  const held = new Map<string, number>();
  for (const slot of slots) held.set(slot.source, (held.get(slot.source) ?? 0) + 1);
  const heldBy = (slot: Slot): number => held.get(slot.source) ?? 0;
  const candidates = slots.filter((slot) => nowMs - slot.stageAtMs >= protectedMs(slot, newcomer));
  const rank = (a: Slot, b: Slot): number =>
    Number(b.stage === 'silent') - Number(a.stage === 'silent') ||
    heldBy(b) - heldBy(a) ||
    a.acceptedAtMs - b.acceptedAtMs;
  return candidates.toSorted(rank)[0] ?? null;
}

/** For how long since its last step an unauthenticated slot is safe from this newcomer. */
export function protectedMs(slot: Slot, newcomer: Newcomer): number {
  if (slot.standing === 'ticket') return limits.ticketProtectedMs;
  if (slot.isForeign) return wireV1.handshakeDeadlineMs;
  if (newcomer.standing === 'ticket') return 0;
  if (slot.stage === 'silent')
    return newcomer.hello === null ? limits.silentAmongSilentProtectedMs : limits.silentProtectedMs;
  if (newcomer.hello === null) return Infinity;
  return newcomer.standing === 'known' && slot.standing === 'stranger' ? 0 : limits.speakingProtectedMs;
}
