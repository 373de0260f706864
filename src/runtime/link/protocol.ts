/** The packets between the two ends of a link, and dead letters. */
import type { Transferable } from 'node:worker_threads';
import type { EnvelopeCode, Origin } from './envelope.js';
import type { RuntimeLimits } from '../limits.js';
import type { Recorder } from '../recorder.js';
import type { Loop } from '../timers.js';

/**
 * Sender → receiver: number of the first envelope, new names, calls that are given up, then codes and bodies side by
 * side. One clone for all of it, and no object per envelope.
 */
export type Batch =
  | readonly [
      first: number,
      names: readonly string[] | null,
      cancelled: readonly number[] | null,
      codes: readonly EnvelopeCode[],
      bodies: readonly unknown[],
    ]
  /** A stop marker: the receiver is about to stop, and everything before this is to be handled. */
  | number;

/** In place of a fault: the reply cannot be cloned. The sender knows the message that it answers. */
export const refusedReply = 'not-cloneable';

/**
 * Receiver → sender: everything up to this number is handled; answers to calls, side by side; another credit. `seqs` is
 * the first number where the calls follow each other, `areOk` is null where no answer is a fault.
 */
export type Progress = number | readonly [credit: number] | AnswerPacket;

/** Answers to calls. */
export type AnswerPacket = readonly [
  handled: number,
  seqs: number | readonly number[],
  areOk: readonly boolean[] | null,
  values: readonly unknown[],
];

/**
 * Why a message was given up. `poison`: it crashed its actor `poisonTriesMax` times. `stopped`: its actor stopped for
 * good. `crashed`: a message of an actor to itself, which ends with the life that sent it. `lost-with-thread`: it lay
 * in the memory of a thread that died, on a link of a circle or from an actor to itself; nobody knows its body.
 * `lost-transfer`: it was to be delivered at most once, since objects moved with it or by `castOnce`, and its receiver
 * crashed.
 */
export type DeadLetterReason =
  | 'poison'
  | 'stopped'
  | 'unknown-name'
  | 'not-cloneable'
  | 'lost-transfer'
  | 'crashed'
  | 'mailbox-full'
  | 'lost-with-thread';

/** A message that was given up. */
export interface DeadLetter {
  readonly actor: string;
  /** Id of the sender; empty for code outside any actor. */
  readonly from: string;
  readonly name: string;
  readonly reason: DeadLetterReason;
  /** Absent for a message with transferred objects. */
  readonly body: unknown;
  /** Messages that this letter stands for, at most; absent: one. */
  readonly count?: number;
}

/** Which link, between whom. `id` is unique in the system, `epoch` in the link: it counts its sending ends. */
export interface LinkAddress {
  readonly id: number;
  readonly epoch: number;
  /** Name of the link in the sender's manifest. */
  readonly name: string;
  /** Empty: code outside any actor. */
  readonly from: string;
  readonly to: string;
  /** Credit at the start. */
  readonly credit: number;
  /** Deaths of the receiver's thread at one envelope that make it a dead letter. */
  readonly triesMax: number;
  /** Whether the link is part of a circle of links: then nobody waits for its acknowledgements. */
  readonly isCircular: boolean;
}

/** The reports of a sender. */
export interface SenderEvents {
  deadLetter(letter: DeadLetter): void;
  linkLost(linkId: number): void;
}

/** The actor that sends over a link. */
export interface SenderOwner<Sender> {
  /** Of what it sends now; null: its origin is unknown. */
  readonly origin: Origin | null;
  /** Envelopes were acknowledged. */
  onAcknowledged(sender: Sender): void;
  /** The first envelope after all were acknowledged. */
  onBusy(sender: Sender): void;
  /** The sender has something to post. Returns whether the owner has it posted at the end of what it does now. */
  willFlush(sender: Sender): boolean;
}

/** How a sender treats what it is given. */
export interface SenderOptions {
  readonly limits: RuntimeLimits;
  readonly loop: Loop;
  /** Null: nothing is recorded. */
  readonly recorder: Recorder | null;
  /** The memory of this thread ends with the process only. */
  readonly isLasting: boolean;
  /** Bodies are frozen, so that a later change of one throws where it is made. */
  readonly isStrict: boolean;
}

/** Options of a call. */
export interface CallOptions {
  readonly deadlineMs?: number;
  readonly transfer?: readonly Transferable[];
  /** Aborts the call: it fails with `runtime/aborted`, and the handler's `from.signal` is aborted. */
  readonly signal?: AbortSignal;
}
