/**
 * The calls of one link that are not answered yet. They outlive the acknowledgement of their envelope, so that a
 * receiver which crashes between handling and answering gets them again.
 */
import { err, ok, type Result } from 'neverthrow';
import type { RuntimeError } from '../errors.js';
import type { Fault } from '../actor.js';
import { CallList } from './call-list.js';
import { aborted, notCloneable } from './faults.js';
import { refusedReply } from './protocol.js';
import { isStandstill, type Loop, type Timer } from '../timers.js';

/** A call without an answer. */
export interface PendingCall {
  readonly seq: number;
  readonly code: number;
  readonly name: string;
  readonly body: unknown;
  readonly hasLostBody: boolean;
}

interface Entry {
  readonly seq: number;
  readonly code: number;
  readonly name: string;
  body: unknown;
  hasLostBody: boolean;
  readonly deadlineMs: number;
  dueMs: number;
  readonly settle: (result: Result<unknown, Fault>) => void;
}

/** The unanswered calls of one link. */
export class PendingCalls {
  readonly #actor: string;
  readonly #onCancelled: (seq: number) => void;
  readonly #entries = new CallList<Entry>();
  readonly #loop: Loop;
  #timer: Timer | null = null;
  #timerDueMs = Infinity;
  /** Time of the calls of this turn: the clock is read once for all of them. Null: a new turn. */
  #nowMs: number | null = null;

  constructor(actor: string, loop: Loop, onCancelled: (seq: number) => void) {
    this.#actor = actor;
    this.#loop = loop;
    this.#onCancelled = onCancelled;
  }

  open(
    seq: number,
    call: {
      readonly code: number;
      readonly name: string;
      readonly body: unknown;
      readonly deadlineMs: number;
    },
  ): Promise<Result<unknown, Fault>> {
    this.#nowMs ??= this.#loop.now();
    const dueMs = this.#nowMs + call.deadlineMs;
    this.#arm(dueMs);
    return new Promise((settle) => {
      // Written out: a spread here costs more than all the rest of a call.
      this.#entries.add({
        seq,
        code: call.code,
        name: call.name,
        body: call.body,
        hasLostBody: false,
        deadlineMs: call.deadlineMs,
        dueMs,
        settle,
      });
    });
  }

  /** Gives a call up when `signal` is aborted before its answer. */
  until(
    signal: AbortSignal,
    seq: number,
    name: string,
    answer: Promise<Result<unknown, Fault>>,
  ): Promise<Result<unknown, Fault>> {
    const onAbort = (): void => this.cancel(seq, aborted(this.#actor, name));
    signal.addEventListener('abort', onAbort, { once: true });
    return answer.finally(() => signal.removeEventListener('abort', onAbort));
  }

  /** The calls made so far leave now. */
  turnOver(): void {
    this.#nowMs = null;
  }

  /** Answers to calls that nobody waits for any more are dropped. */
  readonly answer = (seq: number, isOk: boolean, value: unknown): void => {
    const entry = this.#entries.take(seq);
    if (entry === null) return;
    if (this.#entries.size === 0) this.#timer?.unref();
    entry.settle(isOk ? ok(value) : err(this.#faultFrom(value, entry.name)));
  };

  get size(): number {
    return this.#entries.size;
  }

  /** Gives a call up, and notifies its receiver. */
  cancel(seq: number, error: RuntimeError): void {
    if (this.#entries.get(seq) === null) return;
    this.#onCancelled(seq);
    this.fail(seq, error);
  }

  fail(seq: number, error: RuntimeError): void {
    this.answer(seq, false, error);
  }

  failAll(error: RuntimeError): void {
    for (const { seq } of this.#entries.all()) this.fail(seq, error);
    this.#timer?.cancel();
    this.#timer = null;
    this.#timerDueMs = Infinity;
  }

  /** Calls whose envelope has a smaller number, oldest first. */
  before(seq: number): readonly PendingCall[] {
    const older: PendingCall[] = [];
    for (const entry of this.#entries.all()) {
      if (entry.seq >= seq) break;
      older.push(entry);
    }
    return older;
  }

  find(isWanted: (call: PendingCall) => boolean): PendingCall | null {
    return this.#entries.all().find(isWanted) ?? null;
  }

  /** Drops the body of a call, whose transferred objects cannot be sent again. */
  dropBody(seq: number): void {
    const entry = this.#entries.get(seq);
    if (entry === null) return;
    entry.body = undefined;
    entry.hasLostBody = true;
  }

  /** Returns the fault of an answer. Any other value becomes `runtime/failed`. */
  #faultFrom(value: unknown, name: string): Fault {
    if (value === refusedReply) return notCloneable(this.#actor, name);
    if (typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string') {
      const { code } = value;
      return { ...value, code };
    }
    return { code: 'runtime/failed' };
  }

  /** One timer per link, for the earliest deadline: a timer per call would cost more than the call. */
  #arm(dueMs: number): void {
    if (this.#entries.size === 0) this.#timer?.ref();
    if (this.#timerDueMs <= dueMs) return;
    this.#timer?.cancel();
    this.#timerDueMs = dueMs;
    this.#timer = this.#loop.timer(dueMs - (this.#nowMs ?? this.#loop.now()), this.#sweep);
  }

  readonly #sweep = (): void => {
    const nowMs = this.#loop.now();
    // Answers that came meanwhile lie there unread, and who is to answer may have stood still as well.
    if (isStandstill(this.#timerDueMs, nowMs))
      for (const entry of this.#entries.all()) entry.dueMs = nowMs + entry.deadlineMs;
    this.#timer = null;
    this.#timerDueMs = Infinity;
    let nextDueMs = Infinity;
    for (const entry of this.#entries.all()) {
      if (entry.dueMs > nowMs) {
        nextDueMs = Math.min(nextDueMs, entry.dueMs);
        continue;
      }
      const { seq, name, deadlineMs } = entry;
      this.#entries.take(seq);
      this.#onCancelled(seq);
      entry.settle(err({ code: 'runtime/deadline', actor: this.#actor, name, deadlineMs }));
    }
    if (nextDueMs < Infinity) this.#arm(nextDueMs);
  };
}
