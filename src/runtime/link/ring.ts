/** The envelopes of a sender that are not acknowledged: parallel rings, since an object per envelope costs too much. */
import type { Transferable } from 'node:worker_threads';
import { takenOut, type EnvelopeCode, type Origin } from './envelope.js';

/** Most links hold few envelopes at a time, and there may be many links. */
const slotsMin = 4;
const noTransfer: readonly Transferable[] = [];

/** The unacknowledged envelopes of one sender. */
export class EnvelopeRing {
  #codes: EnvelopeCode[] = [];
  #bodies: unknown[] = [];
  /** Null: there was none yet. */
  #origins: (Origin | null)[] | null = null;
  /** Transferred objects by number: once posted they exist at the receiver only. Null: there were none yet. */
  #transfers: Map<number, readonly Transferable[]> | null = null;
  #mask = -1;

  codeAt(seq: number): EnvelopeCode {
    return this.#codes[seq & this.#mask] ?? takenOut;
  }

  bodyAt(seq: number): unknown {
    return this.#bodies[seq & this.#mask];
  }

  /** `head`: the oldest envelope that is kept. */
  put(head: number, seq: number, code: EnvelopeCode, body: unknown): void {
    if (seq - head > this.#mask) this.#grow(head, seq);
    const slot = seq & this.#mask;
    this.#codes[slot] = code;
    this.#bodies[slot] = body;
  }

  /** Objects that move with an envelope that was put just now. */
  putTransfer(seq: number, transfer: readonly Transferable[]): void {
    this.#transfers ??= new Map();
    this.#transfers.set(seq, transfer);
  }

  transferAt(seq: number): readonly Transferable[] {
    return this.#transfers?.get(seq) ?? noTransfer;
  }

  /** Objects that move with any of these envelopes. */
  transferOf(first: number, count: number): readonly Transferable[] {
    if (this.#transfers === null || this.#transfers.size === 0) return noTransfer;
    return Array.from({ length: count }, (_, i) => this.transferAt(first + i)).flat();
  }

  /** Forgets an envelope that is done. */
  forget(seq: number): void {
    this.dropBody(seq);
    this.#transfers?.delete(seq);
  }

  /** For an envelope that was put just now. */
  putOrigin(seq: number, origin: Origin | null): void {
    if (origin !== null) this.#origins ??= this.#codes.map(() => null);
    if (this.#origins !== null) this.#origins[seq & this.#mask] = origin;
  }

  originAt(seq: number): Origin | null {
    return this.#origins?.[seq & this.#mask] ?? null;
  }

  /** Envelopes from `first` on, up to `until` or to one that was taken out. */
  batch(first: number, until: number): { readonly codes: EnvelopeCode[]; readonly bodies: unknown[] } {
    const codes: EnvelopeCode[] = [];
    const bodies: unknown[] = [];
    for (let seq = first; seq < until; seq += 1) {
      const code = this.codeAt(seq);
      if (code === takenOut) break;
      codes.push(code);
      bodies.push(this.bodyAt(seq));
    }
    return { codes, bodies };
  }

  /** The envelope between `from` and `until` whose number has these low 32 bits. */
  find(from: number, until: number, seqLow: number): number | null {
    for (let seq = from; seq < until; seq += 1)
      if ((seq | 0) === seqLow && this.codeAt(seq) !== takenOut) return seq;
    return null;
  }

  takeOut(seq: number): void {
    this.#codes[seq & this.#mask] = takenOut;
    this.forget(seq);
  }

  dropBody(seq: number): void {
    this.#bodies[seq & this.#mask] = undefined;
  }

  clear(): void {
    this.#codes = [];
    this.#bodies = [];
    this.#origins = null;
    this.#transfers = null;
    this.#mask = -1;
  }

  #grow(head: number, next: number): void {
    const [codes, bodies, origins, oldMask] = [this.#codes, this.#bodies, this.#origins, this.#mask];
    const slots = Math.max(slotsMin, (oldMask + 1) * 2);
    this.#codes = [];
    this.#bodies = [];
    this.#origins = origins === null ? null : [];
    // By push: `Array.from` with a length takes ten times as long, and every new link comes here.
    for (let slot = 0; slot < slots; slot += 1) {
      this.#codes.push(takenOut);
      this.#bodies.push(undefined);
      this.#origins?.push(null);
    }
    this.#mask = slots - 1;
    for (let seq = head; seq < next; seq += 1) {
      this.#codes[seq & this.#mask] = codes[seq & oldMask] ?? takenOut;
      this.#bodies[seq & this.#mask] = bodies[seq & oldMask];
      if (this.#origins !== null) this.#origins[seq & this.#mask] = origins?.[seq & oldMask] ?? null;
    }
  }
}
