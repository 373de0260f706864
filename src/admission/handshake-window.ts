/**
 * The number of handshakes that this node works on at once: as many as it answers in time, which is measured. A busy
 * machine that starts more of them finishes none before its deadline. Pure; times are monotonic ms.
 *
 * Only the time of this side counts: from the first message of the caller, once it is whole, to the answer. So a caller
 * that stalls cannot make the machine look slow.
 */
import { wireV1 } from '../wire/limits.js';
import type { Standing } from './budget.js';
import { admission as limits } from './limits.js';

/** The window of handshakes, and the measure behind it. */
export class HandshakeWindow {
  readonly #cap: number;
  #most: number;
  /** Time that an answer takes, a moving average. */
  #tookMs = 0;
  #answeredAtMs = Number.NEGATIVE_INFINITY;
  #narrowedAtMs = Number.NEGATIVE_INFINITY;

  constructor(cap: number) {
    this.#cap = cap;
    this.#most = cap;
  }

  /** Notes an answer and the time that it took. */
  answered(tookMs: number, nowMs: number): void {
    this.#tookMs += (tookMs - this.#tookMs) * limits.answerWeight;
    this.#answeredAtMs = nowMs;
    if (tookMs > limits.answerSlowMs) {
      // Handshakes that ran side by side are late together: they count as one sign.
      if (nowMs - this.#narrowedAtMs < tookMs) return;
      this.#narrowedAtMs = nowMs;
      this.#most = Math.max(1, this.#most / 2);
    } else if (tookMs < limits.answerQuickMs) {
      this.#most = Math.min(this.#cap, this.#most + 1 / this.#most);
    }
  }

  /** Whether one more handshake may start beside `working` others. A contact may always have one of its own. */
  isOpen(working: number, standing: Standing, nowMs: number): boolean {
    if (this.#isForgotten(nowMs)) {
      this.#most = this.#cap;
      this.#tookMs = 0;
    }
    return working < Math.floor(this.#most) + (standing === 'stranger' ? 0 : 1);
  }

  /** Returns the factor of the budget of handshakes: above 1 while each is answered at once. */
  speed(nowMs: number): number {
    if (this.#tookMs <= 0 || this.#isForgotten(nowMs)) return 1;
    return Math.max(1, Math.min(limits.handshakesSpeedMost, limits.answerIdleMs / this.#tookMs));
  }

  #isForgotten(nowMs: number): boolean {
    return nowMs - this.#answeredAtMs > limits.answerMemoryMs;
  }

  /** Time for which an answered caller keeps its slot: its next message is as much work for this machine. */
  restMs(): number {
    return Math.max(limits.speakingProtectedMs, Math.min(wireV1.handshakeDeadlineMs, 2 * this.#tookMs));
  }
}
