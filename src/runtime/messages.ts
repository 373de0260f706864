/** Messages between actors: casts, calls, and the manifest that names those of one actor. Types only. */

/** Plain data with a stable code: the only shape in which a failure crosses a thread. */
export interface Fault {
  readonly code: string;
}

/** A message without an answer. */
export interface Cast<Body> {
  readonly kind: 'cast';
  readonly body: Body;
}

/** A message that is answered once, with a reply or with a fault from a closed union. */
export interface Call<Body, Reply, Failure extends Fault = never> {
  readonly kind: 'call';
  readonly body: Body;
  readonly reply: Reply;
  readonly fault: Failure;
}

/** The manifest of an actor: name → cast or call. Declare it as a `type`, so that it fits the index signature. */
export type Protocol = { readonly [name: string]: Cast<unknown> | Call<unknown, unknown, Fault> };

/** The names of casts in a protocol. */
export type CastName<P extends Protocol> = {
  [N in keyof P & string]: P[N] extends Cast<unknown> ? N : never;
}[keyof P & string];
/** The names of calls in a protocol. */
export type CallName<P extends Protocol> = {
  [N in keyof P & string]: P[N] extends Call<unknown, unknown, Fault> ? N : never;
}[keyof P & string];
/** The body of a message. */
export type BodyOf<P extends Protocol, N extends keyof P> = P[N]['body'];
/** The reply of a call. */
export type ReplyOf<P extends Protocol, N extends keyof P> =
  P[N] extends Call<unknown, infer R, Fault> ? R : never;
/** The faults of a call. */
export type FaultOf<P extends Protocol, N extends keyof P> =
  P[N] extends Call<unknown, unknown, infer F> ? F : never;
