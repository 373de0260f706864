/** Which envelope a thread died at, again and again. Pure. */
export class Suspect {
  #seq = 0;
  #tries = 0;

  /** Counts a death at this envelope; true when it is the last that is allowed. */
  isGuilty(seq: number, triesMax: number): boolean {
    this.#tries = this.#seq === seq ? this.#tries + 1 : 1;
    this.#seq = seq;
    if (this.#tries < triesMax) return false;
    this.#seq = 0;
    this.#tries = 0;
    return true;
  }
}
