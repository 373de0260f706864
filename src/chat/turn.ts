/**
 * One turn of the core: the handling of one input. Clocks and dice are arguments, and the results are effects. A part
 * of the core emits only its own kinds of effects, which its `effects.ts` names.
 */
import type { Result } from 'neverthrow';
import type { MessageId } from '../ids.js';

/** Plain data with a stable code: the shape of every failure that leaves the core. */
export interface Fault {
  readonly code: string;
}

/** The two clocks at the time of an input. */
export interface Clocks {
  /** Milliseconds of a clock that only goes forward; for waiting and aging. */
  readonly monotonicMs: number;
  /** Milliseconds of the calendar; for what is stored and shown. */
  readonly wallMs: number;
}

/** The services of the shell for one turn. */
export interface Given {
  readonly now: Clocks;
  /** A number from 0 (included) to 1 (excluded). */
  random(): number;
  newMessageId(): MessageId;
  /** Addresses at which other hosts reach this one, best first. */
  ownAddresses(): readonly string[];
}

/** A turn of a part. `Effect`: the effects that the part may emit. */
export interface Turn<Effect> extends Given {
  readonly emit: (effect: Effect) => void;
  /** A number that no other request of this core has; the answer to the request carries it. */
  readonly newToken: () => Token;
}

/** Ties the answer of a shell to the request of the core. */
export type Token = number & { readonly [tokenBrand]: true };
declare const tokenBrand: unique symbol;

/** Makes the token of a running number. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one place where tokens are made
export const tokenOf = (count: number): Token => count as Token;

/** An open call of the node, which is answered once. */
export interface CallId<Reply, Failure extends Fault> {
  readonly callId: number;
  /** Exists in types only: ties the answer to the call. */
  readonly [answerBrand]?: (result: Result<Reply, Failure>) => void;
}
declare const answerBrand: unique symbol;

/** Answers a call. */
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

/** Answers a call with a result that fits it. */
export const answer = <Reply, Failure extends Fault>(
  call: CallId<Reply, Failure>,
  result: Result<Reply, Failure>,
): CallerEffect => ({ to: 'caller', callId: call.callId, result, afterCredit: false });

/** Writes a log line. */
export interface LogEffect {
  readonly to: 'log';
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** Null: the line is always written. */
  readonly ration: LogRation | null;
}

/** The ration of a line that any host on the network can provoke: the shell writes few lines of each source. */
export interface LogRation {
  readonly source: string;
  /** Whether the number of suppressed lines is written later; false where the lines themselves count. */
  readonly isRestLogged: boolean;
}

/** Makes the effect of a log line. */
export const logLine = (
  level: LogEffect['level'],
  event: string,
  fields: LogEffect['fields'],
  ration: LogRation | null = null,
): LogEffect => ({ to: 'log', level, event, fields, ration });

/**
 * Brings `due` back as an input after `afterMs`. It cannot be cancelled, so its handler checks that it still matters.
 */
export interface TimerEffect<Due> {
  readonly to: 'self';
  readonly afterMs: number;
  readonly due: Due;
}
