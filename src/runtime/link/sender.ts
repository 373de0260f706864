/**
 * The sending end of a link. It numbers envelopes, posts them in batches, and keeps each until the receiver has
 * acknowledged it as handled; after a crash of the receiver it sends what is left again, in order.
 *
 * The ring holds the envelopes from `head` (oldest not acknowledged) over `flushed` (first not posted) to `next`.
 */
import { err, errAsync, ok, ResultAsync, type Result } from 'neverthrow';
import type { Transferable } from 'node:worker_threads';
import type { RuntimeError } from '../errors.js';
import type { RuntimeLimits } from '../limits.js';
import type { Recorder } from '../recorder.js';
import type { Fault } from '../actor.js';
import { isOnce, isCall, takenOut, type EnvelopeCode, type Origin } from './envelope.js';
import type { DirectEnd, Pipe, PipeEnd, Refused } from './pipe.js';
import { PendingCalls } from './pending-calls.js';
import { isTracing, traceBatch } from '../trace.js';
import { aborted, full, givenUp, gone, lost, poison } from './faults.js';
import { postApart } from './apart.js';
import { deepFreeze } from './freeze.js';
import type {
  Batch,
  CallOptions,
  DeadLetter,
  LinkAddress,
  Progress,
  SenderEvents,
  SenderOptions,
  SenderOwner,
} from './protocol.js';
import { envelopeId, NameTable } from './names.js';
import { eachAnswer } from './answers.js';
import { EnvelopeRing } from './ring.js';
import { Suspect } from './suspect.js';
import { callLater, WaitingLine } from './waiting-line.js';

type Answer = Promise<Result<unknown, Fault>>;

const queued: Result<void, RuntimeError> = ok(undefined);
/** A sender that waits is woken when this part of its credit is free, so that it sends more than one envelope. */
const wakeFraction = 1 / 4;

/** The sending end of one link. */
export class LinkSender implements PipeEnd<Progress> {
  /** Replaced once, by `adopt`. */
  link: LinkAddress;
  readonly #events: SenderEvents;
  readonly #ring = new EnvelopeRing();
  #head = 1;
  #flushed = 1;
  #next = 1;
  #credit: number;
  readonly #limits: RuntimeLimits;
  /** Null: code outside any actor. */
  owner: SenderOwner<LinkSender> | null = null;
  isCircular: boolean;
  /** The receiver may be in this thread, and this thread can die. */
  keepsOrigins: boolean;
  #isAbandoned = false;
  #pipe: Pipe<Batch> | null = null;
  #onRefused: Refused<Batch> | null = null;
  #isFlushPlanned = false;
  isGone = false;
  readonly #names = new NameTable();
  #cancelled: number[] = [];
  /** Null: there was no call yet. */
  #calls: PendingCalls | null = null;
  readonly #waiting: WaitingLine;
  readonly #options: SenderOptions;
  readonly #recorder: Recorder | null;
  readonly #suspect = new Suspect();

  constructor(link: LinkAddress, events: SenderEvents, options: SenderOptions) {
    this.link = link;
    this.#events = events;
    this.#limits = options.limits;
    this.keepsOrigins = !options.isLasting;
    this.#options = options;
    this.#recorder = options.recorder;
    this.#waiting = new WaitingLine(options.loop);
    this.#credit = link.credit;
    this.isCircular = link.isCircular;
  }

  /** The address of a link that was opened without one: what was queued meanwhile waits for its pipe. */
  adopt(link: LinkAddress): void {
    this.link = link;
    this.isCircular = link.isCircular;
    this.setCredit(link.credit);
  }

  get next(): number {
    return this.#next;
  }
  /** Number of the oldest envelope that is not acknowledged; `next` when all are. */
  get head(): number {
    return this.#head;
  }

  cast(name: string, body: unknown, transfer?: readonly Transferable[]): Result<void, RuntimeError> {
    if (this.isGone) return err(gone(this.link.to));
    if (this.#isFull()) return err(full(this.link.to));
    this.#push(this.#names.codeOf(name), body, transfer);
    return queued;
  }

  castOnce(name: string, body: unknown, transfer?: readonly Transferable[]): Result<void, RuntimeError> {
    if (this.isGone) return err(gone(this.link.to));
    if (this.#isFull()) return err(full(this.link.to));
    this.#push(this.#names.codeOf(name) | isOnce, body, transfer);
    return queued;
  }

  get pending(): number {
    return this.#next - this.#head + (this.#calls?.size ?? 0) + this.#waiting.messages;
  }

  /** Sends like `cast`, but waits for room. */
  send(name: string, body: unknown, transfer?: readonly Transferable[]): ResultAsync<void, RuntimeError> {
    if (this.isGone || !this.#isFull())
      return new ResultAsync(Promise.resolve(this.cast(name, body, transfer)));
    return new ResultAsync(
      this.#waiting.joinMessage(() => this.#push(this.#names.codeOf(name), body, transfer)),
    );
  }

  call(name: string, body: unknown, options: CallOptions = {}): ResultAsync<unknown, Fault> {
    const deadlineMs = options.deadlineMs ?? this.#limits.callDeadlineMs;
    if (this.isGone) return errAsync(gone(this.link.to));
    if (options.signal?.aborted === true) return errAsync(aborted(this.link.to, name));
    if (!this.#isFull() && (this.#calls?.size ?? 0) < this.#credit)
      return new ResultAsync(this.#callNow(name, body, deadlineMs, options));
    const go = (leftMs: number): Answer => this.#callNow(name, body, leftMs, options);
    return new ResultAsync(callLater(this.#waiting, this.link.to, name, deadlineMs, options.signal, go));
  }

  /** Resolves when there is room again; fails when the receiver is gone for good. */
  credit(): Promise<Result<void, RuntimeError>> {
    if (this.isGone) return Promise.resolve(err(gone(this.link.to)));
    if (!this.#isFull()) return Promise.resolve(queued);
    return this.#waiting.joinForCredit();
  }

  setCredit(credit: number): void {
    this.#credit = Math.max(1, Math.min(credit, this.#limits.linkCreditMax));
    this.#wake();
    if (this.#flushed < this.#next) this.#planFlush();
  }

  /** Tells the receiver, after everything sent so far, that it is to stop. */
  mark(marker: number): void {
    this.flush();
    this.#pipe?.post(marker, [], 0, null);
  }

  /** Joins a (new) receiver: everything that is not acknowledged is posted, again where it was posted before. */
  attach(pipe: Pipe<Batch>): void {
    this.#pipe?.close();
    this.#pipe = pipe;
    // A message that an earlier pipe refuses was posted over this one as well.
    this.#onRefused = (packet) => {
      if (this.#pipe === pipe) this.#postApart(pipe, packet);
    };
    this.isGone = false;
    this.#names.forget();
    this.#dropTransferred();
    this.#flushed = this.#head;
    for (const call of this.#calls?.before(this.#head) ?? [])
      this.#post(call.seq, [call.code], [call.body], []);
    this.flush();
  }

  originOf(seq: number): Origin | null {
    return seq < this.#head ? null : this.#ring.originAt(seq);
  }
  /** The receiver is dead. Takes in what it said last, so that nothing handled is sent again without need. */
  detach(): void {
    this.#pipe?.drain();
    this.#unplug();
  }

  /** The receiver's thread died while it handled this envelope (low 32 bits of its number). */
  blame(seqLow: number): void {
    const place = this.#ring.find(this.#head, this.#flushed, seqLow);
    const call = this.#calls?.find((pending) => (pending.seq | 0) === seqLow) ?? null;
    if (place === null && call === null) return;
    if (!this.#suspect.isGuilty(seqLow, this.link.triesMax)) return;
    if (place !== null) this.#giveUp(place, 'poison');
    else if (call !== null) this.#calls?.fail(call.seq, poison(this.link.to, call.name));
  }

  /** Closes the link, since the receiver has ended and does not come back. */
  close(): void {
    if (this.isGone) return;
    this.detach();
    this.isGone = true;
    this.#buryAll();
    this.#calls?.failAll(gone(this.link.to));
    this.#wake();
    this.owner?.onAcknowledged(this);
  }

  /**
   * This end's owner is gone: what was posted is still handled, and what the receiver does not acknowledge before it is
   * gone as well becomes a dead letter.
   */
  abandon(): void {
    this.flush();
    this.isGone = true;
    this.#isAbandoned = true;
    this.owner = null;
    this.#calls?.failAll(gone(this.link.to));
    this.#wake();
    if (this.#pipe === null) this.#buryAll();
    else if (this.#head >= this.#next) this.#unplug();
  }

  #unplug(): void {
    const pipe = this.#pipe;
    this.#pipe = null;
    pipe?.close();
  }

  #buryAll(): void {
    for (let seq = this.#head; seq < this.#next; seq += 1)
      if (this.#ring.codeAt(seq) !== takenOut && (this.#ring.codeAt(seq) & isCall) === 0)
        this.#bury(seq, 'stopped');
    this.#head = this.#next;
    this.#flushed = this.#next;
    this.#ring.clear();
  }

  /** Posts what waits. Called at the latest in the next microtask. */
  flush(): void {
    this.#isFlushPlanned = false;
    this.#calls?.turnOver();
    if (this.#pipe === null) return;
    if (this.#cancelled.length > 0 && this.#flushed === this.#next) this.#post(this.#next, [], [], []);
    if (this.#pipe.direct !== null && !isTracing) {
      this.#handOver(this.#pipe.direct);
      return;
    }
    while (this.#flushed < this.#next && this.#flushed - this.#head < this.#credit) {
      const first = this.#flushed;
      const until = Math.min(this.#next, first + this.#limits.linkBatchMax, this.#head + this.#credit);
      const { codes, bodies } = this.#ring.batch(first, until);
      this.#flushed += codes.length;
      if (codes.length > 0) this.#post(first, codes, bodies, this.#ring.transferOf(first, codes.length));
      while (this.#flushed < this.#next && this.#ring.codeAt(this.#flushed) === takenOut) this.#flushed += 1;
    }
  }

  /** As `flush`, to a receiver in this thread: no packet is made for it. */
  #handOver(direct: DirectEnd): void {
    const until = Math.min(this.#next, this.#head + this.#credit);
    if (this.#cancelled.length > 0 || this.#names.unannounced() !== null) this.#post(until, [], [], []);
    for (; this.#flushed < until; this.#flushed += 1) {
      const code = this.#ring.codeAt(this.#flushed);
      if (code === takenOut) continue;
      const body = this.#ring.bodyAt(this.#flushed);
      if ((code & isOnce) !== 0) this.#forgetBody(this.#flushed);
      direct.accept(this.#flushed, code, body);
    }
    direct.wake();
  }

  onPacket(packet: Progress): void {
    if (typeof packet === 'number') this.#acknowledged(packet);
    else if (packet.length === 1) this.setCredit(packet[0]);
    else {
      this.#acknowledged(packet[0]);
      if (this.#calls !== null) eachAnswer(packet, this.#calls.answer);
    }
  }

  onClosed(): void {
    this.#pipe = null;
    if (this.#isAbandoned) this.#buryAll();
    else if (!this.isGone) this.#events.linkLost(this.link.id);
  }

  /** Messages that wait for room go before later ones. */
  #isFull(): boolean {
    return this.#waiting.messages > 0 || this.#next - this.#head >= this.#credit;
  }

  #callNow(name: string, body: unknown, deadlineMs: number, { transfer, signal }: CallOptions): Answer {
    const seq = this.#next;
    const code = this.#names.codeOf(name) | isCall;
    this.#calls ??= new PendingCalls(this.link.to, this.#options.loop, this.#cancel);
    const answer = this.#calls.open(seq, { code, name, body, deadlineMs });
    this.#push(code, body, transfer);
    return signal === undefined ? answer : this.#calls.until(signal, seq, name, answer);
  }

  readonly #cancel = (seq: number): void => {
    this.#cancelled.push(seq);
    this.#planFlush();
  };

  #push(code: EnvelopeCode, body: unknown, transfer: readonly Transferable[] | undefined): void {
    const seq = this.#next;
    if (this.#options.isStrict) deepFreeze(body);
    const isMoving = transfer !== undefined && transfer.length > 0;
    this.#ring.put(this.#head, seq, isMoving ? code | isOnce : code, body);
    if (isMoving) this.#ring.putTransfer(seq, transfer);
    if (this.keepsOrigins) this.#ring.putOrigin(seq, this.owner?.origin ?? null);
    this.#next = seq + 1;
    if (seq === this.#head) this.owner?.onBusy(this);
    if (this.#recorder !== null)
      this.#recorder.sent(envelopeId(this.link, seq), this.#names.nameOf(code), this.link.from);
    if (seq + 1 - this.#flushed >= this.#limits.linkBatchMax) this.flush();
    else this.#planFlush();
  }

  #planFlush(): void {
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    if (this.owner?.willFlush(this) !== true) this.#options.loop.soon(this.flushPlanned);
  }

  /** Posts what waits, unless that has been done since it was planned. */
  readonly flushPlanned = (): void => {
    if (this.#isFlushPlanned) this.flush();
  };

  #post(
    first: number,
    codes: readonly EnvelopeCode[],
    bodies: readonly unknown[],
    transfer: readonly Transferable[],
  ): void {
    if (this.#pipe === null) return;
    if (isTracing) traceBatch(this.link, this.#names.all, first, codes);
    const names = this.#names.unannounced();
    const cancelled = this.#cancelled.length > 0 ? this.#cancelled : null;
    this.#names.noteAnnounced();
    this.#cancelled = [];
    for (let i = 0; i < codes.length; i += 1)
      if (((codes[i] ?? 0) & isOnce) !== 0) this.#forgetBody(first + i);
    this.#pipe.post([first, names, cancelled, codes, bodies], transfer, codes.length, this.#onRefused);
  }

  /** Some body of a batch cannot be cloned. */
  #postApart(pipe: Pipe<Batch>, packet: Batch): void {
    const giveUp = (seq: number): void => {
      if (seq >= this.#head) this.#giveUp(seq, 'not-cloneable');
    };
    postApart(pipe, packet, (seq) => this.#ring.transferAt(seq), giveUp);
  }

  /** A message that is delivered at most once is not kept. */
  #forgetBody(seq: number): void {
    if (seq >= this.#head) this.#ring.dropBody(seq);
    this.#calls?.dropBody(seq);
  }

  /** Envelopes whose objects moved to a receiver that is dead now: they are delivered at most once. */
  #dropTransferred(): void {
    for (let seq = this.#head; seq < this.#flushed; seq += 1) {
      const code = this.#ring.codeAt(seq);
      if (code !== takenOut && (code & isOnce) !== 0) this.#giveUp(seq, 'lost-transfer');
    }
    for (const call of this.#calls?.before(this.#head) ?? [])
      if (call.hasLostBody) this.#calls?.fail(call.seq, lost(this.link.to, call.name));
  }

  #giveUp(seq: number, reason: DeadLetter['reason']): void {
    this.#bury(seq, reason);
    this.#calls?.fail(seq, givenUp(this.link.to, this.#names.nameOf(this.#ring.codeAt(seq)), reason));
    this.#ring.takeOut(seq);
    this.#acknowledged(this.#head - 1);
  }

  #bury(seq: number, reason: DeadLetter['reason']): void {
    const code = this.#ring.codeAt(seq);
    const isMoved = (code & isOnce) !== 0 || reason === 'not-cloneable';
    const body = isMoved ? undefined : this.#ring.bodyAt(seq);
    const { from, to: actor } = this.link;
    this.#events.deadLetter({ actor, from, name: this.#names.nameOf(code), reason, body });
  }

  #acknowledged(handled: number): void {
    let head = this.#head;
    for (; head < this.#flushed && (head <= handled || this.#ring.codeAt(head) === takenOut); head += 1)
      this.#ring.forget(head);
    this.#head = head;
    if (this.#isAbandoned) {
      if (head >= this.#next) this.#unplug();
      return;
    }
    if (!this.#waiting.isEmpty) this.#wake();
    if (this.#flushed < this.#next) this.#planFlush();
    this.owner?.onAcknowledged(this);
  }

  #wake(): void {
    if (this.isGone) this.#waiting.failAll(gone(this.link.to));
    else this.#waiting.serve(() => this.#credit - (this.#next - this.#head), this.#credit * wakeFraction);
  }
}
