/**
 * One actor while it runs in a thread: drains its mailbox one message at a time, settles, acknowledges, and when it
 * crashes keeps what was not acknowledged for the next incarnation. Who restarts it, and whether, is decided by its
 * supervisor. The mailbox belongs to the cell and not to the incarnation: only the death of the thread empties it.
 */
import type { Result } from 'neverthrow';
import { runtime as limits } from '../limits.js';
import type { Behaviour, ExitReason, Fault, Step } from '../actor.js';
import type { CellHost, StartOutcome } from './cell-host.js';
import type { LinkSender } from '../link/sender.js';
import { contextOf, type Incarnation } from './incarnation.js';
import type { CallReply, Inbox, LinkReceiver } from '../link/receiver.js';
import { isCall, Mailbox, nameShift, takenOut, type EnvelopeCode } from './mailbox.js';
import { ActorMeter, type ActorStats } from '../metrics.js';
import { poison, Redelivery } from './redelivery.js';

type Status = 'new' | 'starting' | 'running' | 'stopping' | 'down';
/** Of long batches every sixteenth handler is timed: the clock costs as much as a small message. */
const timedEvery = 15;

export class Cell implements Inbox {
  readonly id: string;
  readonly senders = new Map<string, LinkSender>();
  readonly #behaviour: Behaviour;
  readonly #args: unknown;
  readonly #slot: number;
  readonly #host: CellHost;
  readonly #mailbox = new Mailbox<LinkReceiver | null>();
  readonly #receivers = new Set<LinkReceiver>();
  readonly #names: readonly string[];
  readonly #indexOfName: ReadonlyMap<string, number>;
  #status: Status = 'new';
  #state: unknown = undefined;
  #context: unknown = undefined;
  #life: Incarnation | null = null;
  #incarnation = 0;
  #isPlanned = false;
  #isBusy = false;
  /** Since when a handler waits for a promise; for the watchdog. */
  #waitingSinceMs = Infinity;
  #stop: { readonly until: number; readonly done: (reason: ExitReason) => void } | null = null;
  #cautious = 0;
  readonly #redelivery: Redelivery;
  readonly #touched = new Set<LinkReceiver>();
  readonly #meter = new ActorMeter();

  constructor(
    spec: {
      readonly id: string;
      readonly behaviour: Behaviour;
      readonly args: unknown;
      readonly slot: number;
    },
    host: CellHost,
  ) {
    this.id = spec.id;
    this.#behaviour = spec.behaviour;
    this.#args = spec.args;
    this.#slot = spec.slot;
    this.#host = host;
    this.#names = Object.keys(spec.behaviour.receive);
    this.#indexOfName = new Map(this.#names.map((name, index) => [name, index]));
    this.#redelivery = new Redelivery(this.id, this.#names, this.#mailbox, this.#receivers, host);
  }

  /** Runs `init`; messages wait meanwhile. */
  async start(incarnation: number, restarts: number, isCautious: boolean): Promise<StartOutcome> {
    this.#incarnation = incarnation;
    this.#status = 'starting';
    if (isCautious) this.#cautious = limits.cautiousEnvelopes;
    const life: Incarnation = { isOver: false, timers: new Set() };
    this.#life = life;
    const context = contextOf(this.id, restarts, life, this.senders, this.#selfCast, this.#host);
    this.#context = context;
    let result: Result<unknown, Fault>;
    try {
      result = await this.#behaviour.init(this.#args, context);
    } catch (error) {
      this.#bringDown();
      return { type: 'crashed', detail: detailOf(error) };
    }
    if (life.isOver) return { type: 'crashed', detail: 'stopped while starting' };
    if (result.isErr()) {
      this.#bringDown();
      return { type: 'refused', fault: result.error };
    }
    this.#state = result.value;
    this.#status = 'running';
    this.wake();
    return { type: 'ready' };
  }

  /** Handles what waits already, then `terminate`. Resolves when that is done; the caller keeps the deadline. */
  async stop(reason: ExitReason): Promise<void> {
    if (this.#status !== 'running') {
      this.#bringDown();
      return;
    }
    // One turn of the loop, so that what the ports hold already is in the mailbox.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#status !== 'running') return;
    await new Promise<void>((resolve) => {
      this.#stop = { until: this.#mailbox.tail, done: () => resolve() };
      if (!this.#isBusy && this.#mailbox.depth === 0) void this.#terminate(reason);
      else this.wake();
    });
  }

  /** Its links are taken away, what waits is given up. The cell is not used any more. */
  remove(): void {
    this.#bringDown();
    this.#redelivery.buryAll();
    for (const end of this.#receivers) end.close();
    for (const sender of this.senders.values()) sender.abandon();
    this.#receivers.clear();
    this.senders.clear();
  }

  /** As if the handler that does not return had thrown. */
  crashHung(): void {
    if (this.#status === 'running') this.#crash('hung: a handler waited too long', true);
  }

  isHung(nowMs: number): boolean {
    return nowMs - this.#waitingSinceMs > limits.handlerDeadlineMs;
  }

  receiver(linkId: number, epoch: number): LinkReceiver | null {
    for (const end of this.#receivers) if (end.link.id === linkId && end.link.epoch === epoch) return end;
    return null;
  }

  /** Ends of this link from before `epoch` have seen their sender for the last time. */
  endReceivers(linkId: number, epoch: number): void {
    for (const end of this.#receivers) {
      if (end.link.id !== linkId || end.link.epoch >= epoch) continue;
      end.isLast = true;
      this.ended(end);
    }
  }

  addReceiver(end: LinkReceiver): void {
    this.#receivers.add(end);
  }

  stats(nowMs: number, restarts: number): ActorStats {
    return this.#meter.stats(this.id, this.#mailbox.depth, this.#receivers.size, restarts, nowMs);
  }

  handlerIndex(name: string): number {
    return this.#indexOfName.get(name) ?? -1;
  }

  enqueue(from: LinkReceiver, seq: number, code: EnvelopeCode, body: unknown): void {
    this.#mailbox.push(from, seq, code, body);
  }

  unknownName(from: LinkReceiver, seq: number, code: EnvelopeCode, name: string, body: unknown): void {
    this.#host.deadLetter({ actor: this.id, from: from.link.from, name, reason: 'unknown-name', body });
    if ((code & isCall) !== 0) from.answer(seq, false, poison(this.id, name));
    this.#mailbox.push(from, seq, takenOut, undefined);
  }

  wake(): void {
    if (this.#isPlanned || this.#isBusy || this.#status !== 'running') return;
    this.#isPlanned = true;
    this.#host.schedule(this.#drain);
  }

  ended(from: LinkReceiver): void {
    if (from.isDone) this.#receivers.delete(from);
  }

  mayAnswerNow(): boolean {
    return !this.#isBusy || this.#behaviour.settle === undefined;
  }

  readonly #selfCast = (name: string, body: unknown): void => {
    this.#mailbox.push(null, 0, this.handlerIndex(name) << nameShift, body);
    this.wake();
  };

  readonly #drain = (): void => {
    this.#isPlanned = false;
    const life = this.#life;
    if (this.#isBusy || this.#status !== 'running' || life === null) return;
    this.#isBusy = true;
    this.#run(life, this.#cautious > 0 ? 1 : limits.drainMax);
  };

  #run(life: Incarnation, left: number): void {
    for (let n = left; n > 0 && this.#mailbox.depth > 0; n -= 1) {
      const until = this.#stop?.until ?? Infinity;
      if (this.#mailbox.head >= until) break;
      const waiting = this.#handleNext();
      if (life.isOver || this.#status !== 'running') return;
      if (waiting !== null) {
        this.#await(life, waiting, n - 1);
        return;
      }
    }
    this.#settle(life);
  }

  /** Returns the promise the handler waits for, if any. */
  #handleNext(): Promise<void> | null {
    const mailbox = this.#mailbox;
    const place = mailbox.head;
    const code = mailbox.codeAt(place);
    mailbox.advance();
    const handler = this.#behaviour.receive[this.#names[code >> nameShift] ?? ''];
    if (code === takenOut || handler === undefined) return null;
    const end = mailbox.endAt(place) ?? null;
    const seq = mailbox.seqAt(place);
    const body = mailbox.bodyAt(place);
    const from = end !== null && (code & isCall) !== 0 ? end.replyTo(seq) : undefined;
    const isTimed = (place & timedEvery) === 0 || mailbox.depth <= timedEvery;
    const startedMs = isTimed ? performance.now() : 0;
    this.#meter.handled(1);
    this.#host.note(this.#slot, end?.link.id ?? 0, seq);
    this.#host.running(this.#slot);
    let step: Step<unknown, unknown, Fault> | Promise<Step<unknown, unknown, Fault>>;
    try {
      step = handler(this.#state, body, this.#context, from);
    } catch (error) {
      this.#crash(detailOf(error), true);
      return null;
    } finally {
      this.#host.running(0);
    }
    if (step instanceof Promise) {
      this.#waitingSinceMs = performance.now();
      return step.then((later) => this.#apply(later, end, seq, code, body, from, startedMs));
    }
    this.#apply(step, end, seq, code, body, from, startedMs);
    return null;
  }

  #apply(
    step: Step<unknown, unknown, Fault>,
    end: LinkReceiver | null,
    seq: number,
    code: EnvelopeCode,
    body: unknown,
    from: CallReply | undefined,
    startedMs: number,
  ): void {
    if (startedMs > 0) this.#meter.took(performance.now() - startedMs);
    this.#host.note(this.#slot, 0, 0);
    this.#state = step.state;
    if (from !== undefined && end !== null) {
      if (step.step === 'reply' && !from.isAnswered) {
        from.isAnswered = true;
        end.answer(seq, step.result.isOk(), step.result.isOk() ? step.result.value : step.result.error);
      } else if (!from.isAnswered) end.defer(seq, code, body);
    }
    if (step.step === 'stop') this.#stopItself(step.reason);
  }

  #await(life: Incarnation, waiting: Promise<void>, left: number): void {
    // What is done already shall not wait for this one, unless it has still to be settled.
    if (this.#behaviour.settle === undefined) this.#acknowledge(this.#mailbox.head - 1);
    waiting.then(
      () => {
        if (life.isOver) return;
        this.#waitingSinceMs = Infinity;
        if (this.#status === 'running') this.#run(life, left);
      },
      (error: unknown) => {
        if (!life.isOver) this.#crash(detailOf(error), true);
      },
    );
  }

  #settle(life: Incarnation): void {
    const behaviour = this.#behaviour;
    if (behaviour.settle === undefined || this.#mailbox.unsettled === 0) {
      this.#finish();
      return;
    }
    const isSingle = this.#mailbox.unsettled === 1;
    if (isSingle) {
      const place = this.#mailbox.base;
      this.#host.note(this.#slot, this.#mailbox.endAt(place)?.link.id ?? 0, this.#mailbox.seqAt(place));
    }
    const fail = (error: unknown): void => {
      if (!life.isOver) this.#crash(detailOf(error), isSingle);
    };
    try {
      this.#host.running(this.#slot);
      const settling = behaviour.settle(this.#state, this.#context);
      if (!(settling instanceof Promise)) {
        this.#finish();
        return;
      }
      this.#waitingSinceMs = performance.now();
      settling.then(() => {
        if (life.isOver) return;
        this.#waitingSinceMs = Infinity;
        this.#finish();
      }, fail);
    } catch (error) {
      fail(error);
    } finally {
      this.#host.running(0);
    }
  }

  #finish(): void {
    if (this.#status !== 'running') return;
    this.#host.note(this.#slot, 0, 0);
    if (this.#cautious > 0) this.#cautious -= 1;
    this.#acknowledge(this.#mailbox.head);
    this.#isBusy = false;
    if (this.#stop !== null && (this.#mailbox.depth === 0 || this.#mailbox.head >= this.#stop.until)) {
      void this.#terminate({ type: 'shutdown' });
      return;
    }
    if (this.#mailbox.depth > 0 && !this.#isPlanned) {
      this.#isPlanned = true;
      // Not a microtask: other actors and I/O get their turn between two batches.
      setImmediate(this.#drain);
    }
  }

  /** Everything before `place` is done. What was said meanwhile leaves first: a receiver never sees less. */
  #acknowledge(place: number): void {
    for (const sender of this.senders.values()) sender.flush();
    this.#mailbox.settle(place, this.#onSettled);
    for (const end of this.#touched) {
      end.flush();
      if (end.isDone) this.#receivers.delete(end);
    }
    this.#touched.clear();
  }

  readonly #onSettled = (end: LinkReceiver | null, seq: number): void => {
    if (end === null) return;
    end.settle(seq);
    this.#touched.add(end);
  };

  #stopItself(reason: ExitReason): void {
    if (reason.type === 'crash') {
      this.#crash(reason.detail, false);
      return;
    }
    this.#acknowledge(this.#mailbox.head);
    const incarnation = this.#incarnation;
    void this.#terminate(reason).then(() => this.#host.exited(this.id, incarnation, reason));
  }

  async #terminate(reason: ExitReason): Promise<void> {
    this.#status = 'stopping';
    const stop = this.#stop;
    this.#stop = null;
    try {
      await this.#behaviour.terminate?.(this.#state, reason);
    } catch (error) {
      this.#host.log(this.id, 'error', 'terminate-failed', { detail: detailOf(error) });
    }
    for (const sender of this.senders.values()) sender.flush();
    for (const end of this.#receivers) end.flush();
    this.#bringDown();
    stop?.done(reason);
  }

  #crash(detail: string, isAtEnvelope: boolean): void {
    const stop = this.#stop;
    const place = this.#mailbox.head - 1;
    this.#bringDown();
    this.#host.note(this.#slot, 0, 0);
    // Without `settle`, what was handled before this envelope is done.
    if (this.#behaviour.settle === undefined) this.#acknowledge(isAtEnvelope ? place : this.#mailbox.head);
    this.#redelivery.rewind();
    if (isAtEnvelope) this.#redelivery.suspect(place);
    for (const end of this.#receivers) end.flush();
    this.#cautious = limits.cautiousEnvelopes;
    this.#host.log(this.id, 'error', 'crashed', { detail });
    if (stop !== null) stop.done({ type: 'shutdown' });
    else this.#host.exited(this.id, this.#incarnation, { type: 'crash', detail });
  }

  #bringDown(): void {
    this.#status = 'down';
    this.#isBusy = false;
    this.#waitingSinceMs = Infinity;
    this.#stop = null;
    this.#state = undefined;
    if (this.#life === null) return;
    this.#life.isOver = true;
    for (const timer of this.#life.timers) clearTimeout(timer);
    this.#life = null;
  }
}

export const detailOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
