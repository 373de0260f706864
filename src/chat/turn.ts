/**
 * One turn of the core: the handling of one input. Clocks and dice come in as arguments; what is to be done goes out as
 * effects. A part of the core emits its own kinds of effects only, so each part names them in its own `effects.ts`.
 */
import type { Result } from 'neverthrow';
import type { MessageId } from '../ids.js';

/** Plain data with a stable code: the shape of every failure that leaves the core. */
export interface Fault {
  readonly code: string;
}

export interface Clocks {
  /** Milliseconds of a clock that only goes forward; for waiting and aging. */
  readonly monotonicMs: number;
  /** Milliseconds of the calendar; for what is stored and shown. */
  readonly wallMs: number;
}

/** What the shell lends to one turn. */
export interface Given {
  readonly now: Clocks;
  /** A number from 0 (included) to 1 (excluded). */
  random(): number;
  newMessageId(): MessageId;
  /** Addresses at which other hosts reach this one, best first. */
  ownAddresses(): readonly string[];
}

/** `Effect`: the effects that the part may emit. */
export interface Turn<Effect> extends Given {
  readonly emit: (effect: Effect) => void;
  /** A number that no other request of this core has; the answer to the request carries it. */
  readonly newToken: () => Token;
}

/** Ties the answer of a shell to the request of the core. */
export type Token = number & { readonly [tokenBrand]: true };
declare const tokenBrand: unique symbol;

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one place where tokens are made
export const tokenOf = (count: number): Token => count as Token;

/** A call that somebody made of the node, and that is answered once. */
export interface CallId<Reply, Failure extends Fault> {
  readonly callId: number;
  /** Exists in types only: ties the answer to the call. */
  readonly [answerBrand]?: (result: Result<Reply, Failure>) => void;
}
declare const answerBrand: unique symbol;

export interface CallerEffect {
  readonly to: 'caller';
  readonly callId: number;
  readonly result: Result<unknown, Fault>;
  /**
   * The answer waits until the history takes further requests: it gives a peer credit for more, and no peer may be
   * faster than the disk.
   */
  readonly afterCredit: boolean;
}

export const answer = <Reply, Failure extends Fault>(
  call: CallId<Reply, Failure>,
  result: Result<Reply, Failure>,
): CallerEffect => ({ to: 'caller', callId: call.callId, result, afterCredit: false });

export interface LogEffect {
  readonly to: 'log';
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** Null: the line is always written. */
  readonly ration: LogRation | null;
}

/** Any host on the network can provoke the line, so the shell writes few lines of each source. */
export interface LogRation {
  readonly source: string;
  /** The number of lines that were left out is written later; false where the lines themselves count. */
  readonly isRestTold: boolean;
}

export const logLine = (
  level: LogEffect['level'],
  event: string,
  fields: LogEffect['fields'],
  ration: LogRation | null = null,
): LogEffect => ({ to: 'log', level, event, fields, ration });

/** Brings `due` back as an input after `afterMs`. It cannot be called off: who handles it checks whether it still matters. */
export interface TimerEffect<Due> {
  readonly to: 'self';
  readonly afterMs: number;
  readonly due: Due;
}
