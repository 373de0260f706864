/**
 * The sending end of a link. It numbers envelopes, posts them in batches, and keeps each until the receiver has
 * acknowledged it as handled; after a crash of the receiver it sends what is left again, in order.
 *
 * The ring holds the envelopes from `head` (oldest not acknowledged) over `flushed` (first not posted) to `next`.
 */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import type { Transferable } from 'node:worker_threads';
import type { RuntimeError } from '../errors.js';
import { runtime as limits } from '../limits.js';
import type { Fault } from '../actor.js';
import { hasTransfer, isCall, nameShift, takenOut, type EnvelopeCode } from '../cell/mailbox.js';
import type { Pipe, PipeEnd } from './pipe.js';
import { PendingCalls } from './pending-calls.js';
import { isTracing, traceBatch } from '../trace.js';

/**
 * Sender → receiver: number of the first envelope, names not told before, calls that are given up, then codes and
 * bodies side by side. One clone for all of it, and no object per envelope.
 */
export type Batch = readonly [
  first: number,
  names: readonly string[] | null,
  cancelled: readonly number[] | null,
  codes: readonly EnvelopeCode[],
  bodies: readonly unknown[],
];

/** Receiver → sender: everything up to this number is handled; and answers to calls, side by side. */
export type Progress =
  | number
  | readonly [
      handled: number,
      seqs: readonly number[],
      areOk: readonly boolean[],
      values: readonly unknown[],
    ];

/** A message that was given up. */
export interface DeadLetter {
  readonly actor: string;
  /** Id of the sender; empty for code outside any actor. */
  readonly from: string;
  readonly name: string;
  readonly reason: 'poison' | 'stopped' | 'unknown-name' | 'not-cloneable' | 'lost-transfer';
  /** Absent for a message with transferred objects. */
  readonly body: unknown;
}

/** Which link, between whom. `id` is unique in the system, `epoch` in the link: it counts its sending ends. */
export interface LinkAddress {
  readonly id: number;
  readonly epoch: number;
  /** Name of the link in the sender's manifest. */
  readonly name: string;
  /** Empty: code outside any actor. */
  readonly from: string;
  readonly to: string;
}

export interface SenderEvents {
  deadLetter(letter: DeadLetter): void;
  linkLost(linkId: number): void;
}

const queued: Result<void, RuntimeError> = ok(undefined);
const slotsMin = 16;
/** A sender that waits is woken when this part of its credit is free, so that it sends more than one envelope. */
const wakeFraction = 1 / 4;

export class LinkSender implements PipeEnd<Progress> {
  readonly link: LinkAddress;
  readonly #events: SenderEvents;
  #codes: EnvelopeCode[] = [];
  #bodies: unknown[] = [];
  #mask = -1;
  #head = 1;
  #flushed = 1;
  #next = 1;
  #credit: number = limits.linkCreditMax;
  #pipe: Pipe<Batch> | null = null;
  #isFlushPlanned = false;
  #isGone = false;
  readonly #codeOfName = new Map<string, number>();
  readonly #names: string[] = [];
  #namesTold = 0;
  #cancelled: number[] = [];
  readonly #calls: PendingCalls;
  /** What moves with an envelope; dropped once it was posted, since it then exists over there only. */
  readonly #transfers = new Map<number, readonly Transferable[]>();
  #waiting: (() => void)[] = [];
  #suspect = { seq: 0, tries: 0 };

  constructor(link: LinkAddress, events: SenderEvents) {
    this.link = link;
    this.#events = events;
    this.#calls = new PendingCalls(link.to, (seq) => {
      this.#cancelled.push(seq);
      this.#planFlush();
    });
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  cast(name: string, body: unknown, transfer?: readonly Transferable[]): Result<void, RuntimeError> {
    const refusal = this.#refusal();
    if (refusal !== null) return err(refusal);
    this.#push(this.#codeOf(name), body, transfer);
    return queued;
  }

  call(
    name: string,
    body: unknown,
    deadlineMs: number = limits.callDeadlineMs,
    transfer?: readonly Transferable[],
  ): ResultAsync<unknown, Fault> {
    const refusal = this.#refusal();
    if (refusal !== null) return new ResultAsync(Promise.resolve(err(refusal)));
    const seq = this.#next;
    const code = this.#codeOf(name) | isCall;
    const answer = this.#calls.open(seq, { code, name, body, deadlineMs });
    this.#push(code, body, transfer);
    return new ResultAsync(answer);
  }

  credit(): Promise<void> {
    if (this.#isGone || this.#next - this.#head < this.#credit) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  setCredit(credit: number): void {
    this.#credit = Math.max(1, Math.min(credit, limits.linkCreditMax));
    this.#wake();
  }

  /** Joins a (new) receiver: everything that is not acknowledged is posted, again where it was posted before. */
  attach(pipe: Pipe<Batch>): void {
    this.#pipe?.close();
    this.#pipe = pipe;
    this.#isGone = false;
    this.#namesTold = 0;
    this.#dropTransferred();
    this.#flushed = this.#head;
    for (const call of this.#calls.before(this.#head)) this.#post(call.seq, [call.code], [call.body], []);
    this.flush();
  }

  /** The receiver is dead. Takes in what it said last, so that nothing handled is sent again without need. */
  detach(): void {
    const pipe = this.#pipe;
    pipe?.drain();
    this.#pipe = null;
    pipe?.close();
  }

  /** The receiver's thread died while it handled this envelope (low 32 bits of its number). */
  blame(seqLow: number): void {
    const place = this.#placeOf(seqLow);
    const call = this.#calls.find((pending) => (pending.seq | 0) === seqLow);
    if (place === null && call === null) return;
    if (this.#suspect.seq !== seqLow) this.#suspect = { seq: seqLow, tries: 0 };
    this.#suspect.tries += 1;
    if (this.#suspect.tries < limits.poisonTriesMax) return;
    this.#suspect = { seq: 0, tries: 0 };
    if (place !== null) this.#giveUp(place, 'poison');
    else if (call !== null) this.#calls.fail(call.seq, poisonFault(this.link.to, call.name));
  }

  /** The receiver is gone for good. */
  close(): void {
    if (this.#isGone) return;
    this.detach();
    this.#isGone = true;
    for (let seq = this.#head; seq < this.#next; seq += 1)
      if (this.#codeAt(seq) !== takenOut && (this.#codeAt(seq) & isCall) === 0) this.#bury(seq, 'stopped');
    this.#calls.failAll({ code: 'runtime/no-actor', actor: this.link.to });
    this.#head = this.#next;
    this.#flushed = this.#next;
    this.#codes = [];
    this.#bodies = [];
    this.#mask = -1;
    this.#transfers.clear();
    this.#wake();
  }

  /** This end's owner is gone: what was posted is still handled. */
  abandon(): void {
    this.flush();
    this.#pipe?.close();
    this.#pipe = null;
    this.#isGone = true;
    this.#calls.failAll({ code: 'runtime/no-actor', actor: this.link.to });
    this.#wake();
  }

  /** Posts what waits. Called at the latest in the next microtask. */
  flush(): void {
    this.#isFlushPlanned = false;
    if (this.#pipe === null) return;
    if (this.#cancelled.length > 0 && this.#flushed === this.#next) this.#post(this.#next, [], [], []);
    while (this.#flushed < this.#next) {
      const first = this.#flushed;
      const codes: EnvelopeCode[] = [];
      const bodies: unknown[] = [];
      const transfer: Transferable[] = [];
      for (; this.#flushed < this.#next && codes.length < limits.linkBatchMax; this.#flushed += 1) {
        const code = this.#codeAt(this.#flushed);
        if (code === takenOut) break;
        codes.push(code);
        bodies.push(this.#bodies[this.#flushed & this.#mask]);
        if ((code & hasTransfer) !== 0) transfer.push(...(this.#transfers.get(this.#flushed) ?? []));
      }
      if (codes.length > 0) this.#post(first, codes, bodies, transfer);
      while (this.#flushed < this.#next && this.#codeAt(this.#flushed) === takenOut) this.#flushed += 1;
    }
  }

  onPacket(packet: Progress): void {
    if (typeof packet === 'number') {
      this.#acknowledged(packet);
      return;
    }
    const [handled, seqs, areOk, values] = packet;
    this.#acknowledged(handled);
    for (let i = 0; i < seqs.length; i += 1) this.#calls.answer(seqs[i] ?? 0, areOk[i] === true, values[i]);
  }

  onClosed(): void {
    this.#pipe = null;
    if (!this.#isGone) this.#events.linkLost(this.link.id);
  }

  #refusal(): RuntimeError | null {
    if (this.#isGone) return { code: 'runtime/no-actor', actor: this.link.to };
    if (this.#next - this.#head >= this.#credit) return { code: 'runtime/mailbox-full', actor: this.link.to };
    return null;
  }

  #codeOf(name: string): EnvelopeCode {
    let index = this.#codeOfName.get(name);
    if (index === undefined) {
      index = this.#names.push(name) - 1;
      this.#codeOfName.set(name, index);
    }
    return index << nameShift;
  }

  #push(code: EnvelopeCode, body: unknown, transfer: readonly Transferable[] | undefined): void {
    const seq = this.#next;
    if (seq - this.#head > this.#mask) this.#grow();
    const slot = seq & this.#mask;
    this.#bodies[slot] = body;
    if (transfer !== undefined && transfer.length > 0) {
      this.#codes[slot] = code | hasTransfer;
      this.#transfers.set(seq, transfer);
    } else this.#codes[slot] = code;
    this.#next = seq + 1;
    if (seq + 1 - this.#flushed >= limits.linkBatchMax) this.flush();
    else this.#planFlush();
  }

  #planFlush(): void {
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    queueMicrotask(this.#flushNow);
  }

  readonly #flushNow = (): void => {
    if (this.#isFlushPlanned) this.flush();
  };

  #post(
    first: number,
    codes: readonly EnvelopeCode[],
    bodies: readonly unknown[],
    transfer: readonly Transferable[],
  ): void {
    if (this.#pipe === null) return;
    if (isTracing) traceBatch(this.link, this.#names, first, codes);
    const names = this.#namesTold < this.#names.length ? this.#names.slice(this.#namesTold) : null;
    const cancelled = this.#cancelled.length > 0 ? this.#cancelled : null;
    try {
      this.#pipe.post([first, names, cancelled, codes, bodies], transfer);
    } catch {
      this.#postOneByOne(first, codes, bodies);
      return;
    }
    this.#namesTold = this.#names.length;
    this.#cancelled = [];
    if (transfer.length > 0) for (let i = 0; i < codes.length; i += 1) this.#forgetTransferred(first + i);
  }

  /** Some body of a batch cannot be cloned: the others shall not suffer from it. */
  #postOneByOne(first: number, codes: readonly EnvelopeCode[], bodies: readonly unknown[]): void {
    if (codes.length === 1) {
      if (first >= this.#head) this.#giveUp(first, 'not-cloneable');
      return;
    }
    codes.forEach((code, i) =>
      this.#post(first + i, [code], [bodies[i]], this.#transfers.get(first + i) ?? []),
    );
  }

  #forgetTransferred(seq: number): void {
    if (!this.#transfers.delete(seq)) return;
    this.#bodies[seq & this.#mask] = undefined;
    this.#calls.dropBody(seq);
  }

  /** Envelopes whose objects moved to a receiver that is dead now: they are delivered at most once. */
  #dropTransferred(): void {
    for (let seq = this.#head; seq < this.#flushed; seq += 1) {
      const code = this.#codeAt(seq);
      if (code !== takenOut && (code & hasTransfer) !== 0) this.#giveUp(seq, 'lost-transfer');
    }
    for (const call of this.#calls.before(this.#head))
      if (call.hasLostBody)
        this.#calls.fail(call.seq, { code: 'runtime/lost', actor: this.link.to, name: call.name });
  }

  #giveUp(seq: number, reason: DeadLetter['reason']): void {
    const name = this.#nameAt(seq);
    this.#bury(seq, reason);
    const actor = this.link.to;
    if (reason === 'poison') this.#calls.fail(seq, poisonFault(actor, name));
    else if (reason === 'not-cloneable')
      this.#calls.fail(seq, { code: 'runtime/not-cloneable', actor, name });
    else this.#calls.fail(seq, { code: 'runtime/lost', actor, name });
    const slot = seq & this.#mask;
    this.#codes[slot] = takenOut;
    this.#bodies[slot] = undefined;
    this.#transfers.delete(seq);
    this.#acknowledged(this.#head - 1);
  }

  #bury(seq: number, reason: DeadLetter['reason']): void {
    const { from, to } = this.link;
    const isMoved = (this.#codeAt(seq) & hasTransfer) !== 0 || reason === 'not-cloneable';
    const body = isMoved ? undefined : this.#bodies[seq & this.#mask];
    this.#events.deadLetter({ actor: to, from, name: this.#nameAt(seq), reason, body });
  }

  #acknowledged(handled: number): void {
    let head = this.#head;
    for (; head < this.#flushed && (head <= handled || this.#codeAt(head) === takenOut); head += 1)
      this.#bodies[head & this.#mask] = undefined;
    this.#head = head;
    if (this.#waiting.length > 0) this.#wake();
  }

  #wake(): void {
    const free = this.#credit - (this.#next - this.#head);
    if (!this.#isGone && free < Math.max(1, this.#credit * wakeFraction)) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #placeOf(seqLow: number): number | null {
    for (let seq = this.#head; seq < this.#flushed; seq += 1)
      if ((seq | 0) === seqLow && this.#codeAt(seq) !== takenOut) return seq;
    return null;
  }

  #codeAt(seq: number): EnvelopeCode {
    return this.#codes[seq & this.#mask] ?? takenOut;
  }

  #nameAt(seq: number): string {
    return this.#names[this.#codeAt(seq) >> nameShift] ?? '';
  }

  #grow(): void {
    const [codes, bodies, oldMask] = [this.#codes, this.#bodies, this.#mask];
    const slots = Math.max(slotsMin, (oldMask + 1) * 2);
    this.#codes = Array.from({ length: slots }, () => takenOut);
    this.#bodies = Array.from({ length: slots });
    this.#mask = slots - 1;
    for (let seq = this.#head; seq < this.#next; seq += 1) {
      this.#codes[seq & this.#mask] = codes[seq & oldMask] ?? takenOut;
      this.#bodies[seq & this.#mask] = bodies[seq & oldMask];
    }
  }
}

const poisonFault = (actor: string, name: string): RuntimeError => ({ code: 'runtime/poison', actor, name });
