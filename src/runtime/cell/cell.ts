/**
 * One actor in a thread: drains its mailbox one message at a time, settles, acknowledges, and keeps unacknowledged
 * messages over a crash for the next incarnation. Its supervisor decides on restarts. The mailbox belongs to the cell
 * and not to the incarnation: only the death of the thread empties it.
 */
import type { RuntimeLimits } from '../limits.js';
import type { Loop } from '../timers.js';
import type { Awaitable, Behaviour, Ended, ExitReason } from '../actor.js';
import type { CellParts, CellHost, StartOutcome } from './cell-host.js';
import { HandlerWatch } from './handler-watch.js';
import { begin, type Begun } from './begin.js';
import { CellLinks } from './cell-links.js';
import { contextOf, type CellPart } from './context.js';
import { endLife, newLife, type Incarnation } from './incarnation.js';
import type { CallReply, Inbox, LinkReceiver } from '../link/receiver.js';
import { isCall, nameShift, takenOut, type EnvelopeCode } from '../link/envelope.js';
import { Mailbox } from './mailbox.js';
import { OwnMessages } from './own-messages.js';
import { ActorMeter, timedEvery, type ActorStats } from '../metrics.js';
import { Redelivery } from './redelivery.js';
import { handlersOf, type Handlers } from './handlers.js';
import { takeWatch } from './kin.js';
import { checkStep, detailOf, isThenable, nativePromise } from './step.js';

/**
 * `idle`: nothing to do. `planned`: a drain is scheduled. `draining`: messages are handled or settled, perhaps waiting
 * for a promise. `ending`: `terminate` runs. `down`: between two lives, or after the last one.
 */
type Phase = 'new' | 'starting' | 'idle' | 'planned' | 'draining' | 'ending' | 'down';

/** One actor in a thread, over all its lives there. */
export class Cell implements Inbox, CellPart {
  readonly id: string;
  readonly links: CellLinks;
  readonly own: OwnMessages;
  readonly #behaviour: Behaviour;
  readonly #args: unknown;
  readonly #limits: RuntimeLimits;
  readonly host: CellHost;
  readonly loop: Loop;
  readonly #mailbox = new Mailbox<LinkReceiver | null>();
  readonly #handlers: Handlers;
  #phase: Phase = 'new';
  #state: unknown = undefined;
  #context: unknown = undefined;
  #life: Incarnation | null = null;
  #incarnation = 0;
  readonly #watch: HandlerWatch;
  #stop: { readonly until: number; readonly done: (reason: ExitReason) => void } | null = null;
  #cautious = 0;
  readonly #redelivery: Redelivery;
  readonly #meter = new ActorMeter();

  constructor(parts: CellParts, host: CellHost) {
    this.id = parts.id;
    this.#behaviour = parts.behaviour;
    this.#args = parts.args;
    this.#limits = parts.limits;
    this.host = host;
    this.loop = host.loop;
    this.#watch = new HandlerWatch(parts.slot, host);
    this.#handlers = handlersOf(parts.behaviour);
    this.links = new CellLinks(parts.slot, parts.limits, host, this.#watch);
    this.own = new OwnMessages(this, this.#watch);
    this.#redelivery = new Redelivery(parts, this.#handlers.names, this.#mailbox, this.links, host);
  }

  get credit(): number {
    return this.links.credit;
  }
  get #isRunning(): boolean {
    return this.#phase === 'idle' || this.#phase === 'planned' || this.#phase === 'draining';
  }

  /** Runs `init`; messages wait meanwhile. */
  start(incarnation: number, restarts: number, isCautious: boolean): Awaitable<StartOutcome> {
    this.#incarnation = incarnation;
    this.#phase = 'starting';
    if (isCautious) this.#cautious = this.#limits.cautiousEnvelopes;
    const life = newLife(incarnation);
    this.#life = life;
    this.#context = contextOf(this, life, restarts);
    const begun = begin(this.#behaviour, this.#args, this.#context);
    if (begun instanceof Promise) return begun.then((later) => this.#begun(life, later));
    return this.#begun(life, begun);
  }

  #begun(life: Incarnation, begun: Begun): StartOutcome {
    if (life.isOver) return { type: 'crashed', detail: 'stopped while starting' };
    if (begun.isErr()) {
      this.#bringDown();
      return begun.error;
    }
    this.#state = begun.value;
    this.#phase = 'idle';
    if (this.#mailbox.depth > 0) this.wake();
    return { type: 'ready' };
  }

  /**
   * Handles what was sent to it before the stop marker, then `terminate`. Resolves with how it ended; the caller keeps
   * the deadline. `links`: those whose senders put the marker.
   */
  stop(reason: ExitReason, marker: number, links: readonly number[]): Awaitable<ExitReason> {
    const reaching = this.#isRunning ? this.links.allReached(marker, links) : null;
    return reaching === null ? this.#stopNow(reason) : reaching.then(() => this.#stopNow(reason));
  }

  #stopNow(reason: ExitReason): Awaitable<ExitReason> {
    if (!this.#isRunning) {
      this.#bringDown();
      return reason;
    }
    const isBusy = this.#phase === 'draining' || this.#mailbox.depth > 0;
    if (!isBusy && this.#behaviour.terminate === undefined) {
      this.#endLife();
      return reason;
    }
    return new Promise<ExitReason>((resolve) => {
      this.#stop = { until: this.#mailbox.tail, done: resolve };
      if (isBusy) this.wake();
      else void this.#terminate(reason);
    });
  }

  /** Its links are taken away, what waits is given up by its senders. The cell is not used any more. */
  remove(): void {
    this.#bringDown();
    this.#redelivery.buryOrphans();
    this.links.close();
  }

  /** Crashes the actor as if it had thrown. `isAtEnvelope`: the message in hand is the cause. */
  crash(detail: string, isAtEnvelope: boolean): void {
    if (this.#isRunning) this.#crash(detail, isAtEnvelope);
  }

  /** Another actor has ended, for which the life of that number watched. */
  hearEnd(incarnation: number, nth: number, ended: Ended): void {
    const name = takeWatch(this.#life, incarnation, nth);
    if (name !== null) this.own.sendOrBury(name, ended);
  }

  isHung(nowMs: number): boolean {
    return this.#watch.waitsLongerThan(this.#limits.handlerDeadlineMs, nowMs);
  }

  stats(nowMs: number, restarts: number): ActorStats {
    return this.#meter.stats(this.id, this.#mailbox.depth, this.links.receivers.size, restarts, nowMs);
  }
  handlerIndex(name: string): number {
    return this.#handlers.indexOf.get(name) ?? -1;
  }
  enqueue(from: LinkReceiver, seq: number, code: EnvelopeCode, body: unknown): void {
    this.#mailbox.push(from, seq, code, body);
  }
  unknownName(from: LinkReceiver, seq: number, code: EnvelopeCode, name: string, body: unknown): void {
    this.#redelivery.refuse(from, seq, code, name, body);
  }
  wake(): void {
    if (this.#phase !== 'idle') return;
    this.#phase = 'planned';
    this.host.schedule(this.#drain);
  }
  ended(from: LinkReceiver): void {
    this.links.forgetDone(from);
  }
  mayAnswerNow(): boolean {
    return this.#phase !== 'draining' || this.#behaviour.settle === undefined;
  }

  enqueueOwn(code: EnvelopeCode, body: unknown): void {
    this.#mailbox.push(null, 0, code, body);
    this.wake();
  }

  stash(): void {
    const place = this.#mailbox.head - 1;
    if (this.#phase !== 'draining' || !this.#redelivery.stash(place))
      throw new Error('stash: no message of another actor is in hand');
  }
  unstash(): void {
    this.#redelivery.isUnstashAsked = true;
  }

  messageInHand(): string | null {
    return this.#phase === 'draining' ? this.#redelivery.idAt(this.#mailbox.head - 1) : null;
  }

  readonly #drain = (): void => {
    const life = this.#life;
    if (this.#phase !== 'planned' || life === null) return;
    this.#phase = 'draining';
    this.#run(life, this.#cautious > 0 ? 1 : this.#limits.drainMax);
  };

  #run(life: Incarnation, left: number): void {
    this.links.holdSenders();
    try {
      this.#handle(life, left);
    } finally {
      this.links.flushSenders();
    }
  }

  #handle(life: Incarnation, left: number): void {
    for (let n = left; n > 0 && this.#mailbox.depth > 0;) {
      const until = this.#stop?.until ?? Infinity;
      if (this.#mailbox.head >= until || this.#redelivery.isUnstashAsked) break;
      if (this.#mailbox.codeAt(this.#mailbox.head) !== takenOut) n -= 1;
      const waiting = this.#handleNext(life);
      if (life.isOver || this.#phase !== 'draining') return;
      if (waiting !== null) {
        this.#await(life, waiting, n);
        return;
      }
    }
    this.#settle(life);
  }

  /** Returns the promise the handler waits for, if any. */
  #handleNext(life: Incarnation): PromiseLike<void> | null {
    const mailbox = this.#mailbox;
    const place = mailbox.head;
    const code = mailbox.codeAt(place);
    mailbox.advance();
    const handler = code === takenOut ? undefined : this.#handlers.all[code >> nameShift];
    if (handler === undefined) return null;
    const end = mailbox.endAt(place) ?? null;
    const seq = mailbox.seqAt(place);
    const from = end !== null && (code & isCall) !== 0 ? end.replyTo(seq) : undefined;
    if (from !== undefined && end?.isCancelled(seq) === true) return null;
    const isTimed = (place & timedEvery) === 0 || mailbox.depth <= timedEvery || this.host.recorder !== null;
    const sinceMs = isTimed ? performance.now() : 0;
    this.#meter.handled(1);
    this.#watch.noteEnvelope(end, seq);
    this.#watch.noteRunning();
    try {
      const step: unknown = handler(this.#state, mailbox.bodyAt(place), this.#context, from);
      if (isThenable(step)) {
        this.#watch.noteWaiting();
        return nativePromise(step).then((later) => {
          if (!life.isOver) this.#apply(later, place, code, from, sinceMs);
        });
      }
      this.#apply(step, place, code, from, sinceMs);
    } catch (error) {
      this.#crash(detailOf(error), true);
    } finally {
      this.#watch.noteIdle();
    }
    return null;
  }

  /** Throws when the handler returned no step. `code`: a stashed envelope has lost it. */
  #apply(
    step: unknown,
    place: number,
    code: EnvelopeCode,
    from: CallReply | undefined,
    sinceMs: number,
  ): void {
    const name = this.#handlers.names[code >> nameShift] ?? '';
    const done = checkStep(step, name);
    const end = this.#mailbox.endAt(place) ?? null;
    const seq = this.#mailbox.seqAt(place);
    if (sinceMs > 0) this.#meter.took(performance.now() - sinceMs, this.#mailbox.depth);
    this.host.recorder?.handled(this.id, name, end?.messageId(seq) ?? null, sinceMs);
    this.#watch.clearEnvelope();
    this.#state = done.state;
    if (from !== undefined && end !== null && !from.isAnswered) {
      if (done.step === 'reply') {
        from.isAnswered = true;
        end.answer(seq, done.result.isOk(), done.result.isOk() ? done.result.value : done.result.error);
      } else if (!end.isAside(seq)) end.defer(seq, code, this.#mailbox.bodyAt(place));
    }
    if (done.step === 'stop') this.#stopItself(done.reason);
  }

  #await(life: Incarnation, waiting: PromiseLike<void>, left: number): void {
    // Earlier messages are acknowledged now, unless `settle` has still to run.
    if (this.#behaviour.settle === undefined) this.links.acknowledge(this.#mailbox, this.#mailbox.head - 1);
    waiting.then(
      () => {
        if (life.isOver) return;
        this.#watch.noteSettled();
        if (this.#phase === 'draining') this.#run(life, left);
      },
      (error: unknown) => {
        if (!life.isOver) this.#crash(detailOf(error), true);
      },
    );
  }

  #settle(life: Incarnation): void {
    const behaviour = this.#behaviour;
    if (behaviour.settle === undefined || this.#mailbox.unfinished === 0) {
      this.#finish();
      return;
    }
    // An envelope that was given up or put aside is not to blame.
    const single = this.#mailbox.single;
    const end = single === null ? null : (this.#mailbox.endAt(single) ?? null);
    if (single !== null && end !== null) this.#watch.noteEnvelope(end, this.#mailbox.seqAt(single));
    const fail = (error: unknown): void => {
      if (!life.isOver) this.#crash(detailOf(error), single !== null, single);
    };
    try {
      this.#watch.noteRunning();
      const settling: unknown = behaviour.settle(this.#state, this.#context);
      if (!isThenable(settling)) {
        this.#finish();
        return;
      }
      this.#watch.noteWaiting();
      nativePromise(settling).then(() => {
        if (life.isOver) return;
        this.#watch.noteSettled();
        this.#finish();
      }, fail);
    } catch (error) {
      fail(error);
    } finally {
      this.#watch.noteIdle();
    }
  }

  #finish(): void {
    if (this.#phase !== 'draining') return;
    this.#watch.clearEnvelope();
    if (this.#cautious > 0) this.#cautious -= 1;
    this.links.acknowledge(this.#mailbox, this.#mailbox.head);
    this.#redelivery.unstash();
    this.#phase = 'idle';
    if (this.#stop !== null && (this.#mailbox.depth === 0 || this.#mailbox.head >= this.#stop.until)) {
      void this.#terminate({ type: 'shutdown' });
      return;
    }
    if (this.#mailbox.depth > 0) {
      this.#phase = 'planned';
      // Not a microtask: other actors and I/O get their turn between two batches.
      this.loop.turn(this.#drain);
    }
  }

  #stopItself(reason: ExitReason): void {
    if (reason.type === 'crash') {
      this.#crash(reason.detail, false);
      return;
    }
    this.links.acknowledge(this.#mailbox, this.#mailbox.head);
    const incarnation = this.#incarnation;
    void this.#terminate(reason).then(() => this.host.exited(this.id, incarnation, reason, null));
  }

  async #terminate(reason: ExitReason): Promise<void> {
    this.#phase = 'ending';
    const stop = this.#stop;
    try {
      await this.#behaviour.terminate?.(this.#state, reason);
    } catch (error) {
      this.host.log(this.id, 'error', 'terminate-failed', { detail: detailOf(error) });
    }
    this.#endLife();
    stop?.done(reason);
  }
  #endLife(): void {
    this.links.flushAll();
    this.#bringDown();
  }

  /** `at`: place of the envelope; null: the one in hand. */
  #crash(detail: string, isAtEnvelope: boolean, at: number | null = null): void {
    const stop = this.#stop;
    const place = at ?? this.#mailbox.head - 1;
    const cause = isAtEnvelope ? this.#redelivery.idAt(place) : null;
    const message = isAtEnvelope ? this.#redelivery.nameAt(place) : null;
    this.#bringDown();
    this.#watch.clearEnvelope();
    // Without `settle`, what was handled before this envelope is done.
    if (this.#behaviour.settle === undefined)
      this.links.acknowledge(this.#mailbox, isAtEnvelope ? place : this.#mailbox.head);
    this.#redelivery.afterCrash(isAtEnvelope ? place : null);
    this.links.acknowledge(this.#mailbox, this.#mailbox.head);
    this.#watch.clearOwn();
    this.#cautious = this.#limits.cautiousEnvelopes;
    this.host.log(this.id, 'error', 'crashed', { detail, ...(message === null ? {} : { message }) });
    if (stop !== null) stop.done({ type: 'crash', detail });
    else this.host.exited(this.id, this.#incarnation, { type: 'crash', detail }, cause);
  }

  /** Its life ends here: timers are called off, the context sends nothing any more. */
  #bringDown(): void {
    this.#phase = 'down';
    this.#watch.noteSettled();
    this.#stop = null;
    this.#state = undefined;
    if (this.#life !== null) endLife(this.#life);
  }
}
