/**
 * Entries by rising numbers, found by their number. Answers come in order as a rule, so the wanted entry is the oldest
 * one; otherwise a binary search finds it. A `Map` of as many entries, which come and go, costs several times as much.
 */
export class CallList<Entry extends { readonly seq: number }> {
  #seqs: number[] = [];
  /** Null: taken. */
  #entries: (Entry | null)[] = [];
  /** Place of the oldest entry. */
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The number is greater than that of any entry before. */
  add(entry: Entry): void {
    this.#seqs.push(entry.seq);
    this.#entries.push(entry);
    this.#size += 1;
  }

  get(seq: number): Entry | null {
    return this.#entries[this.#placeOf(seq)] ?? null;
  }

  /** Returns the entry, and forgets it. */
  take(seq: number): Entry | null {
    const place = this.#placeOf(seq);
    const entry = this.#entries[place] ?? null;
    if (entry === null) return null;
    this.#entries[place] = null;
    this.#size -= 1;
    if (this.#size === 0) this.#clear();
    else this.#forgetTaken();
    return entry;
  }

  /** Oldest first. Entries may be taken meanwhile. */
  all(): readonly Entry[] {
    const all: Entry[] = [];
    for (let place = this.#head; place < this.#entries.length; place += 1) {
      const entry = this.#entries[place] ?? null;
      if (entry !== null) all.push(entry);
    }
    return all;
  }

  /** -1: there is none. */
  #placeOf(seq: number): number {
    if (this.#seqs[this.#head] === seq) return this.#head;
    let [low, high] = [this.#head, this.#seqs.length - 1];
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = this.#seqs[middle] ?? 0;
      if (found === seq) return middle;
      if (found < seq) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  #clear(): void {
    this.#seqs.length = 0;
    this.#entries.length = 0;
    this.#head = 0;
  }

  #forgetTaken(): void {
    while (this.#entries[this.#head] === null) this.#head += 1;
    // Most of it is taken: the rest moves to the front.
    if (this.#entries.length < slotsMin || this.#entries.length < slotsPerEntry * this.#size) return;
    const left = this.all();
    this.#seqs = left.map(({ seq }) => seq);
    this.#entries = [...left];
    this.#head = 0;
  }
}

const slotsMin = 64;
const slotsPerEntry = 4;
