/**
 * The table of counters that a worker thread shares with its supervisor. The supervisor reads it when it likes, also
 * while the thread is in an endless loop or dead.
 */
/** Words before those of the cells. */
const word = {
  running: 0,
  nativeGate: 1,
  steps: 2,
  startsBegun: 3,
  turns: 4,
  threadId: 5,
  beats: 6,
} as const;
const headWords = 7;
const wordsPerCell = 3;

/** The shared counters of one thread. */
export class ProgressTable {
  readonly #words: Int32Array;

  constructor(shared: SharedArrayBuffer) {
    this.#words = new Int32Array(shared);
  }

  /** Memory for `cells` slots, numbered from 1; slot 0 belongs to the cells of a supervisor's own thread. */
  static memory(cells: number): SharedArrayBuffer {
    return new SharedArrayBuffer((headWords + wordsPerCell * (cells + 1)) * Int32Array.BYTES_PER_ELEMENT);
  }

  /** The word that `nativeCall` and `NativeGate` share. */
  static nativeWord(shared: SharedArrayBuffer): Int32Array {
    return new Int32Array(shared, word.nativeGate * Int32Array.BYTES_PER_ELEMENT, 1);
  }

  /** The cell in `slot` has this envelope in hand; 0 0: none. */
  note(slot: number, linkId: number, seq: number): void {
    this.#words[headWords + slot * wordsPerCell] = linkId;
    this.#words[headWords + slot * wordsPerCell + 1] = seq;
  }

  noted(slot: number): { readonly linkId: number; readonly seq: number } {
    const at = headWords + slot * wordsPerCell;
    return { linkId: this.#words[at] ?? 0, seq: this.#words[at + 1] ?? 0 };
  }

  /** Sets the number of messages of the cell in `slot` that would be lost with its thread. */
  setUnsafe(slot: number, count: number): void {
    this.#words[headWords + slot * wordsPerCell + 2] = count;
  }

  unsafe(slot: number): number {
    return this.#words[headWords + slot * wordsPerCell + 2] ?? 0;
  }

  /**
   * The handler of the cell in `slot` has the thread from now on; 0: none has. The end of a handler counts as a step,
   * too, and is counted first: a supervisor that looks right after long work would otherwise see a thread in which
   * nothing runs and nothing has moved for the whole time of that work.
   */
  run(slot: number): void {
    this.#bump(word.steps);
    this.#words[word.running] = slot;
  }

  get running(): number {
    return this.#words[word.running] ?? 0;
  }

  /** Beginnings and ends of handlers, modulo 2^32. */
  get steps(): number {
    return this.#words[word.steps] ?? 0;
  }

  beginStart(): void {
    this.#bump(word.startsBegun);
  }

  /** Starts of actors that the thread has begun, in the order in which they were asked for. */
  get startsBegun(): number {
    return this.#words[word.startsBegun] ?? 0;
  }

  turn(): void {
    this.#bump(word.turns);
  }

  /** Rises about every `loopTurnEveryMs` while the event loop turns. */
  get turns(): number {
    return this.#words[word.turns] ?? 0;
  }

  /** The thread has heard a beat. */
  beat(): void {
    this.#bump(word.beats);
  }

  /** Beats that the thread has heard, modulo 2^32. */
  get beats(): number {
    return this.#words[word.beats] ?? 0;
  }

  set threadId(id: number) {
    this.#words[word.threadId] = id;
  }

  /** The result of `ownThreadId` in that thread; 0 until it runs. */
  get threadId(): number {
    return this.#words[word.threadId] ?? 0;
  }

  #bump(index: number): void {
    this.#words[index] = (this.#words[index] ?? 0) + 1;
  }
}
