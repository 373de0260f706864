/**
 * The answers of a receiver that wait for their packet. Nearly all of a batch are good answers to calls in a row, with
 * nothing transferred: those take a number and their values, and nothing else for each.
 */
import type { Transferable } from 'node:worker_threads';
import type { AnswerPacket } from './protocol.js';

const none: readonly Transferable[] = [];

/** One answer. */
export interface Answer {
  readonly seq: number;
  readonly isOk: boolean;
  readonly value: unknown;
  readonly transfer: readonly Transferable[];
}

/** Answers in the order in which they were given. */
export class Answers {
  #seqs: number[] = [];
  #values: unknown[] = [];
  /** Numbers of calls whose answer is a fault. */
  #faults: Set<number> | null = null;
  /** Transferred objects of answers that have some. */
  #moved: Map<number, readonly Transferable[]> | null = null;

  get size(): number {
    return this.#seqs.length;
  }

  get isEmpty(): boolean {
    return this.#seqs.length === 0;
  }

  add(seq: number, isOk: boolean, value: unknown, transfer: readonly Transferable[] = none): void {
    this.#seqs.push(seq);
    this.#values.push(value);
    if (!isOk) (this.#faults ??= new Set()).add(seq);
    if (transfer.length > 0) (this.#moved ??= new Map()).set(seq, transfer);
  }

  /** Forgets the answers to later calls than this. */
  dropAfter(last: number): void {
    const kept = this.all().filter(({ seq }) => seq <= last);
    this.take();
    for (const { seq, isOk, value, transfer } of kept) this.add(seq, isOk, value, transfer);
  }

  /** Returns the answers so far, and begins again. */
  take(): Answers {
    const taken = new Answers();
    [taken.#seqs, this.#seqs] = [this.#seqs, []];
    [taken.#values, this.#values] = [this.#values, []];
    [taken.#faults, this.#faults] = [this.#faults, null];
    [taken.#moved, this.#moved] = [this.#moved, null];
    return taken;
  }

  /** `handled`: number of the last handled envelope. */
  packet(handled: number): AnswerPacket {
    const faults = this.#faults;
    const areOk = faults === null ? null : this.#seqs.map((seq) => !faults.has(seq));
    return [handled, this.#isInRow() ? (this.#seqs[0] ?? 0) : this.#seqs, areOk, this.#values];
  }

  transfer(): readonly Transferable[] {
    const moved = this.#moved;
    return moved === null ? none : this.#seqs.flatMap((seq) => moved.get(seq) ?? none);
  }

  all(): readonly Answer[] {
    return this.#seqs.map((seq, i) => ({
      seq,
      isOk: this.#faults?.has(seq) !== true,
      value: this.#values[i],
      transfer: this.#moved?.get(seq) ?? none,
    }));
  }

  #isInRow(): boolean {
    const first = this.#seqs[0] ?? 0;
    for (let i = 1; i < this.#seqs.length; i += 1) if (this.#seqs[i] !== first + i) return false;
    return true;
  }
}

/** Reads a packet of answers. */
export function eachAnswer(
  [, seqs, areOk, values]: AnswerPacket,
  take: (seq: number, isOk: boolean, value: unknown) => void,
): void {
  for (let i = 0; i < values.length; i += 1)
    take(
      typeof seqs === 'number' ? seqs + i : (seqs[i] ?? 0),
      areOk === null || areOk[i] === true,
      values[i],
    );
}
