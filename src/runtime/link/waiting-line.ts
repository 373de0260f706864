/** Messages and callers that wait for credit of one link, in order of arrival. */
import { err, ok, type Result } from 'neverthrow';
import type { Fault } from '../actor.js';
import type { RuntimeError } from '../errors.js';
import { afterAwake, type Loop } from '../timers.js';
import { aborted, gone, late } from './faults.js';

/** A message, or a caller of `credit`, that waits for room. */
export interface Waiting {
  /** Takes one place of the credit. */
  readonly isMessage: boolean;
  go(): void;
  fail(error: RuntimeError): void;
}

/** A queue for the credit of one link. */
export class WaitingLine {
  /** Null: nobody waits. */
  #line: Set<Waiting> | null = null;
  #messages = 0;
  readonly loop: Loop;

  constructor(loop: Loop) {
    this.loop = loop;
  }

  get isEmpty(): boolean {
    return this.#line === null || this.#line.size === 0;
  }

  /** Messages among them: they go before later ones. */
  get messages(): number {
    return this.#messages;
  }

  join(waiting: Waiting): void {
    this.#line ??= new Set();
    this.#line.add(waiting);
    if (waiting.isMessage) this.#messages += 1;
  }

  /** A message that waits for as long as it takes. */
  joinMessage(push: () => void): Promise<Result<void, RuntimeError>> {
    return this.#joinUntil(true, push);
  }

  joinForCredit(): Promise<Result<void, RuntimeError>> {
    return this.#joinUntil(false, () => undefined);
  }

  #joinUntil(isMessage: boolean, then: () => void): Promise<Result<void, RuntimeError>> {
    return new Promise((resolve) => {
      const go = (): void => {
        then();
        resolve(ok(undefined));
      };
      this.join({ isMessage, go, fail: (error) => resolve(err(error)) });
    });
  }

  /** A message that waits at most `deadlineMs`, and only while its signal is not aborted. */
  joinFor<T>(
    deadlineMs: number,
    signal: AbortSignal | undefined,
    then: { go(): Promise<T>; fail(): Promise<T>; late(): Promise<T>; aborted(): Promise<T> },
  ): Promise<T> {
    return new Promise((resolve) => {
      const settle = (result: Promise<T>): void => {
        callOff();
        signal?.removeEventListener('abort', onAbort);
        this.leave(waiting);
        resolve(result);
      };
      const onAbort = (): void => settle(then.aborted());
      const waiting = { isMessage: true, go: () => settle(then.go()), fail: () => settle(then.fail()) };
      const callOff = afterAwake(deadlineMs, () => settle(then.late()), this.loop);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.join(waiting);
    });
  }

  leave(waiting: Waiting): void {
    if (this.#line?.delete(waiting) !== true) return;
    if (waiting.isMessage) this.#messages -= 1;
  }

  failAll(error: RuntimeError): void {
    const line = this.#line ?? [];
    this.#line = null;
    this.#messages = 0;
    for (const one of line) one.fail(error);
  }

  /** Lets go whom there is room for; a caller of `credit` wants `freeMin` of it, so that it sends more than one. */
  serve(free: () => number, freeMin: number): void {
    for (const one of this.#line ?? []) {
      if (free() < Math.max(1, one.isMessage ? 1 : freeMin)) return;
      this.leave(one);
      one.go();
    }
  }
}

/** A call that waits for room before it is made; its deadline counts from now. */
export function callLater(
  line: WaitingLine,
  actor: string,
  name: string,
  deadlineMs: number,
  signal: AbortSignal | undefined,
  go: (leftMs: number) => Promise<Result<unknown, Fault>>,
): Promise<Result<unknown, Fault>> {
  const askedMs = line.loop.now();
  return line.joinFor(deadlineMs, signal, {
    go: () => go(Math.max(1, deadlineMs - (line.loop.now() - askedMs))),
    fail: () => Promise.resolve(err(gone(actor))),
    late: () => Promise.resolve(err(late(actor, name, deadlineMs))),
    aborted: () => Promise.resolve(err(aborted(actor, name))),
  });
}
