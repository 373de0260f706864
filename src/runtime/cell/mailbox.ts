/**
 * The mailbox of one actor: a ring of envelopes in the order of arrival. Handled envelopes stay until they are done,
 * so that a crash rewinds and loses none. Parallel arrays, since an object per envelope costs more than handling a
 * small one.
 *
 *      base            head             tail
 *       │ handled,      │ waiting        │
 *       │ not done   │                │
 */

import { takenOut, type EnvelopeCode } from '../link/envelope.js';

const slotsMin = 16;
/** Before the first envelope; never written to. */
const nothing: never[] = [];

/** Hears of each envelope that is done. */
export interface DoneListener<End> {
  onDone(end: End, seq: number): void;
}

/** A ring of envelopes. `End`: the receiving end of their link. */
export class Mailbox<End> {
  #ends: (End | undefined)[] = nothing;
  #seqs: number[] = nothing;
  #codes: EnvelopeCode[] = nothing;
  #bodies: unknown[] = nothing;
  #mask = -1;
  #base = 0;
  #head = 0;
  #tail = 0;

  /** Envelopes that wait, handled ones not counted. */
  get depth(): number {
    return this.#tail - this.#head;
  }

  get unfinished(): number {
    return this.#head - this.#base;
  }

  /** Place of the envelope that is handled next. Places never change their envelope. */
  get head(): number {
    return this.#head;
  }

  get base(): number {
    return this.#base;
  }

  get tail(): number {
    return this.#tail;
  }

  push(end: End, seq: number, code: EnvelopeCode, body: unknown): void {
    if (this.#tail - this.#base > this.#mask) this.#grow();
    this.#set(this.#tail, end, seq, code, body);
    this.#tail += 1;
  }

  /** Puts an envelope before everything else. Only between two drains. */
  unshift(end: End, seq: number, code: EnvelopeCode, body: unknown): void {
    if (this.#tail - this.#base > this.#mask) this.#grow();
    this.#base -= 1;
    this.#head = this.#base;
    this.#set(this.#base, end, seq, code, body);
  }

  advance(): void {
    this.#head += 1;
  }

  endAt(place: number): End | undefined {
    return this.#ends[place & this.#mask];
  }

  seqAt(place: number): number {
    return this.#seqs[place & this.#mask] ?? 0;
  }

  codeAt(place: number): EnvelopeCode {
    return this.#codes[place & this.#mask] ?? takenOut;
  }

  bodyAt(place: number): unknown {
    return this.#bodies[place & this.#mask];
  }

  /** Place of the only handled envelope that is not done and was not taken out; null: none or several. */
  get single(): number | null {
    let single: number | null = null;
    for (let place = this.#base; place < this.#head; place += 1) {
      if (this.codeAt(place) === takenOut) continue;
      if (single !== null) return null;
      single = place;
    }
    return single;
  }

  /** Passes over taken out envelopes that nothing waits before. Call after `rewind`. */
  skipTakenOut(): void {
    while (this.#head < this.#tail && this.codeAt(this.#head) === takenOut) this.#head += 1;
  }

  takeOut(place: number): void {
    this.#codes[place & this.#mask] = takenOut;
    this.#bodies[place & this.#mask] = undefined;
  }

  /** Forgets what was handled before `place`, telling each sender's end how far it is done. */
  discard(place: number, listener: DoneListener<End>): void {
    for (; this.#base < place; this.#base += 1) {
      const slot = this.#base & this.#mask;
      const end = this.#ends[slot];
      if (end !== undefined) listener.onDone(end, this.#seqs[slot] ?? 0);
      this.#bodies[slot] = undefined;
    }
  }

  /** Lets the envelopes wait again that were handled and are not done. */
  rewind(): void {
    this.#head = this.#base;
  }

  #set(place: number, end: End, seq: number, code: EnvelopeCode, body: unknown): void {
    const slot = place & this.#mask;
    this.#ends[slot] = end;
    this.#seqs[slot] = seq;
    this.#codes[slot] = code;
    this.#bodies[slot] = body;
  }

  #grow(): void {
    const slots = Math.max(slotsMin, (this.#mask + 1) * 2);
    const [ends, seqs, codes, bodies] = [this.#ends, this.#seqs, this.#codes, this.#bodies];
    const oldMask = this.#mask;
    this.#ends = Array.from({ length: slots });
    this.#seqs = Array.from({ length: slots }, () => 0);
    this.#codes = Array.from({ length: slots }, () => takenOut);
    this.#bodies = Array.from({ length: slots });
    this.#mask = slots - 1;
    for (let place = this.#base; place < this.#tail; place += 1) {
      const [from, to] = [place & oldMask, place & this.#mask];
      this.#ends[to] = ends[from];
      this.#seqs[to] = seqs[from] ?? 0;
      this.#codes[to] = codes[from] ?? takenOut;
      this.#bodies[to] = bodies[from];
    }
  }
}
