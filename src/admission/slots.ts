/**
 * The slots for accepted connections: the holder of each slot, the end of its time, and the callers that it gives way
 * to. Pure; times are monotonic ms.
 */
import type { ConnectionId } from '../ids.js';
import { admission as limits } from './limits.js';
import { wireV1 } from '../wire/limits.js';
import type { Standing } from './budget.js';
import type { Carries } from '../dialects/dialect.js';
import type { Hello } from './first-bytes.js';

/** A slot and the connection that holds it. */
export interface Slot {
  readonly id: ConnectionId;
  readonly source: string;
  readonly acceptedAtMs: number;
  readonly takenAtMs: number;
  stage: 'silent' | 'speaking' | 'authenticated';
  /** Whether an older program holds it, which cannot try again: its message is let through once it has begun. */
  isForeign: boolean;
  /** Time from its accept for which it may be silent, ms. */
  readonly silentMs: number;
  /** The first bytes of an older program: none is here, they wait for this node, or this node has read them. */
  firstBytes: 'awaited' | 'unread' | 'read';
  standing: Standing;
  /** Whether it resumes with a ticket that is unknown here: a few words answer it, which tell nothing of the machine. */
  isCheap: boolean;
  /** Time at which it entered this stage; for the first stage, the time at which it got its slot. */
  stageAtMs: number;
  isContact: boolean;
  carries: Carries;
  /** Whether either side has sent anything. */
  hasSpoken: boolean;
  /** Whether this node has sent anything: its user takes part in the conversation. */
  isAnswered: boolean;
  lastActiveMs: number;
  slotWantedAtMs: number;
  /** Time since which this node works on the first message of a native caller; null: it works on none. */
  workSinceMs: number | null;
  /** Time that this node took for the answer, ms; 0: not answered. */
  workedMs: number;
  /** Time after its last step for which a caller that speaks keeps its slot. */
  restMs: number;
}

/** A caller that asks for a slot. */
export interface Newcomer {
  readonly source: string;
  readonly standing: Standing;
  /** First bytes of the caller; `null`: it is silent so far. */
  readonly hello: Hello | null;
}

/** Makes the slot of a caller that has just got it. */
export const newSlot = (
  { id, source, standing, hello }: Newcomer & Pick<Slot, 'id'>,
  { carries, silentMs, acceptedAtMs }: Pick<Slot, 'carries' | 'silentMs' | 'acceptedAtMs'>,
  nowMs: number,
): Slot => ({
  id,
  source,
  acceptedAtMs,
  silentMs,
  takenAtMs: nowMs,
  stage: hello === null ? 'silent' : 'speaking',
  isForeign: hello?.type === 'foreign',
  firstBytes: 'awaited',
  standing,
  isCheap: isCheap(hello, standing),
  stageAtMs: nowMs,
  isContact: false,
  carries,
  hasSpoken: false,
  isAnswered: false,
  lastActiveMs: nowMs,
  slotWantedAtMs: -Infinity,
  workSinceMs: null,
  workedMs: 0,
  restMs: limits.speakingProtectedMs,
});

const isCheap = (hello: Hello | null, standing: Standing): boolean =>
  hello?.type === 'resume' && standing !== 'ticket';

/** Notes the first bytes of a caller that had a slot before they came. */
export function noteHello(
  slot: Slot,
  { hello, standing, carries }: Pick<Slot, 'standing' | 'carries'> & { readonly hello: Hello },
  nowMs: number,
): void {
  if (slot.stage === 'silent') slot.stage = 'speaking';
  slot.isForeign = hello.type === 'foreign';
  slot.firstBytes = 'unread';
  slot.carries = carries;
  slot.standing = standing;
  slot.isCheap = isCheap(hello, standing);
  slot.stageAtMs = nowMs;
  slot.lastActiveMs = nowMs;
}

/** Notes that the first bytes of an older program are here, or that this node has read them: its time starts again. */
export function noteFirstBytes(slot: Slot | undefined, state: 'unread' | 'read', nowMs: number): void {
  if (slot?.firstBytes !== (state === 'unread' ? 'awaited' : 'unread')) return;
  slot.firstBytes = state;
  if (slot.isForeign && isOpen(slot)) slot.stageAtMs = nowMs;
}

/** Whether an older program has sent bytes that this node has not read yet: until then only this node is slow. */
export const isUnread = (slot: Slot): boolean =>
  slot.isForeign && isOpen(slot) && slot.firstBytes === 'unread';

/** A connection whose time is over. */
export interface Due {
  readonly id: ConnectionId;
  /** `deadline`: the caller took too long. `own-delay`: this node did, so the caller is not penalised. */
  readonly reason: 'deadline' | 'own-delay' | 'idle';
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

  /** The number of handshakes that this node works on. */
  get working(): number {
    return this.all.filter(({ workSinceMs }) => workSinceMs !== null).length;
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

  /** The number of slots that strangers may use. */
  get strangersMax(): number {
    return this.#strangersMax;
  }

  /** Whether a slot is free for a caller. */
  hasRoom({ standing, hello }: Pick<Newcomer, 'standing' | 'hello'>): boolean {
    if (this.count >= this.#max) return false;
    if (standing !== 'stranger' || this.#strangers < this.#strangersMax) return true;
    return hello?.type === 'foreign' && this.#isLendable();
  }

  /**
   * Whether the reserved slot may be lent: foreign programs hold all others for as long as their users type. Five of
   * them are to be served at a time, and no other slot becomes free soon.
   */
  #isLendable(): boolean {
    return this.#strangers === this.#strangersMax && this.all.filter(isStranger).every(isHeldByUser);
  }

  /** Returns the slots that a contact may take at once while the reserved slot is lent to a stranger. */
  lent(): readonly Slot[] {
    return this.#strangers > this.#strangersMax ? this.all.filter(isStranger) : [];
  }

  /** Returns the slots that a caller of this standing could use if they were free. */
  usefulTo(standing: Standing): readonly Slot[] {
    if (standing !== 'stranger' || this.#strangers < this.#strangersMax) return this.all;
    return this.all.filter(isStranger);
  }

  /** Returns the slots of older programs at this address, in any stage. */
  foreignAt(source: string): readonly Slot[] {
    return this.all.filter((slot) => slot.isForeign && slot.source === source);
  }

  /** Returns the slots at this address that are not authenticated. */
  openAt(source: string): readonly Slot[] {
    return this.all.filter((slot) => slot.source === source && isOpen(slot));
  }

  /**
   * Returns the slots of older programs that the newcomer may take over. One older program takes none of its own
   * address here.
   */
  foreignFor({ source, hello }: Newcomer): readonly Slot[] {
    const isOlder = hello?.type === 'foreign';
    return this.all.filter((slot) => slot.isForeign && !(isOlder && slot.source === source));
  }

  /** Returns the wanted authenticated slot that was idle for longest. */
  longestIdle(isWanted: (slot: Slot) => boolean): Slot | null {
    return longestSilent(this.all.filter((slot) => slot.stage === 'authenticated' && isWanted(slot)));
  }
}

/** Whether the user of an older program types its message, or talks. */
const isHeldByUser = ({ stage, isForeign, carries }: Slot): boolean =>
  isForeign && stage === 'authenticated' && (carries === 'typed-message' || carries === 'conversation');

/** Whether a conversation was asked to end. Its program cannot be asked to come back, so it is asked once. */
export const isAskedToEnd = ({ carries, slotWantedAtMs }: Slot): boolean =>
  carries === 'conversation' && Number.isFinite(slotWantedAtMs);

/** Whether the connection is not authenticated yet. */
export const isOpen = (slot: Slot): boolean => slot.stage !== 'authenticated';

/** Returns the time from which on an authenticated stranger gives way to a contact. */
export const forContactAtMs = (slot: Slot): number =>
  preemptibleAtMs(slot) ?? slot.lastActiveMs + limits.strangerIdleForContactMs;

/** Returns the slot with the oldest activity. */
export const longestSilent = (slots: readonly Slot[]): Slot | null =>
  slots.toSorted((a, b) => a.lastActiveMs - b.lastActiveMs)[0] ?? null;

/** Whether the connection counts against the slots of strangers. */
export const isStranger = (slot: Slot): boolean =>
  slot.stage === 'authenticated' ? !slot.isContact : slot.standing === 'stranger';

/** Returns the time at which a connection has to end, whether or not another caller wants its slot. */
export function endOf(slot: Slot): { readonly atMs: number; readonly reason: Due['reason'] } {
  const { stage, stageAtMs, acceptedAtMs, lastActiveMs, isContact, isForeign, carries } = slot;
  // The time of an older program starts when its first bytes are read, since it may have waited long before.
  if (isUnread(slot)) return { atMs: stageAtMs + limits.unreadMostMs, reason: 'own-delay' };
  if (stage !== 'authenticated') {
    const ofNativeMs = acceptedAtMs + (stage === 'silent' ? slot.silentMs : wireV1.handshakeDeadlineMs);
    const atMs = isForeign ? stageAtMs + limits.foreignOpeningMs : ofNativeMs;
    const ownMs = slot.workSinceMs === null ? slot.workedMs : atMs - slot.workSinceMs;
    return { atMs, reason: ownMs > limits.answerQuickMs ? 'own-delay' : 'deadline' };
  }
  if (isContact) return { atMs: Infinity, reason: 'idle' };
  if (carries === 'conversation') {
    const leftAtMs = isAskedToEnd(slot) ? slot.slotWantedAtMs + limits.conversationEndMs : Infinity;
    return { atMs: Math.min(leftAtMs, lastActiveMs + limits.foreignIdleMs), reason: 'idle' };
  }
  if (carries === 'typed-message') return { atMs: stageAtMs + limits.typedDeadlineMs, reason: 'idle' };
  if (!isForeign) return { atMs: lastActiveMs + limits.strangerIdleMs, reason: 'idle' };
  const atMs = Math.min(lastActiveMs + limits.messageIdleMs, stageAtMs + limits.messageDeadlineMs);
  return { atMs, reason: 'idle' };
}

/**
 * Returns the time (ms) from which a connection that waits for a typing person gives way to others; `null`: it does
 * not wait for one.
 */
export function preemptibleAtMs({ carries, hasSpoken, lastActiveMs, stageAtMs }: Slot): number | null {
  if (carries === 'conversation')
    return lastActiveMs + (hasSpoken ? limits.foreignPreemptibleAfterMs : limits.unspokenPreemptibleAfterMs);
  // Counted from its key exchange, since single letters must not hold a slot for ever.
  return carries === 'typed-message' ? stageAtMs + limits.typedPreemptibleAfterMs : null;
}

/**
 * Returns the unauthenticated slot that gives way: a silent one first, then the oldest of the address with most
 * slots.
 */
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

/** Returns the time in ms after its last stage for which an unauthenticated slot is safe from this newcomer. */
export function protectedMs(slot: Slot, newcomer: Newcomer): number {
  if (slot.standing === 'ticket') return limits.ticketProtectedMs;
  if (slot.isForeign) return isUnread(slot) ? Infinity : wireV1.handshakeDeadlineMs;
  // A resume is cheap, so it goes before the handshake of a stranger, and never before that of a known address.
  if (newcomer.standing === 'ticket' && slot.standing === 'stranger') return 0;
  // A handshake that is given up halfway has cost its work for nothing.
  if (slot.workSinceMs !== null && !isContactBeforeStranger(slot, newcomer))
    return wireV1.handshakeDeadlineMs;
  if (slot.stage === 'silent')
    return newcomer.hello === null ? limits.silentAmongSilentProtectedMs : limits.silentProtectedMs;
  if (newcomer.hello === null) return Infinity;
  return isContactBeforeStranger(slot, newcomer) ? 0 : slot.restMs;
}

const isContactBeforeStranger = (slot: Slot, newcomer: Newcomer): boolean =>
  newcomer.standing === 'known' && slot.standing === 'stranger';
