/**
 * Objects driven from another thread: the control plane of the runtime, and what an embedder uses to drive a node
 * from elsewhere. The only importer of comlink. Comlink alone would wait for ever for a thread that died and would
 * strip a Result of its methods, so each call has a deadline, ends when the thread ends, and carries tagged answers.
 */
import { expose, transfer, wrap, type Endpoint, type Remote } from 'comlink';
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import type { MessagePort, Transferable } from 'node:worker_threads';
import type { RuntimeError } from '../errors.js';
import { runtime as limits } from '../limits.js';
import type { Fault } from '../actor.js';
import { afterAwake } from '../timers.js';

/** The answer of a method, as it arrives in the calling thread. */
export type HandleAnswer<R> =
  Awaited<R> extends Result<infer T, infer E extends Fault>
    ? ResultAsync<T, E | RuntimeError>
    : ResultAsync<Awaited<R>, RuntimeError>;

/** A handle on an object in another thread. */
export interface ThreadHandle<T> {
  /**
   * Calls a method over there. Errors: those of its own Result; `runtime/deadline`; `runtime/no-actor` (the thread is
   * gone or the handle closed); `runtime/failed` (it threw, or something cannot be cloned).
   */
  call<N extends MethodName<T>>(
    name: N,
    args: ArgsOf<T, N>,
    options?: { readonly deadlineMs?: number; readonly transfer?: readonly Transferable[] },
  ): HandleAnswer<AnswerOf<T, N>>;
  /** Ends every open call, and the port. */
  close(): void;
}

type Method = (...args: never[]) => unknown;
/** The names of its methods. */
export type MethodName<T> = { [N in keyof T & string]: T[N] extends Method ? N : never }[keyof T & string];
/** The arguments of a method. */
export type ArgsOf<T, N extends keyof T> = T[N] extends (...args: infer A) => unknown ? A : never;
/** The answer of a method. */
export type AnswerOf<T, N extends keyof T> = T[N] extends (...args: never[]) => infer R ? R : never;

type Answer =
  | { readonly type: 'value'; readonly value: unknown }
  | { readonly type: 'ok'; readonly value: unknown }
  | { readonly type: 'fault'; readonly fault: unknown }
  | { readonly type: 'thrown'; readonly detail: string };

interface Stub {
  invoke(name: string, args: readonly unknown[]): Promise<Answer>;
}

/** Offers the methods of `target` on `port`. Returns the function that ends it. */
export function exposeHandle(target: object, port: MessagePort): () => void {
  const stub: Stub = {
    async invoke(name, args) {
      try {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return { type: 'thrown', detail: `no method ${name}` };
        const answer: unknown = await Reflect.apply(method, target, args);
        // The wrapper of an asynchronous Result resolves to a Result as well.
        if (!isResult(answer)) return { type: 'value', value: answer };
        return answer.isOk() ? { type: 'ok', value: answer.value } : { type: 'fault', fault: answer.error };
      } catch (error) {
        return { type: 'thrown', detail: error instanceof Error ? error.message : String(error) };
      }
    },
  };
  expose(stub, endpointOf(port));
  port.start();
  return () => port.close();
}

/**
 * Drives what `exposeHandle` offers at the other end of `port`. `gone` settles when that thread is dead. `name`
 * stands in errors.
 */
export function wrapHandle<T>(
  port: MessagePort,
  options: { readonly name: string; readonly gone?: Promise<unknown>; readonly deadlineMs?: number },
): ThreadHandle<T> {
  const remote: Remote<Stub> = wrap<Stub>(endpointOf(port));
  const open = new Set<(error: RuntimeError) => void>();
  let isClosed = false;
  const noActor: RuntimeError = { code: 'runtime/no-actor', actor: options.name };
  const close = (): void => {
    isClosed = true;
    port.close();
    for (const fail of open) fail(noActor);
    open.clear();
  };
  port.on('close', close);
  void options.gone?.then(close, close);

  const invoke = (
    name: string,
    args: readonly unknown[],
    deadlineMs: number,
    moved: readonly Transferable[],
  ): Promise<Result<unknown, Fault>> =>
    new Promise((resolve) => {
      if (isClosed) {
        resolve(err(noActor));
        return;
      }
      const settle = (result: Result<unknown, Fault>): void => {
        callOff();
        open.delete(fail);
        resolve(result);
      };
      const fail = (error: RuntimeError): void => settle(err(error));
      const failed = (detail: string): void => fail({ code: 'runtime/failed', what: name, detail });
      const callOff = afterAwake(deadlineMs, () =>
        fail({ code: 'runtime/deadline', actor: options.name, name, deadlineMs }),
      );
      open.add(fail);
      Promise.resolve(remote.invoke(name, moved.length > 0 ? transfer(args, [...moved]) : args)).then(
        (answer) => {
          switch (answer.type) {
            case 'value':
            case 'ok':
              settle(ok(answer.value));
              return;
            case 'fault':
              settle(err(faultOf(answer.fault)));
              return;
            case 'thrown':
              failed(answer.detail);
          }
        },
        (error: unknown) => failed(error instanceof Error ? error.message : String(error)),
      );
    });

  return {
    call(
      name,
      args,
      { deadlineMs = options.deadlineMs ?? limits.callDeadlineMs, transfer: moved = [] } = {},
    ) {
      return typedAnswer(new ResultAsync(invoke(name, args, deadlineMs, moved)));
    },
    close,
  };
}

const isResult = (value: unknown): value is Result<unknown, unknown> =>
  typeof value === 'object' && value !== null && 'isOk' in value && 'isErr' in value;

const faultOf = (fault: unknown): Fault =>
  typeof fault === 'object' && fault !== null && 'code' in fault && typeof fault.code === 'string'
    ? { ...fault, code: fault.code }
    : { code: 'runtime/failed' };

/** The one place where an answer gets the type that the exposed object's own type promises. */
const typedAnswer = <R>(answer: ResultAsync<unknown, Fault>): R =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- both ends are compiled against the same type
  answer as unknown as R;

/** A port as comlink wants it. Its own adapter for Node hides the listeners it adds, so they could not be removed. */
function endpointOf(port: MessagePort): Endpoint {
  const listeners = new Map<unknown, (data: unknown) => void>();
  return {
    postMessage: (message: unknown, moved?: readonly unknown[]) =>
      port.postMessage(message, moved?.filter(isTransferable) ?? []),
    addEventListener(_type, listener) {
      const onMessage = (data: unknown): void => {
        const event = new MessageEvent('message', { data });
        if (typeof listener === 'function') listener(event);
        else listener.handleEvent(event);
      };
      listeners.set(listener, onMessage);
      port.on('message', onMessage);
    },
    removeEventListener(_type, listener) {
      const onMessage = listeners.get(listener);
      if (onMessage !== undefined) port.off('message', onMessage);
      listeners.delete(listener);
    },
    start: () => port.start(),
  };
}

const isTransferable = (value: unknown): value is Transferable => typeof value === 'object' && value !== null;
