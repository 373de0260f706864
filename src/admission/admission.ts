/**
 * The policy for the few slots of accepted connections. Pure: no socket, and the clock (monotonic ms) is an argument.
 *
 * A caller asks for a slot after it was accepted, again once its first bytes are known and, while it waits, whenever
 * a slot becomes free. Silent callers give way to callers that have sent something, strangers to contacts, and an
 * address that holds many slots to one that holds few. An authenticated connection never gives way to an
 * unauthenticated one, except that a contact may take the slot of an idle stranger. Spec: design.md *Transport*.
 *
 * An older program proves nothing, so it gets little. A connection that carries one message ends soon after it. While
 * another address waits, an address with `foreignPerAddressMax` slots of older programs gets no further one, and a
 * connection beyond that number keeps its slot only for the time of one message: else a host that opens connections
 * faster than others would hold every slot. Free slots are given by turns (`turns.ts`).
 */
import type { ConnectionId } from '../ids.js';
import type { Carries, DialectName } from '../dialects/dialect.js';
import { admission as limits } from './limits.js';
import { wireV1 } from '../wire/limits.js';
import { HandshakeWindow } from './handshake-window.js';
import { HandshakeBudget, Nonsense, Penalties, type Standing } from './budget.js';
import {
  endOf,
  forContactAtMs,
  preemptibleAtMs,
  isAskedToEnd,
  isOpen,
  isStranger,
  isUnread,
  longestSilent,
  newSlot,
  noteFirstBytes,
  noteHello,
  Slots,
  protectedMs,
  weakest,
  type Due,
  type Newcomer,
  type Slot,
} from './slots.js';
import { carriedBy, Conversations } from './conversations.js';
import { LatestWaiting } from './latest-waiting.js';
import { Turns, type Waiting } from './turns.js';
import type { Hello } from './first-bytes.js';
import { isLoopback, sourceKey } from '../wire/address-space.js';

/** An accepted connection that asks for a slot. */
export interface Caller {
  readonly id: ConnectionId;
  readonly address: string;
  readonly acceptedAtMs: number;
  /** `null` until its first bytes are known. */
  readonly hello: Hello | null;
}

/** The answer to a caller. */
export type Verdict =
  /** The caller has a slot. The connection `evict` loses its slot and must be closed first. */
  | { readonly type: 'serve'; readonly evict: ConnectionId | null }
  /**
   * No slot now; ask again when one becomes free. `slotWanted`: a session to ask to park. `first`: a caller whose
   * turn comes before; ask for that one, then again for this one.
   */
  | { readonly type: 'wait'; readonly slotWanted: ConnectionId | null; readonly first: ConnectionId | null }
  | { readonly type: 'refuse'; readonly reason: 'penalty' | 'budget' };

/** Arguments of the policy. */
export interface AdmissionOptions {
  readonly connectionsMax: number;
  /** Dialects of sniffed ports; absent: the native one alone. */
  readonly enabled?: ReadonlySet<DialectName>;
  readonly nowMs: number;
}

/** Slots, budgets, penalties and turns of one node. */
export class Admission {
  readonly #slots: Slots;
  readonly #budget: HandshakeBudget;
  readonly #window: HandshakeWindow;
  readonly #penalties = new Penalties();
  readonly #nonsense: Nonsense;
  readonly #silentMs: number;
  readonly #turns = new Turns();
  #knownSources: ReadonlySet<string> = new Set();
  #knownTickets: ReadonlySet<string> = new Set();
  readonly #waited = new LatestWaiting();
  readonly #conversations: Conversations;

  constructor(options: AdmissionOptions) {
    this.#slots = new Slots(options.connectionsMax);
    this.#conversations = new Conversations(this.#slots, this.#turns);
    this.#budget = new HandshakeBudget(options.nowMs);
    this.#window = new HandshakeWindow(options.connectionsMax);
    const isForeignSpoken = (options.enabled?.size ?? 1) > 1;
    this.#nonsense = new Nonsense(isForeignSpoken ? limits.nonsenseFree : 0);
    this.#silentMs = isForeignSpoken ? limits.foreignOpeningMs : wireV1.handshakeDeadlineMs;
  }

  get taken(): number {
    return this.#slots.count;
  }

  /** Replaces the addresses and tickets of contacts. Entries beyond the bounds are ignored. */
  know(addresses: readonly string[], ticketIds: readonly string[]): void {
    this.#knownSources = new Set(addresses.slice(0, limits.knownAddressesMax).map(sourceKey));
    this.#knownTickets = new Set(ticketIds.slice(0, limits.knownTicketsMax));
  }

  /** Asks for a slot. A caller with the verdict `wait` stays in the queue until it is served, refused or gone. */
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
   * Whether a short wait is worth while: the caller is among the first N in turn, where N slots become free within
   * `foreignProtectedMs`.
   */
  isSlotComing(caller: Caller, nowMs: number): boolean {
    const newcomer = this.#newcomer(caller);
    const useful = this.#slots.usefulTo(newcomer.standing);
    const coming = useful.filter((slot) => this.#isComing(slot, newcomer, nowMs));
    // A slot that is free already counts: then the caller waits for the budget of handshakes alone.
    const count = coming.length + (this.#slots.hasRoom(newcomer) ? 1 : 0);
    return this.#turns.isAmongFirst(caller.id, count);
  }

  /** Returns the waiting callers in the order in which they should ask for a free slot. */
  inTurn(): readonly ConnectionId[] {
    return this.#turns.inOrder().map(({ id }) => id);
  }

  /** Notes the first bytes of a caller that has a slot. With any other verdict than `serve` it has lost the slot. */
  spoke(id: ConnectionId, hello: Hello, nowMs: number): Verdict {
    const slot = this.#slots.get(id);
    if (!slot) return { type: 'refuse', reason: 'budget' };
    const standing = this.#standingOf(slot.source, hello);
    const payment = this.#pay({ source: slot.source, standing, hello }, nowMs);
    if (payment !== null) {
      this.left(id, nowMs);
      return payment;
    }
    noteHello(slot, { hello, standing, carries: carriedBy(hello) }, nowMs);
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

  /** Notes that the first message of a native caller is whole. */
  opened(id: ConnectionId, nowMs: number): void {
    const slot = this.#slots.get(id);
    if (slot?.stage === 'speaking' && !slot.isForeign) slot.workSinceMs = nowMs;
  }

  /** Notes that this node has sent its first bytes, which answer the first message of a native caller. */
  answered(id: ConnectionId, nowMs: number): void {
    const slot = this.#slots.get(id);
    if (slot) slot.isAnswered = true;
    if (!slot || slot.workSinceMs === null) return;
    slot.workedMs = nowMs - slot.workSinceMs;
    if (!slot.isCheap) this.#window.answered(slot.workedMs, nowMs);
    slot.workSinceMs = null;
    slot.stageAtMs = nowMs;
    slot.restMs = this.#window.restMs();
  }

  /** Notes that the first bytes of a connection wait for its session, or that its session has read them. */
  firstBytes = (id: ConnectionId, state: 'unread' | 'read', nowMs: number): void =>
    noteFirstBytes(this.#slots.get(id), state, nowMs);

  /** Notes that bytes went in or out. */
  active(id: ConnectionId, nowMs: number): void {
    const slot = this.#slots.get(id);
    if (!slot) return;
    slot.hasSpoken = true;
    slot.lastActiveMs = nowMs;
  }

  /** Notes that the connection is gone, and frees its slot. */
  left(id: ConnectionId, nowMs: number): void {
    this.#turns.leaves(id);
    const slot = this.#slots.get(id);
    if (!slot) return;
    this.#slots.delete(id);
    // A caller that was never answered is the strongest sign of all.
    const workedMs = nowMs - (slot.workSinceMs ?? nowMs);
    if (workedMs > limits.answerSlowMs) this.#window.answered(workedMs, nowMs);
    this.#turns.gaveBack(slot.source, nowMs - slot.takenAtMs, nowMs);
  }

  penalise = (address: string, penaltyMs: number, nowMs: number): void =>
    this.#penalties.add(sourceKey(address), penaltyMs, isLoopback(address), nowMs);

  /** Counts a connection that made no sense. Where older programs are served, the first ones get no penalty. */
  madeNoSense(address: string, nowMs: number): void {
    this.penalise(address, this.#nonsense.penaltyMs(sourceKey(address), nowMs), nowMs);
  }

  /** Returns the connections whose time is over at `nowMs`. They keep their slots until `left`. */
  due(nowMs: number): readonly Due[] {
    return this.#slots.all.flatMap((slot) => {
      const end = endOf(slot);
      return end.atMs <= nowMs ? [{ id: slot.id, reason: end.reason }] : [];
    });
  }

  /** Returns the time of the next call of `due`; `null` while no connection has a deadline. */
  nextDueMs(): number | null {
    const first = Math.min(...this.#slots.all.map((slot) => endOf(slot).atMs));
    return Number.isFinite(first) ? first : null;
  }

  #standingOf(source: string, hello: Hello | null): Standing {
    if (hello?.type === 'resume' && this.#knownTickets.has(hello.ticketIdHex)) return 'ticket';
    return this.#knownSources.has(source) ? 'known' : 'stranger';
  }

  /**
   * A penalised address is refused unless the caller presents a valid ticket. The address of a contact, and one that
   * several homes share, is not refused; it may hold one unauthenticated connection fewer.
   */
  #isKeptOut(source: string, standing: Standing, nowMs: number): boolean {
    if (standing !== 'stranger' || isLoopback(source)) return false;
    return this.#penalties.isIn(source, nowMs);
  }

  #decide(newcomer: Waiting, nowMs: number): Verdict {
    const { source, standing, hello } = newcomer;
    if (this.#isKeptOut(source, standing, nowMs)) return { type: 'refuse', reason: 'penalty' };
    this.#conversations.note(newcomer, nowMs);
    if (this.#turns.isOvertaking(newcomer)) return noRoom;
    const room = this.#findRoom(newcomer, nowMs);
    if (room !== null) {
      const first = this.#firstBefore(newcomer, nowMs);
      if (first !== null) return { ...noRoom, first };
      return this.#pay(newcomer, nowMs) ?? { type: 'serve', evict: room.evict };
    }
    if (hello === null) return noRoom;
    this.#waited.note(source, nowMs);
    // No session is parked for a silent caller, nor for an address that has its share of slots.
    if (this.#hasShare(source, hello, nowMs)) return noRoom;
    return { ...noRoom, slotWanted: this.#sessionToPark(newcomer, nowMs) };
  }

  /** Returns the caller whose turn it is, if that is another one and it could be served now; else `null`. */
  #firstBefore({ id }: Waiting, nowMs: number): ConnectionId | null {
    const first = this.#turns.first();
    if (first === null || first.id === id) return null;
    const isAble = this.#meansOf(first, nowMs) !== 'later' && this.#findRoom(first, nowMs) !== null;
    return isAble ? first.id : null;
  }

  #give(caller: Waiting, evict: ConnectionId | null, acceptedAtMs: number, nowMs: number): void {
    if (evict !== null) this.left(evict, nowMs);
    this.#turns.took(caller.source, nowMs);
    this.#conversations.served(caller);
    const carries = carriedBy(caller.hello);
    this.#slots.add(newSlot(caller, { carries, silentMs: this.#silentMs, acceptedAtMs }, nowMs));
  }

  #newcomer({ id, address, hello }: Caller): Waiting {
    const source = sourceKey(address);
    return { id, source, standing: this.#standingOf(source, hello), hello };
  }

  /**
   * Charges the handshake before any key agreement; an older program needs none. `null`: charged, or free of charge.
   */
  #pay(newcomer: Newcomer, nowMs: number): Verdict | null {
    const state = this.#meansOf(newcomer, nowMs);
    if (state === 'later') return noRoom;
    if (state === 'spent') return { type: 'refuse', reason: 'budget' };
    if (state === 'there') this.#budget.take(newcomer.source, newcomer.standing, nowMs);
    return null;
  }

  #meansOf({ source, standing, hello }: Newcomer, nowMs: number): 'there' | 'later' | 'spent' | 'not-needed' {
    if (hello === null || hello.type === 'foreign') return 'not-needed';
    const state = this.#budget.stateOf(source, standing, nowMs, this.#window.speed(nowMs));
    return state === 'there' && !this.#window.isOpen(this.#slots.working, standing, nowMs) ? 'later' : state;
  }

  #findRoom(newcomer: Newcomer, nowMs: number): { readonly evict: ConnectionId | null } | null {
    const { source, standing, hello } = newcomer;
    if (hello?.type !== 'full' && hello?.type !== 'resume' && this.#isCrowding(source, nowMs)) {
      // Beyond its share an address gets nothing, not even in exchange for a slot of its own, which others wait for.
      const isAtShare = this.#slots.foreignAt(source).length === limits.foreignPerAddressMax;
      return hello !== null && isAtShare ? this.#ownSlot(newcomer, nowMs) : null;
    }
    const useful = this.#slots.usefulTo(standing);
    const own = this.#slots.openAt(source);
    if (own.length >= this.#shareOf(source, nowMs)) {
      // The slot goes to a caller of the same address, so no other address loses.
      const victim = weakest(own, newcomer, nowMs);
      return victim && useful.includes(victim) ? { evict: victim.id } : null;
    }
    if (this.#conversations.isRefused(newcomer, nowMs)) return this.#ownSlot(newcomer, nowMs);
    if (this.#slots.hasRoom(newcomer)) return { evict: null };
    const victim = weakest(useful.filter(isOpen), newcomer, nowMs);
    if (victim) return { evict: victim.id };
    if (hello === null) return null;
    // A connection that carries a message is left the time to bring it.
    const older = this.#slots.foreignFor(newcomer).filter((slot) => useful.includes(slot));
    const crowder = longestSilent(older.filter((slot) => nowMs >= this.#ripeAtMs(slot)));
    if (crowder) return { evict: crowder.id };
    if (standing === 'stranger') return hello.type === 'foreign' ? this.#ownSlot(newcomer, nowMs) : null;
    const borrower = longestSilent(this.#slots.lent());
    if (borrower) return { evict: borrower.id };
    const hog = this.#slots.longestIdle((slot) => isStranger(slot) && nowMs >= forContactAtMs(slot));
    return hog ? { evict: hog.id } : null;
  }

  /** Whether an address holds its share of slots for older programs while another address waits. */
  #isCrowding(source: string, nowMs: number): boolean {
    if (this.#slots.foreignAt(source).length < limits.foreignPerAddressMax) return false;
    return this.#waited.hasOther(source, nowMs);
  }

  /** Finds an idle connection of an older program that an address with its full share gives up for the caller. */
  #ownSlot({ source, standing }: Newcomer, nowMs: number): { readonly evict: ConnectionId } | null {
    const own = this.#slots.foreignAt(source);
    if (own.length < limits.foreignPerAddressMax) return null;
    const useful = this.#slots.usefulTo(standing).filter((slot) => own.includes(slot));
    const victim = longestSilent(
      useful.filter((slot) => {
        const sinceMs = Math.max(slot.lastActiveMs, slot.stageAtMs);
        return nowMs >= (preemptibleAtMs(slot) ?? sinceMs + limits.foreignProtectedMs);
      }),
    );
    return victim ? { evict: victim.id } : null;
  }

  /** Returns the time (ms) from which another address may take the slot of an older program; `Infinity`: never. */
  #ripeAtMs(slot: Slot): number {
    if (isUnread(slot)) return Infinity;
    const { source, stage, stageAtMs, carries } = slot;
    const wanted = this.#slots.foreignAt(source).length + this.#turns.olderAt(source);
    if (wanted > limits.foreignPerAddressMax) return stageAtMs + limits.foreignProtectedMs;
    return stage === 'authenticated' && carries === 'message'
      ? stageAtMs + limits.messagePreemptibleAfterMs
      : Infinity;
  }

  #isComing(slot: Slot, newcomer: Newcomer, nowMs: number): boolean {
    // The session parks, or will be asked to as soon as it has settled.
    const isSettling = !isOpen(slot) && !slot.isForeign && nowMs - slot.stageAtMs < limits.sessionSettledMs;
    if (isSettling || isAskedToEnd(slot) || nowMs - slot.slotWantedAtMs < limits.parkMs) return true;
    const atMs = Math.min(
      endOf(slot).atMs,
      this.#conversations.preemptibleAtMs(slot, newcomer) ?? Infinity,
      isOpen(slot) ? slot.stageAtMs + protectedMs(slot, newcomer) : Infinity,
      this.#slots.foreignFor(newcomer).includes(slot) ? this.#ripeAtMs(slot) : Infinity,
    );
    return atMs - nowMs <= limits.foreignProtectedMs;
  }

  #hasShare(source: string, hello: Hello, nowMs: number): boolean {
    if (this.#slots.openAt(source).length >= this.#shareOf(source, nowMs)) return true;
    return hello.type === 'foreign' && this.#slots.foreignAt(source).length >= limits.foreignPerAddressMax;
  }

  /** Returns the number of unauthenticated connections that an address may hold. */
  #shareOf(source: string, nowMs: number): number {
    return limits.unauthenticatedPerAddressMax - (this.#penalties.isIn(source, nowMs) ? 1 : 0);
  }

  #sessionToPark(newcomer: Newcomer, nowMs: number): ConnectionId | null {
    if (this.#conversations.isRefused(newcomer, nowMs)) return null;
    const useful = this.#slots.usefulTo(newcomer.standing);
    const slot = this.#slots.longestIdle(
      (each) =>
        // A stranger cannot use the slot that is reserved for contacts.
        useful.includes(each) &&
        nowMs - each.stageAtMs >= limits.sessionSettledMs &&
        nowMs - each.slotWantedAtMs >= limits.slotWantedEveryMs &&
        !isAskedToEnd(each) &&
        // A connection of an older program that carries one message ends by itself, and cannot be resumed to bring
        // it.
        nowMs >=
          (this.#conversations.preemptibleAtMs(each, newcomer) ?? (each.isForeign ? Infinity : -Infinity)),
    );
    if (!slot) return null;
    slot.slotWantedAtMs = nowMs;
    this.#conversations.asked(slot, nowMs);
    return slot.id;
  }
}

const noRoom = { type: 'wait', slotWanted: null, first: null } as const;
