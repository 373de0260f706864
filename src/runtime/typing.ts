/**
 * The types by which the compiler checks messages: which actors understand them, and whether they survive a thread
 * boundary.
 */
import type { Transferable } from 'node:worker_threads';
import type { Call, Cast, Fault, Protocol } from './messages.js';

/** Objects that a clone gives back as they are: nothing in them is looked at. */
type Whole = ArrayBuffer | SharedArrayBuffer | ArrayBufferView | Date | RegExp | Error | Blob | Transferable;

type Primitive = string | number | bigint | boolean | null | undefined | void;

/** Brands of addresses and refs; they exist in types only. */
export declare const spoken: unique symbol;
/** Brand of what a receiver understands. */
export declare const understood: unique symbol;

declare const local: unique symbol;
/** A body that never leaves its thread, so that nothing is asked of it: of a message of an actor to itself. */
export type Local<T> = T & { readonly [local]?: true };

/** `T` itself when it can be cloned into another thread; `never` stands where a function or a symbol is. */
export type Cloneable<T> = unknown extends T
  ? T
  : typeof local extends keyof T
    ? T
    : typeof spoken extends keyof T
      ? T
      : T extends Primitive | Whole
        ? T
        : T extends symbol | ((...args: never[]) => unknown) | PromiseLike<unknown>
          ? never
          : T extends ReadonlyMap<infer K, infer V>
            ? [Cloneable<K>, Cloneable<V>] extends [never, unknown] | [unknown, never]
              ? never
              : T
            : T extends ReadonlySet<infer V>
              ? [Cloneable<V>] extends [never]
                ? never
                : T
              : { [K in keyof T]: Cloneable<T[K]> };

/**
 * A body after it was sent, or as a handler gets it: given away, perhaps delivered again, so nobody changes it. Typed
 * arrays and buffers stay as they are.
 */
export type Given<T> = unknown extends T
  ? T
  : typeof local extends keyof T
    ? T
    : typeof spoken extends keyof T
      ? T
      : T extends Primitive | symbol | Whole | ((...args: never[]) => unknown)
        ? T
        : T extends ReadonlyMap<infer K, infer V>
          ? ReadonlyMap<Given<K>, Given<V>>
          : T extends ReadonlySet<infer V>
            ? ReadonlySet<Given<V>>
            : { readonly [K in keyof T]: Given<T[K]> };

/** A protocol with its bodies as a sender gives them away. */
export type GivenProtocol<P extends Protocol> = {
  readonly [N in keyof P]: P[N] extends Call<infer Body, infer Reply, infer Failure extends Fault>
    ? Call<Given<Body>, Reply, Failure>
    : Cast<Given<P[N]['body']>>;
};

/** Constraint of a protocol: every body, reply and fault can be cloned. */
export type CloneableProtocol<P> = {
  readonly [N in keyof P]: P[N] extends Call<infer Body, infer Reply, infer Failure>
    ? Call<Cloneable<Body>, Cloneable<Reply>, Failure & Cloneable<Failure>>
    : P[N] extends Cast<infer Body>
      ? Cast<Cloneable<Body>>
      : P[N];
};

/**
 * The messages that may be sent to an actor, as functions: a receiver that understands more can replace one that
 * understands less, never the other way round. `Protocol` itself stands for any actor.
 */
export type Understands<P extends Protocol> = string extends keyof P
  ? unknown
  : {
      readonly [N in keyof P]: P[N] extends Call<infer Body, infer Reply, infer Failure extends Fault>
        ? (body: Body) => { readonly reply: Reply; readonly fault: Failure }
        : P[N] extends Cast<infer Body>
          ? (body: Body) => void
          : never;
    };
