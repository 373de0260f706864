/**
 * Slots on loan to conversations with foreign programs. A conversation holds its slot for minutes, while a message
 * needs one for milliseconds and its program never tries again. So conversations keep all slots for strangers but one.
 * More of them are served while no message comes; then the longest silent one gives way. Pure; times are monotonic ms.
 */
import { foreignDialects } from '../dialects/sniff.js';
import type { Carries } from '../dialects/dialect.js';
import type { Hello } from './first-bytes.js';
import { admission as limits } from './limits.js';
import { givesWayAtMs, isAskedToEnd, type Newcomer, type Slot, type Slots } from './slots.js';

/** The purpose of a connection, as far as its first bytes tell. */
export const carriedBy = (hello: Hello | null): Carries =>
  hello?.type === 'foreign' && foreignDialects[hello.dialect].can.connection === 'conversation'
    ? 'conversation'
    : 'session';

/** The conversations of all slots, and the demand of callers that need a slot for a moment only. */
export class Loans {
  readonly #slots: Slots;
  /** Conversations that keep their slots, however many others call. */
  readonly #keptMost: number;
  #wantedAtMs = -Infinity;

  constructor(slots: Slots) {
    this.#slots = slots;
    this.#keptMost = Math.max(1, slots.strangersMax - 1);
  }

  /** Notes a caller. A contact has a slot in reserve. */
  note({ hello, standing }: Newcomer, nowMs: number): void {
    const isBrief = hello !== null && carriedBy(hello) !== 'conversation';
    if (isBrief && (hello.type === 'foreign' || standing === 'stranger')) this.#wantedAtMs = nowMs;
  }

  /** Whether the caller wants a slot on loan that other callers need. */
  isRefused({ hello }: Newcomer, nowMs: number): boolean {
    if (carriedBy(hello) !== 'conversation' || nowMs - this.#wantedAtMs >= limits.wantedForMs) return false;
    return this.#conversations().length >= this.#keptMost;
  }

  /** Returns the time (ms) from which a slot that waits for a typing person goes to this caller; `null`: no person types. */
  givesWayAtMs(slot: Slot, newcomer: Newcomer): number | null {
    const atMs = givesWayAtMs(slot);
    if (slot.carries !== 'conversation' || carriedBy(newcomer.hello) === 'conversation') return atMs;
    // Those that were asked to end count no more, or each caller in a queue would end another one.
    const staying = this.#conversations().filter((each) => !isAskedToEnd(each));
    if (atMs === null || staying.length <= this.#keptMost) return atMs;
    return Math.min(atMs, slot.lastActiveMs + limits.loanSilentMs);
  }

  #conversations(): readonly Slot[] {
    return this.#slots.all.filter(({ carries }) => carries === 'conversation');
  }
}
