/**
 * The receiving end of a link. Its listener only enqueues. Handled envelopes are acknowledged by the highest number,
 * together with the answers to calls, in one small message per drained batch.
 */
import type { Transferable } from 'node:worker_threads';
import type { RuntimeLimits } from '../limits.js';
import type { Loop } from '../timers.js';
import type { Fault, ReplyTo } from '../actor.js';
import { refusedReply, type Batch, type LinkAddress, type Progress } from './protocol.js';
import { Answers } from './answers.js';
import { isCall, nameShift, type EnvelopeCode, type Origin } from './envelope.js';
import { envelopeId } from './names.js';
import type { DirectEnd, Pipe } from './pipe.js';

/** The services of a cell for the ends that lead to it. */
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
  /** Envelopes that each link may hold now. */
  readonly credit: number;
  readonly loop: Loop;
}

const noDeferred: Rare['deferred'] = new Map();

/** The state of a link that few links have. */
class Rare {
  /** Calls that their callers gave up before they were handled. */
  readonly cancelled = new Set<number>();
  readonly open = new Map<number, AbortController>();
  /** Numbers of messages that are put aside, or wait again after that. */
  readonly held = new Map<number, 'aside' | 'waiting'>();
  /** Calls whose handler went on without an answer. */
  readonly deferred = new Map<number, { readonly code: EnvelopeCode; readonly body: unknown }>();
}

/** The receiving end of one link. */
export class LinkReceiver implements DirectEnd {
  readonly link: LinkAddress;
  readonly #inbox: Inbox;
  #pipe: Pipe<Progress> | null = null;
  /** The sender's name index → ours. */
  readonly #indexes: number[] = [];
  readonly #names: string[] = [];
  #received = 0;
  #done = 0;
  /** Up to here everything that the handling caused is safe, so the sender may forget it. */
  #released = 0;
  #acknowledged = 0;
  readonly #answers = new Answers();
  readonly #limits: RuntimeLimits;
  /** The credit that the sender knows of. */
  #toldCredit: number;
  #marker = 0;
  #onMarker: (() => void) | null = null;
  /** Null, as for most links: there was no use for it yet. */
  #rare: Rare | null = null;
  #isFlushPlanned = false;
  #isAckPlanned = false;
  #acknowledgeNow: (() => void) | null = null;

  constructor(link: LinkAddress, inbox: Inbox, limits: RuntimeLimits) {
    this.link = link;
    this.#inbox = inbox;
    this.#limits = limits;
    this.#toldCredit = link.credit;
  }

  /** The sender, where it is in this thread and this thread can die. */
  neighbour: { originOf(seq: number): Origin | null } | null = null;

  get done(): number {
    return this.#done;
  }

  /** Envelopes were handled since its cell acknowledged last. */
  isTouched = false;
  #isSenderLost = false;
  /** The sender will not come back: once its port is closed and all is handled, this end may be forgotten. */
  isLast = false;

  /** Until the sender is gone for good, what was received must be known: it may come again over another port. */
  get isDone(): boolean {
    return this.isLast && this.#pipe === null && this.#released >= this.#received;
  }

  /** Its sender is in no thread any more, so nobody else knows of its messages. */
  get isOrphan(): boolean {
    return this.#isSenderLost;
  }

  attach(pipe: Pipe<Progress>): void {
    this.#pipe?.close();
    this.#pipe = pipe;
    this.#isSenderLost = false;
    this.#indexes.length = 0;
    this.#names.length = 0;
    this.#acknowledged = 0;
    // The sender kept what it did not see acknowledged: tell it again before it sends again.
    if (this.#released > 0) this.acknowledge();
    this.tellCredit();
  }

  /** Tells the sender how much it may send, when that has changed. */
  tellCredit(): void {
    const { credit } = this.#inbox;
    if (this.#pipe === null || credit === this.#toldCredit) return;
    this.#toldCredit = credit;
    this.#pipe.post([credit], [], 0, null);
  }

  hasReached(marker: number): boolean {
    return this.#pipe === null || this.#marker >= marker;
  }

  /** Resolves when everything that was sent before this stop marker is here, or when nothing more comes. */
  reached(marker: number): Promise<void> {
    if (this.hasReached(marker)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onMarker = () => {
        if (this.hasReached(marker)) resolve();
      };
    });
  }

  onPacket(packet: Batch): void {
    if (typeof packet === 'number') {
      this.#marker = packet;
      this.#onMarker?.();
      return;
    }
    const [first, names, cancelled, codes, bodies] = packet;
    if (names !== null)
      for (const name of names) {
        this.#names.push(name);
        this.#indexes.push(this.#inbox.handlerIndex(name));
      }
    if (cancelled !== null) for (const seq of cancelled) this.#cancel(seq);
    for (let i = 0; i < codes.length; i += 1) this.accept(first + i, codes[i] ?? 0, bodies[i]);
    this.#inbox.wake();
  }

  wake(): void {
    this.#inbox.wake();
  }

  onClosed(isLost: boolean): void {
    this.#pipe = null;
    this.#isSenderLost = isLost;
    this.#onMarker?.();
    this.#inbox.ended(this);
  }

  /** This end's owner is gone: what it handled is handled. */
  close(): void {
    this.release(this.#done);
    this.acknowledge();
    const pipe = this.#pipe;
    this.#pipe = null;
    pipe?.close();
    this.#rare?.deferred.clear();
  }

  finish(seq: number): void {
    if (this.#rare?.held.get(seq) === 'waiting') this.#rare.held.delete(seq);
    if (seq > this.#done) this.#done = seq;
  }

  /** A stashed message is not acknowledged, and so no later one is. */
  hold(seq: number): void {
    this.#inRare.held.set(seq, 'aside');
  }

  /** Notes that stashed messages wait in the mailbox again. */
  requeue(seq: number): void {
    this.#inRare.held.set(seq, 'waiting');
  }

  isAside(seq: number): boolean {
    return this.#rare?.held.get(seq) === 'aside';
  }

  release(seq: number): void {
    const held = this.#rare === null || this.#rare.held.size === 0 ? null : this.#rare.held;
    const limit = held === null ? seq : Math.min(seq, Math.min(...held.keys()) - 1);
    if (limit > this.#released) this.#released = limit;
  }

  answer(seq: number, isOk: boolean, value: unknown, transfer?: readonly Transferable[]): void {
    this.#answers.add(seq, isOk, value, transfer);
    this.#rare?.open.delete(seq);
  }

  get #inRare(): Rare {
    this.#rare ??= new Rare();
    return this.#rare;
  }

  /** Null for an envelope from another thread, and where none is known. */
  originOf(seq: number): Origin | null {
    return this.neighbour === null ? null : this.neighbour.originOf(seq);
  }

  /** Did the caller give this call up before its handler began? Asked once. */
  isCancelled(seq: number): boolean {
    return this.#rare?.cancelled.delete(seq) === true;
  }

  /** Aborted when the caller gives the call up. */
  signalOf(seq: number): AbortSignal {
    const { open } = this.#inRare;
    let controller = open.get(seq);
    if (controller === undefined) {
      controller = new AbortController();
      open.set(seq, controller);
    }
    return controller.signal;
  }

  /** Answers of a batch that will be handled again must not leave. */
  dropAnswersAfter(seq: number): void {
    this.#answers.dropAfter(seq);
  }

  defer(seq: number, code: EnvelopeCode, body: unknown): void {
    this.#inRare.deferred.set(seq, { code, body });
  }

  /** Calls that were done, but not answered; forgotten here, for they are enqueued again. */
  takeDeferred(): readonly { readonly seq: number; readonly code: EnvelopeCode; readonly body: unknown }[] {
    const deferred = this.#rare?.deferred ?? noDeferred;
    const open = [...deferred]
      .filter(([seq]) => seq <= this.#done)
      .map(([seq, call]) => ({ seq, ...call }))
      .toSorted((a, b) => a.seq - b.seq);
    this.#rare?.deferred.clear();
    return open;
  }

  /**
   * Sends answers at once, and with them what is done. A bare acknowledgement wakes a sleeping thread for little,
   * so it waits for the end of this turn of the loop or for more of its kind.
   */
  flush(): void {
    this.#isFlushPlanned = false;
    const pipe = this.#pipe;
    if (pipe === null) return;
    if (this.#answers.isEmpty) {
      if (this.#released - this.#acknowledged >= this.#limits.acknowledgeEvery) this.acknowledge();
      else if (this.#released > this.#acknowledged && !this.#isAckPlanned) {
        this.#isAckPlanned = true;
        this.#acknowledgeNow ??= () => this.acknowledge();
        this.#inbox.loop.turn(this.#acknowledgeNow);
      }
      return;
    }
    const batch = this.#answers.take();
    this.#acknowledged = this.#released;
    pipe.post(batch.packet(this.#released), batch.transfer(), batch.size, () => this.#postApart(pipe, batch));
  }

  acknowledge(): void {
    this.#isAckPlanned = false;
    if (this.#pipe === null || this.#released <= this.#acknowledged) return;
    this.#acknowledged = this.#released;
    this.#pipe.post(this.#released, [], 0, null);
  }

  /** Id of an envelope; the same at each delivery by one life of its sender. */
  messageId(seq: number): string {
    return envelopeId(this.link, seq);
  }

  replyTo(seq: number): CallReply {
    return new CallReply(this, seq);
  }

  /** From a `ReplyTo`, at any time. */
  answerLater(seq: number, isOk: boolean, value: unknown, transfer?: readonly Transferable[]): void {
    this.#rare?.deferred.delete(seq);
    this.answer(seq, isOk, value, transfer);
    if (this.#isFlushPlanned || !this.#inbox.mayAnswerNow()) return;
    this.#isFlushPlanned = true;
    this.#inbox.loop.soon(() => {
      if (this.#isFlushPlanned) this.flush();
    });
  }

  #cancel(seq: number): void {
    const { deferred, open, cancelled } = this.#inRare;
    deferred.delete(seq);
    const controller = open.get(seq);
    open.delete(seq);
    if (controller !== undefined) controller.abort();
    else if (seq > this.#done) cancelled.add(seq);
  }

  /** Takes in one envelope; `wake` follows the last of several. */
  accept(seq: number, code: EnvelopeCode, body: unknown): void {
    if (seq <= this.#received) {
      // Sent again after the link was repaired: ours already, unless it is a call whose answer got lost.
      if (this.#rare?.held.has(seq) === true) return;
      const isDeferred = this.#rare?.deferred.has(seq) === true;
      const isAnswered = (code & isCall) !== 0 && seq <= this.#done && !isDeferred;
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
  #postApart(pipe: Pipe<Progress>, batch: Answers): void {
    for (const { seq, isOk, value, transfer } of batch.all())
      try {
        pipe.postNow([this.#released, seq, isOk ? null : [false], [value]], transfer);
      } catch {
        pipe.postNow([this.#released, seq, [false], [refusedReply]], []);
      }
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

  get signal(): AbortSignal {
    return this.#end.signalOf(this.#seq);
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
