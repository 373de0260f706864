/**
 * Orders of supervisors to a worker. Those of one turn travel as one message, and so do their answers: an order by
 * itself costs more than the start of an actor.
 */
import type { MessagePort, Transferable } from 'node:worker_threads';
import { postMoving } from '../link/moving.js';
import { detailOf } from '../cell/step.js';
import type { WorkerControl } from './asking.js';

/** The functions of a worker that are called by orders; the others are questions, over the handle. */
export type OrderName = Exclude<keyof WorkerControl, 'pulse' | 'stats' | 'recorded'>;
/** Orders with an answer. */
export type AnsweredOrder = 'start' | 'stop' | 'remove';
/** Arguments of an order. */
export type OrderArgs<N extends OrderName> = Parameters<WorkerControl[N]>;
/** Side by side: number (0: no answer is wanted), name, arguments. */
export type OrderBatch = readonly unknown[];
/** Side by side: number, answer. */
export type AnswerBatch = readonly unknown[];

interface Order {
  readonly nth: number;
  readonly name: OrderName;
  readonly args: readonly unknown[];
  readonly transfer: readonly Transferable[];
}

type OnRefused = (name: OrderName, args: readonly unknown[], detail: string) => void;

/** The supervisors' side. */
export class Orders {
  readonly #port: MessagePort;
  readonly #onRefused: OnRefused;
  #waiting: Order[] = [];
  #isClosed = false;
  #asked = 0;
  readonly #open = new Map<number, (answer: unknown) => void>();

  /** `onRefused`: the arguments of an order cannot be cloned. */
  constructor(port: MessagePort, onRefused: OnRefused) {
    this.#port = port;
    this.#onRefused = onRefused;
  }

  tell<N extends OrderName>(name: N, args: OrderArgs<N>, transfer: readonly Transferable[] = []): void {
    this.#give({ nth: 0, name, args, transfer });
  }

  /** Resolves to null when the thread is gone. */
  ask<N extends AnsweredOrder>(
    name: N,
    args: OrderArgs<N>,
  ): Promise<Awaited<ReturnType<WorkerControl[N]>> | null> {
    if (this.#isClosed) return Promise.resolve(null);
    this.#asked += 1;
    const nth = this.#asked;
    this.#give({ nth, name, args, transfer: [] });
    return new Promise((resolve) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the worker answers by the function of that name
      this.#open.set(nth, resolve as (answer: unknown) => void);
    });
  }

  answered(batch: AnswerBatch): void {
    for (let i = 0; i < batch.length; i += 2) this.#settle(Number(batch[i]), batch[i + 1]);
  }

  /** The thread is gone. */
  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
    for (const nth of this.#open.keys()) this.#settle(nth, null);
  }

  readonly flush = (): void => {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    try {
      this.#post(waiting);
    } catch {
      for (const order of waiting) this.#postAlone(order);
    }
  };

  #give(order: Order): void {
    if (this.#isClosed) return;
    if (this.#waiting.push(order) === 1) queueMicrotask(this.flush);
  }

  #post(orders: readonly Order[]): void {
    const batch: unknown[] = [];
    const transfer: Transferable[] = [];
    for (const order of orders) {
      batch.push(order.nth, order.name, order.args);
      if (order.transfer.length > 0) transfer.push(...order.transfer);
    }
    postMoving(this.#port, batch, transfer);
  }

  #postAlone(order: Order): void {
    try {
      this.#post([order]);
    } catch (error) {
      this.#onRefused(order.name, order.args, error instanceof Error ? error.message : String(error));
      this.#settle(order.nth, null);
    }
  }

  #settle(nth: number, answer: unknown): void {
    const settle = this.#open.get(nth);
    this.#open.delete(nth);
    settle?.(answer);
  }
}

/** The worker's side: performs orders, and collects the answers of one turn. */
export class OrderReceiver {
  readonly #control: WorkerControl;
  readonly #post: (answers: AnswerBatch) => void;
  readonly #onFailed: (name: string, detail: string) => void;
  #answers: unknown[] = [];

  constructor(
    control: WorkerControl,
    post: (answers: AnswerBatch) => void,
    onFailed: (name: string, detail: string) => void,
  ) {
    this.#control = control;
    this.#post = post;
    this.#onFailed = onFailed;
  }

  receive(batch: OrderBatch): void {
    for (let i = 0; i < batch.length; i += 3)
      this.#perform(Number(batch[i]), String(batch[i + 1]), batch[i + 2]);
  }

  /** Posts the answers that wait: before any other report, so that all arrive in order. */
  readonly flush = (): void => {
    const answers = this.#answers;
    if (answers.length === 0) return;
    this.#answers = [];
    try {
      this.#post(answers);
    } catch {
      for (let i = 0; i < answers.length; i += 2) this.#postAlone(answers[i], answers[i + 1]);
    }
  };

  /** An answer that cannot be cloned, such as the fault of a refused start, fails alone. */
  #postAlone(nth: unknown, answer: unknown): void {
    try {
      this.#post([nth, answer]);
    } catch (error) {
      this.#post([nth, null]);
      this.#onFailed('answer', detailOf(error));
    }
  }

  #perform(nth: number, name: string, args: unknown): void {
    try {
      const method: unknown = Reflect.get(this.#control, name);
      if (typeof method !== 'function' || !Array.isArray(args)) throw new TypeError(`no order ${name}`);
      const answer: unknown = Reflect.apply(method, this.#control, args);
      if (nth === 0) return;
      if (answer instanceof Promise)
        answer.then(
          (later: unknown) => this.#answer(nth, later),
          (error: unknown) => this.#failed(nth, name, error),
        );
      else this.#answer(nth, answer);
    } catch (error) {
      this.#failed(nth, name, error);
    }
  }

  #failed(nth: number, name: string, error: unknown): void {
    this.#onFailed(name, detailOf(error));
    if (nth !== 0) this.#answer(nth, null);
  }

  #answer(nth: number, answer: unknown): void {
    if (this.#answers.push(nth, answer) === 2) queueMicrotask(this.flush);
  }
}
