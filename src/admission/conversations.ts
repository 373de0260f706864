/**
 * Slots of conversations with foreign programs, which can be preempted. A conversation holds its slot for minutes. A
 * message needs one for milliseconds, and its program never tries again. So conversations keep all slots for strangers
 * but one. A further conversation has a preemptible slot: when a message comes, the conversation that was silent for
 * longest is ended, and one that this user never answered before one that was answered. Conversations that never pause
 * keep a message waiting for a while only. Pure; times are monotonic ms.
 */
import { foreignDialects } from '../dialects/sniff.js';
import type { Carries } from '../dialects/dialect.js';
import type { Hello } from './first-bytes.js';
import { admission as limits } from './limits.js';
import type { Turns } from './turns.js';
import { preemptibleAtMs, isAskedToEnd, type Newcomer, type Slot, type Slots } from './slots.js';

/** The purpose of a connection, as far as its first bytes tell. */
export const carriedBy = (hello: Hello | null): Carries =>
  hello?.type === 'foreign' && foreignDialects[hello.dialect].can.connection === 'conversation'
    ? 'conversation'
    : 'session';

/** Whether the caller needs a slot for a moment only. A contact is not counted, since it has a slot in reserve. */
export const isDemand = ({ hello, standing }: Newcomer): boolean =>
  hello !== null &&
  carriedBy(hello) !== 'conversation' &&
  (hello.type === 'foreign' || standing === 'stranger');

/** The conversations in slots, and the demand of callers that need a slot for a moment only. */
export class Conversations {
  readonly #slots: Slots;
  readonly #turns: Turns;
  /** Conversations that keep their slots, however many others call. */
  readonly #keptMost: number;
  /** Time of the last demand (ms). */
  #wantedAtMs = -Infinity;
  /** Time since which there is demand and none of these callers was served (ms); Infinity: all were served. */
  #unservedSinceMs = Infinity;

  constructor(slots: Slots, turns: Turns) {
    this.#slots = slots;
    this.#turns = turns;
    this.#keptMost = Math.max(1, slots.strangersMax - 1);
  }

  /** Notes the demand of a caller. */
  note(caller: Newcomer, nowMs: number): void {
    if (!isDemand(caller)) return;
    const isNew = this.#unservedSinceMs === Infinity || nowMs - this.#wantedAtMs >= limits.wantedForMs;
    if (isNew) this.#unservedSinceMs = nowMs;
    this.#wantedAtMs = nowMs;
  }

  /** Notes that a caller got a slot. */
  served({ hello }: Newcomer): void {
    if (carriedBy(hello) !== 'conversation') this.#unservedSinceMs = Infinity;
  }

  /** Notes that a conversation was asked to end: the next one that never pauses has its full time. */
  asked(slot: Slot, nowMs: number): void {
    if (slot.carries === 'conversation') this.#unservedSinceMs = nowMs;
  }

  /** Whether the caller wants a preemptible slot while callers with messages need it. */
  isRefused({ hello }: Newcomer, nowMs: number): boolean {
    if (carriedBy(hello) !== 'conversation') return false;
    // On a busy machine waiting callers ask seldom: one that asked within `wantedForMs` counts as waiting still.
    const isWanted = nowMs - this.#wantedAtMs < limits.wantedForMs || this.#turns.has(isDemand);
    if (!isWanted) return false;
    return this.#conversations().length >= this.#keptMost;
  }

  /** Returns the time (ms) from which a slot may be preempted for this caller; null: it cannot be preempted. */
  preemptibleAtMs(slot: Slot, newcomer: Newcomer): number | null {
    const atMs = preemptibleAtMs(slot);
    if (slot.carries !== 'conversation' || carriedBy(newcomer.hello) === 'conversation') return atMs;
    // Conversations that were asked to end do not count, or each caller in a queue would end another one.
    const staying = this.#conversations().filter((each) => !isAskedToEnd(each));
    if (atMs === null || staying.length <= this.#keptMost) return atMs;
    // A dialogue stays while a conversation that this user never answered could go, however recent its words are.
    if (slot.isAnswered && staying.some(({ isAnswered }) => !isAnswered)) return atMs;
    const silentAtMs = slot.lastActiveMs + limits.preemptAfterSilenceMs;
    return Math.min(atMs, silentAtMs, this.#unservedSinceMs + limits.preemptAfterWaitMs);
  }

  #conversations(): readonly Slot[] {
    return this.#slots.all.filter(({ carries }) => carries === 'conversation');
  }
}
