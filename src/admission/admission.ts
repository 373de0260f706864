/**
 * Who gets one of the few slots for accepted connections. Pure: no socket, and the clock (monotonic ms) is passed in.
 *
 * A caller asks for a slot when it was accepted, again once its first bytes are known and, while it waits, whenever a
 * slot got free. Silent callers give way to those that speak, strangers to contacts, and an address that holds many
 * slots to one that holds few; nobody who is authenticated gives way to one who is not, except that a contact may
 * take the slot of a stranger with nothing to say. Spec: design.md *Transport*, faults.md section 4 *Admission*.
 *
 * An older program proves nothing, so what it is given is little: a connection that carries one message ends soon after
 * it, and an address that wants more than `foreignPerAddressMax` slots at once has none of them for longer than one
 * message takes while somebody else waits. Nor is it given a further one then, or a host that opens connections faster
 * than others ask would hold them all. What can be had goes by turns, see `admission-turns.ts`.
 */
import type { ConnectionId } from '../ids.js';
import type { Carries } from '../dialects/dialect.js';
import { admission as limits } from './limits.js';
import { HandshakeBudget, Penalties, type Standing } from './budget.js';
import {
  endOf,
  givesWayAtMs,
  isOpen,
  isStranger,
  longestSilent,
  Slots,
  protectedMs,
  weakest,
  type Due,
  type Newcomer,
  type Slot,
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
  /** It has a slot now. Whoever holds the slot `evict` must be gone first. */
  | { readonly type: 'serve'; readonly evict: ConnectionId | null }
  /**
   * No slot now; ask again when one gets free. `slotWanted`: ask that session to park. `first`: whose turn it is to
   * have what is there; once it has, or has not, taken it, ask again.
   */
  | { readonly type: 'wait'; readonly slotWanted: ConnectionId | null; readonly first: ConnectionId | null }
  | { readonly type: 'refuse'; readonly reason: 'penalty' | 'budget' };

export interface AdmissionOptions {
  readonly connectionsMax: number;
  readonly nowMs: number;
}

export class Admission {
  readonly #slots: Slots;
  readonly #budget: HandshakeBudget;
  readonly #penalties = new Penalties();
  readonly #turns = new Turns();
  #knownSources: ReadonlySet<string> = new Set();
  #knownTickets: ReadonlySet<string> = new Set();
  /** The two addresses that were last told to wait, the later one last: of two, one is another than who asks. */
  readonly #waited = new Map<string, number>();

  constructor(options: AdmissionOptions) {
    this.#slots = new Slots(options.connectionsMax);
    this.#budget = new HandshakeBudget(options.nowMs);
  }

  get taken(): number {
    return this.#slots.count;
  }

  /** Replaces what was known. More than the bounds allow: the first ones count. */
  know(addresses: readonly string[], ticketIds: readonly string[]): void {
    this.#knownSources = new Set(addresses.slice(0, limits.knownAddressesMax).map(sourceKey));
    this.#knownTickets = new Set(ticketIds.slice(0, limits.knownTicketsMax));
  }

  /** A caller without a slot asks for one. Who is told to wait does so until it is served, refused or has left. */
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
   * Is it worth waiting for a moment? So it is for as many as there are slots that get free within
   * `foreignProtectedMs`, in turn.
   */
  isSlotComing(caller: Caller, nowMs: number): boolean {
    const newcomer = this.#newcomer(caller);
    const useful = this.#slots.usefulTo(newcomer.standing);
    const coming = useful.filter((slot) => this.#isComing(slot, newcomer, nowMs));
    // Where one is there already, nothing is lacking but the means for a handshake.
    const count = coming.length + (this.#slots.hasRoom(newcomer.standing) ? 1 : 0);
    return this.#turns.isAmongFirst(caller.id, count);
  }

  /** Who waits, in the order in which they are to ask when a slot got free. */
  inTurn(): readonly ConnectionId[] {
    return this.#turns.inOrder().map(({ id }) => id);
  }

  /** The first bytes of a caller that has a slot. Unless it is served, it has lost the slot again. */
  spoke(id: ConnectionId, hello: Hello, nowMs: number): Verdict {
    const slot = this.#slots.get(id);
    if (!slot) return { type: 'refuse', reason: 'budget' };
    const standing = this.#standingOf(slot.source, hello);
    const payment = this.#pay({ source: slot.source, standing, hello }, nowMs);
    if (payment !== null) {
      this.left(id, nowMs);
      return payment;
    }
    if (slot.stage === 'silent') slot.stage = 'speaking';
    slot.isForeign = hello.type === 'foreign';
    slot.standing = standing;
    slot.stageAtMs = nowMs;
    slot.lastActiveMs = nowMs;
    return { type: 'serve', evict: null };
  }

  authenticated(id: ConnectionId, isContact: boolean, carries: Carries, nowMs: number): void {
    const slot = this.#slots.get(id);
    if (!slot) return;
    if (slot.stage !== 'authenticated' || slot.carries !== carries) slot.stageAtMs = nowMs;
    slot.stage = 'authenticated';
    slot.isContact = isContact;
    slot.carries = carries;
    slot.lastActiveMs = nowMs;
  }

  /** Bytes went in or out. */
  active(id: ConnectionId, nowMs: number): void {
    const slot = this.#slots.get(id);
    if (!slot) return;
    slot.hasSpoken = true;
    slot.lastActiveMs = nowMs;
  }

  /** The connection is gone; the slot that it had is free. */
  left(id: ConnectionId, nowMs: number): void {
    this.#turns.leaves(id);
    const slot = this.#slots.get(id);
    if (!slot) return;
    this.#slots.delete(id);
    this.#turns.gaveBack(slot.source, nowMs - slot.takenAtMs, nowMs);
  }

  penalise(address: string, penaltyMs: number, nowMs: number): void {
    this.#penalties.add(sourceKey(address), penaltyMs, isLoopback(address), nowMs);
  }

  /** Whose time is over at `nowMs`. They keep their slots until `left`. */
  due(nowMs: number): readonly Due[] {
    return this.#slots.all.flatMap((slot) => {
      const end = endOf(slot);
      return end.atMs <= nowMs ? [{ id: slot.id, reason: end.reason }] : [];
    });
  }

  /** When to ask `due` next; `null` while nobody can become due. */
  nextDueMs(): number | null {
    const ends = this.#slots.all.map((slot) => endOf(slot).atMs);
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
    this.#slots.add({
      id,
      source,
      acceptedAtMs,
      takenAtMs: nowMs,
      stage: hello === null ? 'silent' : 'speaking',
      isForeign: hello?.type === 'foreign',
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
    if (hello === null || hello.type === 'foreign') return 'not-needed';
    return this.#budget.stateOf(source, standing, nowMs);
  }

  #findRoom(newcomer: Newcomer, nowMs: number): { readonly evict: ConnectionId | null } | null {
    const { source, standing, hello } = newcomer;
    if (hello?.type !== 'full' && hello?.type !== 'resume' && this.#isCrowding(source, nowMs)) {
      // Beyond its share it is given nothing, not even for another of its own: those slots are to get free.
      const isAtShare = this.#slots.foreignAt(source).length === limits.foreignPerAddressMax;
      return hello !== null && isAtShare ? this.#ownSlot(newcomer, nowMs) : null;
    }
    const useful = this.#slots.usefulTo(standing);
    const own = this.#slots.openAt(source);
    if (own.length >= this.#shareOf(source, nowMs)) {
      // Its slot goes to another of the same address, so nobody else is touched.
      const victim = weakest(own, newcomer, nowMs);
      return victim && useful.includes(victim) ? { evict: victim.id } : null;
    }
    if (this.#slots.hasRoom(standing)) return { evict: null };
    const victim = weakest(useful.filter(isOpen), newcomer, nowMs);
    if (victim) return { evict: victim.id };
    if (hello === null) return null;
    // A message gets the time to come.
    const older = this.#slots.foreignFor(newcomer).filter((slot) => useful.includes(slot));
    const crowder = longestSilent(older.filter((slot) => nowMs >= this.#ripeAtMs(slot)));
    if (crowder) return { evict: crowder.id };
    if (standing === 'stranger') return hello.type === 'foreign' ? this.#ownSlot(newcomer, nowMs) : null;
    const hog = this.#slots.longestIdle((slot) => {
      const givesWayMs = givesWayAtMs(slot) ?? slot.lastActiveMs + limits.strangerIdleForContactMs;
      return isStranger(slot) && nowMs >= givesWayMs;
    });
    return hog ? { evict: hog.id } : null;
  }

  /** Has an address enough slots for older programs, while another one waits for any? */
  #isCrowding(source: string, nowMs: number): boolean {
    if (this.#slots.foreignAt(source).length < limits.foreignPerAddressMax) return false;
    return [...this.#waited].some(([other, atMs]) => other !== source && nowMs - atMs < limits.wantedForMs);
  }

  #noteWaiting(source: string, nowMs: number): void {
    this.#waited.delete(source);
    this.#waited.set(source, nowMs);
    const [oldest] = this.#waited.keys();
    if (this.#waited.size > 2 && oldest !== undefined) this.#waited.delete(oldest);
  }

  /** An address that has its share gives one connection of older programs up for the next: one with nothing to say. */
  #ownSlot({ source, standing }: Newcomer, nowMs: number): { readonly evict: ConnectionId } | null {
    const own = this.#slots.foreignAt(source);
    if (own.length < limits.foreignPerAddressMax) return null;
    const useful = this.#slots.usefulTo(standing).filter((slot) => own.includes(slot));
    const victim = longestSilent(
      useful.filter((slot) => {
        const sinceMs = Math.max(slot.lastActiveMs, slot.stageAtMs);
        return nowMs >= (givesWayAtMs(slot) ?? sinceMs + limits.foreignProtectedMs);
      }),
    );
    return victim ? { evict: victim.id } : null;
  }

  /** From when on it may be taken for whoever else waits; `Infinity`: it has nothing to fear. */
  #ripeAtMs({ source, stage, stageAtMs, carries }: Slot): number {
    const wanted = this.#slots.foreignAt(source).length + this.#turns.olderAt(source);
    if (wanted > limits.foreignPerAddressMax) return stageAtMs + limits.foreignProtectedMs;
    return stage === 'authenticated' && carries === 'message'
      ? stageAtMs + limits.messageGiveWayMs
      : Infinity;
  }

  #isComing(slot: Slot, newcomer: Newcomer, nowMs: number): boolean {
    // It parks, or will be asked to once its first words are answered.
    const isSettling = !isOpen(slot) && !slot.isForeign && nowMs - slot.stageAtMs < limits.sessionSettledMs;
    if (isSettling || nowMs - slot.slotWantedAtMs < limits.parkMs) return true;
    const atMs = Math.min(
      endOf(slot).atMs,
      givesWayAtMs(slot) ?? Infinity,
      isOpen(slot) ? slot.stageAtMs + protectedMs(slot, newcomer) : Infinity,
      this.#slots.foreignFor(newcomer).includes(slot) ? this.#ripeAtMs(slot) : Infinity,
    );
    return atMs - nowMs <= limits.foreignProtectedMs;
  }

  #hasShare(source: string, hello: Hello, nowMs: number): boolean {
    if (this.#slots.openAt(source).length >= this.#shareOf(source, nowMs)) return true;
    return hello.type === 'foreign' && this.#slots.foreignAt(source).length >= limits.foreignPerAddressMax;
  }

  /** How many of them it may hold. */
  #shareOf(source: string, nowMs: number): number {
    return limits.unauthenticatedPerAddressMax - (this.#penalties.isIn(source, nowMs) ? 1 : 0);
  }

  #sessionToPark(standing: Standing, nowMs: number): ConnectionId | null {
    const useful = this.#slots.usefulTo(standing);
    const slot = this.#slots.longestIdle(
      (each) =>
        // Of no use to a stranger is the slot that is kept for contacts.
        useful.includes(each) &&
        nowMs - each.stageAtMs >= limits.sessionSettledMs &&
        nowMs - each.slotWantedAtMs >= limits.slotWantedEveryMs &&
        // What carries one message ends by itself, and cannot come back to say it.
        nowMs >= (givesWayAtMs(each) ?? (each.isForeign ? Infinity : -Infinity)),
    );
    if (!slot) return null;
    slot.slotWantedAtMs = nowMs;
    return slot.id;
  }
}

const noRoom = { type: 'wait', slotWanted: null, first: null } as const;
