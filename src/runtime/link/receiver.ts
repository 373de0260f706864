/**
 * The receiving end of a link. Its listener only enqueues; what was handled is acknowledged by the highest number,
 * together with the answers to calls, in one small message per drained batch.
 */
import type { Transferable } from 'node:worker_threads';
import { runtime as limits } from '../limits.js';
import type { Fault, ReplyTo } from '../actor.js';
import type { Batch, LinkAddress, Progress } from './sender.js';
import { isCall, nameShift, type EnvelopeCode } from '../cell/mailbox.js';
import type { Pipe, PipeEnd } from './pipe.js';

/** What an actor's cell offers the ends that lead to it. */
export interface Inbox {
  /** Index of the handler for `name`, or -1. */
  handlerIndex(name: string): number;
  enqueue(from: LinkReceiver, seq: number, code: EnvelopeCode, body: unknown): void;
  unknownName(from: LinkReceiver, seq: number, code: EnvelopeCode, name: string, body: unknown): void;
  wake(): void;
  /** Nothing more comes from this end. */
  ended(from: LinkReceiver): void;
  /** An answer was given outside a batch: should it leave by itself? */
  mayAnswerNow(): boolean;
}

export class LinkReceiver implements PipeEnd<Batch> {
  readonly link: LinkAddress;
  readonly #inbox: Inbox;
  #pipe: Pipe<Progress> | null = null;
  /** The sender's name index → ours. */
  readonly #indexes: number[] = [];
  readonly #names: string[] = [];
  #received = 0;
  #settled = 0;
  #acknowledged = 0;
  #seqs: number[] = [];
  #areOk: boolean[] = [];
  #values: unknown[] = [];
  #transfers: Transferable[] = [];
  #isFlushPlanned = false;
  #isAckPlanned = false;
  /** Calls whose handler went on without an answer. */
  readonly #deferred = new Map<number, { readonly code: EnvelopeCode; readonly body: unknown }>();

  constructor(link: LinkAddress, inbox: Inbox) {
    this.link = link;
    this.#inbox = inbox;
  }

  get settled(): number {
    return this.#settled;
  }

  /** The sender will not come back: once its port is closed and all is handled, this end may be forgotten. */
  isLast = false;

  /** Until the sender is gone for good, what was received must be known: it may come again over another port. */
  get isDone(): boolean {
    return this.isLast && this.#pipe === null && this.#settled >= this.#received;
  }

  attach(pipe: Pipe<Progress>): void {
    this.#pipe?.close();
    this.#pipe = pipe;
    this.#indexes.length = 0;
    this.#names.length = 0;
    this.#acknowledged = 0;
    // The sender kept what it did not see acknowledged: tell it again before it sends again.
    if (this.#settled > 0) this.acknowledge();
  }

  onPacket([first, names, cancelled, codes, bodies]: Batch): void {
    if (names !== null)
      for (const name of names) {
        this.#names.push(name);
        this.#indexes.push(this.#inbox.handlerIndex(name));
      }
    if (cancelled !== null) for (const seq of cancelled) this.#deferred.delete(seq);
    for (let i = 0; i < codes.length; i += 1) this.#accept(first + i, codes[i] ?? 0, bodies[i]);
    this.#inbox.wake();
  }

  onClosed(): void {
    this.#pipe = null;
    this.#inbox.ended(this);
  }

  /** This end's owner is gone. */
  close(): void {
    this.acknowledge();
    const pipe = this.#pipe;
    this.#pipe = null;
    pipe?.close();
    this.#deferred.clear();
  }

  settle(seq: number): void {
    if (seq > this.#settled) this.#settled = seq;
  }

  answer(seq: number, isOk: boolean, value: unknown, transfer?: readonly Transferable[]): void {
    this.#seqs.push(seq);
    this.#areOk.push(isOk);
    this.#values.push(value);
    if (transfer !== undefined) this.#transfers.push(...transfer);
  }

  /** Answers of a batch that will be handled again must not leave. */
  dropAnswersAfter(seq: number): void {
    const kept = this.#seqs.map((s, i) => ({ s, i })).filter(({ s }) => s <= seq);
    this.#areOk = kept.map(({ i }) => this.#areOk[i] === true);
    this.#values = kept.map(({ i }) => this.#values[i]);
    this.#seqs = kept.map(({ s }) => s);
  }

  defer(seq: number, code: EnvelopeCode, body: unknown): void {
    this.#deferred.set(seq, { code, body });
  }

  /** Calls that were handled and settled, but not answered; forgotten here, for they are enqueued again. */
  takeDeferred(): readonly { readonly seq: number; readonly code: EnvelopeCode; readonly body: unknown }[] {
    const open = [...this.#deferred]
      .filter(([seq]) => seq <= this.#settled)
      .map(([seq, call]) => ({ seq, ...call }))
      .toSorted((a, b) => a.seq - b.seq);
    this.#deferred.clear();
    return open;
  }

  /**
   * Sends answers at once, and with them what is settled. A bare acknowledgement wakes a sleeping thread for little,
   * so it waits for the end of this turn of the loop or for more of its kind.
   */
  flush(): void {
    this.#isFlushPlanned = false;
    const pipe = this.#pipe;
    if (pipe === null) return;
    if (this.#seqs.length === 0) {
      if (this.#settled - this.#acknowledged >= limits.acknowledgeEvery) this.acknowledge();
      else if (this.#settled > this.#acknowledged && !this.#isAckPlanned) {
        this.#isAckPlanned = true;
        setImmediate(() => this.acknowledge());
      }
      return;
    }
    const [seqs, areOk, values, transfer] = [this.#seqs, this.#areOk, this.#values, this.#transfers];
    this.#seqs = [];
    this.#areOk = [];
    this.#values = [];
    this.#transfers = [];
    this.#acknowledged = this.#settled;
    try {
      pipe.post([this.#settled, seqs, areOk, values], transfer);
    } catch {
      this.#postOneByOne(pipe, seqs, areOk, values, transfer);
    }
  }

  acknowledge(): void {
    this.#isAckPlanned = false;
    if (this.#pipe === null || this.#settled <= this.#acknowledged) return;
    this.#acknowledged = this.#settled;
    this.#pipe.post(this.#settled, []);
  }

  replyTo(seq: number): CallReply {
    return new CallReply(this, seq);
  }

  /** From a `ReplyTo`, at any time. */
  answerLater(seq: number, isOk: boolean, value: unknown, transfer?: readonly Transferable[]): void {
    this.#deferred.delete(seq);
    this.answer(seq, isOk, value, transfer);
    if (this.#isFlushPlanned || !this.#inbox.mayAnswerNow()) return;
    this.#isFlushPlanned = true;
    queueMicrotask(() => {
      if (this.#isFlushPlanned) this.flush();
    });
  }

  #accept(seq: number, code: EnvelopeCode, body: unknown): void {
    if (seq <= this.#received) {
      // Sent again after the link was repaired: ours already, unless it is a call whose answer got lost.
      const isAnswered = (code & isCall) !== 0 && seq <= this.#settled && !this.#deferred.has(seq);
      if (!isAnswered) return;
    } else this.#received = seq;
    const index = this.#indexes[code >> nameShift] ?? -1;
    if (index < 0) {
      this.#inbox.unknownName(this, seq, code, this.#names[code >> nameShift] ?? '', body);
      return;
    }
    this.#inbox.enqueue(this, seq, (index << nameShift) | (code & (2 ** nameShift - 1)), body);
  }

  /** One answer cannot be cloned: its caller hears so, the others get theirs. */
  #postOneByOne(
    pipe: Pipe<Progress>,
    seqs: readonly number[],
    areOk: readonly boolean[],
    values: readonly unknown[],
    transfer: readonly Transferable[],
  ): void {
    seqs.forEach((seq, i) => {
      try {
        pipe.post(
          [this.#settled, [seq], [areOk[i] === true], [values[i]]],
          seqs.length === 1 ? [] : transfer,
        );
      } catch {
        const fault = { code: 'runtime/not-cloneable', actor: this.link.to, name: '' };
        pipe.post([this.#settled, [seq], [false], [fault]], []);
      }
    });
  }
}

/** Where the answer of one call goes. */
export class CallReply implements ReplyTo<unknown, Fault> {
  readonly #end: LinkReceiver;
  readonly #seq: number;
  isAnswered = false;

  constructor(end: LinkReceiver, seq: number) {
    this.#end = end;
    this.#seq = seq;
  }

  ok(reply: unknown, transfer?: readonly Transferable[]): void {
    if (this.isAnswered) return;
    this.isAnswered = true;
    this.#end.answerLater(this.#seq, true, reply, transfer);
  }

  err(fault: Fault): void {
    if (this.isAnswered) return;
    this.isAnswered = true;
    this.#end.answerLater(this.#seq, false, fault);
  }
}
