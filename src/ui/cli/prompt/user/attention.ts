/**
 * Whether the user looks at the prompt. A terminal that reports its focus is believed; at another one a key shows that
 * somebody is there. Messages that are shown meanwhile are marked as read once the user looks.
 */

/** The focus of the terminal as far as it is known. */
type Focus = 'unknown' | 'in' | 'out';

/** Time after a key for which the user of a terminal without focus reports is taken to look, in ms. */
const lookMs = 10_000;

/** Follows the focus and the keys. */
export class Attention {
  readonly #nowMs: () => number;
  #focus: Focus = 'unknown';
  #keyAtMs = Number.NEGATIVE_INFINITY;
  #onLook: () => void = () => undefined;

  /** `nowMs`: a clock that only goes forward. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Whether the user looks at the terminal now. */
  get isLooking(): boolean {
    return this.#focus === 'unknown' ? this.#nowMs() - this.#keyAtMs < lookMs : this.#focus === 'in';
  }

  /** Calls `listener` when the user looks. */
  onLook(listener: () => void): void {
    this.#onLook = listener;
  }

  /** The terminal reports that it has, or lost, the focus. */
  focused(isIn: boolean): void {
    this.#focus = isIn ? 'in' : 'out';
    if (isIn) this.#onLook();
  }

  /** The user pressed a key. */
  pressed(): void {
    this.#keyAtMs = this.#nowMs();
    // Keys reach only a terminal with the focus: a report of its loss was followed by none of its return.
    if (this.#focus === 'out') this.#focus = 'in';
    this.#onLook();
  }
}
