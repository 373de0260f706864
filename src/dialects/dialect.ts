/**
 * The contract of every dialect: the interface between bytes on a connection and utterances of people. A dialect is
 * pure: it turns frames into utterances and utterances into frames. `sniff.ts` alone knows which dialects exist.
 */
import type { Result } from 'neverthrow';
import type { DialectError } from './errors.js';
import type { MessageId } from '../ids.js';
import type { Status } from '../wire/status.js';
import type { Inquiry } from './inquiry.js';
import type { SentOperation } from './operations.js';
import type { FileWords, OfferMessage } from './files.js';

/** The name of an older program's dialect. */
export type ForeignDialectName = 'cmp2204' | 'chatbuddy' | 'synergy' | 'cse310' | 'netech';
/** The name of a dialect. */
export type DialectName = 'native' | ForeignDialectName;

/** The protection of texts on the wire. `toy-dh-3des` is weak, and is shown as weak. */
export type Encryption = 'noise' | 'toy-dh-3des' | 'none';

/** One statement of a side to the other, in any dialect. */
export type Utterance =
  /** `sentAtMs`: the sender's wall clock, for show only. `id` is the sender's; `null` where the dialect has none. */
  | { readonly type: 'text'; readonly id: MessageId | null; readonly sentAtMs: number; readonly text: string }
  /** The speaker has committed these messages to its history. */
  | { readonly type: 'receipt'; readonly ids: readonly MessageId[] }
  /** The name of the speaker, and the instance (8 bytes, hex) of its identity. */
  | { readonly type: 'profile'; readonly name: string; readonly instance: string }
  /** The status of the speaker now. */
  | { readonly type: 'status'; readonly status: Status }
  /** The user of the speaker types, for this many seconds unless a further notice comes; 0: stopped. */
  | { readonly type: 'typing'; readonly seconds: number }
  /** The speaker asks to connect, in dialects with such a message. */
  | { readonly type: 'connect' }
  /** The speaker leaves. `words`: what to show, where the dialect sends some. */
  | { readonly type: 'leave'; readonly words: string | null }
  /** A question about the network between two native peers, or its answer. */
  | { readonly type: 'inquiry'; readonly inquiry: Inquiry }
  /** An operation on a message between two native peers. */
  | ({ readonly type: 'operation' } & SentOperation)
  /** An offer of files, which is kept and acknowledged like a text. */
  | ({ readonly type: 'offer' } & OfferMessage)
  /** A word about a transfer of files, for the time of a session. */
  | { readonly type: 'file'; readonly words: FileWords }
  /** A native utterance of a kind that this version does not know. It is counted and otherwise ignored. */
  | { readonly type: 'unknown'; readonly kind: number; readonly bytes: number };

/** How bytes are cut into frames (`wire/frames.ts`). */
export type Framing =
  | { readonly type: 'length-prefixed' }
  | { readonly type: 'json-value'; readonly bytesMax: number }
  /** No framing: the bytes up to an idle gap or the close are one frame. */
  | {
      readonly type: 'read';
      readonly bytesMax: number;
      readonly idleGapMs: number;
      /** Silence after which a receiver ends its half: programs that wait for it end the connection then. */
      readonly finishAfterMs?: number;
    };

/** The abilities of a dialect. */
export interface Capabilities {
  /** Whether receivers confirm the commit of a message. Without it *sent* is the best state of a message. */
  readonly receipts: boolean;
  /** One connection carries a whole conversation, or one message. */
  readonly connection: 'conversation' | 'message';
  readonly encryption: readonly Encryption[];
  /** Most bytes of UTF-8 text in one frame, with the dialect's own words around it; longer texts are split. */
  readonly textBytesMax: number;
}

/** Whether the first bytes belong to a dialect. */
export type Sniffed = 'yes' | 'no' | 'need-more';

/** The stateless part of a dialect whose frames are utterances and whose exchange lives elsewhere (`session/`). */
export interface Dialect<Frame> {
  readonly name: DialectName;
  readonly framing: Framing;
  readonly can: Capabilities;
  /** Whether these first bytes of a connection belong to this dialect. */
  sniff(first: Uint8Array): Sniffed;
  decode(frame: Frame): Result<Utterance, DialectError>;
  encode(utterance: Utterance): Result<Frame, DialectError>;
}

/**
 * The dialect of an older program: a stateless codec, and a machine for one connection. `Message`: the messages that
 * the program distinguishes on the wire. The machine decides on their meaning as utterances.
 */
export interface ForeignDialect<Message> {
  readonly name: ForeignDialectName;
  readonly framing: Framing;
  readonly can: Capabilities;
  /** One frame, cut as `framing` says. Errors: `dialect/malformed`, `dialect/unsupported`. */
  decode(frame: Uint8Array): Result<Message, DialectError>;
  /** Encodes the bytes of one write. Errors: `dialect/too-long`, `dialect/unsupported`. */
  encode(message: Message): Result<Uint8Array, DialectError>;
  /**
   * Cuts `text` at code points so that each piece fits one write. Where a connection carries one message, the caller
   * opens one for each piece. A text that means a command is one piece. Errors: `dialect/unsupported` (no text at all).
   */
  pieces(text: string, options: ForeignOptions): Result<readonly string[], DialectError>;
  /** Returns the meaning of this whole text to the program at the other end. */
  means(text: string): 'text' | 'connect' | 'leave';
  /** Encodes a sentence with which this side ends a conversation, for a program that shows it. */
  readonly encodeFarewell?: (words: string) => Uint8Array;
  /** Opens the pacing of writes, for a program that reads only now and then. Absent: it can always be written to. */
  readonly openPacing?: (role: ForeignRole) => Pacing;
  openMachine(role: ForeignRole, options: ForeignOptions): ForeignMachine;
}

/** Holds writes back for a program that reads only now and then. Times are monotonic ms. */
export interface Pacing {
  /** Notes bytes of the other side, also a part of a message. */
  heard(nowMs: number): void;
  /**
   * Returns the bytes to write now. Null: the message has to wait until the other side speaks or, unless it is null,
   * for `retryAfterMs`.
   */
  take(
    bytes: Uint8Array,
    nowMs: number,
  ): { readonly bytes: Uint8Array } | { readonly bytes: null; readonly retryAfterMs: number | null };
}

/** A foreign dialect without the type of its messages: enough to hold a conversation. */
export type AnyForeignDialect = Pick<
  ForeignDialect<unknown>,
  'name' | 'framing' | 'can' | 'pieces' | 'means' | 'encodeFarewell' | 'openPacing' | 'openMachine'
>;

/** The side that opened the connection: this one (`dial`) or the other (`accept`). */
export type ForeignRole = 'dial' | 'accept';

/** The way in which this side presents itself, and the form in which it writes. */
export interface ForeignOptions {
  readonly name: string;
  /** Our address in this dialect, which synergy and netech send with each message. */
  readonly address: string;
  readonly listeningPort: number;
  readonly random: (bytes: number) => Uint8Array;
  /**
   * `Speaker.form` of the peer, whose spelling we answer in; `null`: unknown, so the form of the real program is
   * used.
   */
  readonly form: string | null;
  /** cmp2204 only; others ignore it: agree on a key before the first text is sent. */
  readonly secure: boolean;
  /** cmp2204 only: the private number that the user typed; `null` draws one. */
  readonly privateNumber: bigint | null;
  /** cmp2204 only: the environment's `P` and `Q`; `null`: 23 and 5. */
  readonly group: { readonly prime: bigint; readonly generator: bigint } | null;
}

/** The claims of the other side about itself, which are unproved. `null`: the dialect has no such field. */
export interface Speaker {
  readonly name: string | null;
  readonly listeningPort: number | null;
  /** The spelling of the dialect that it uses. Opaque: keep it for the peer, and pass it to the next connection. */
  readonly form: string | null;
}

/** An event of a connection. */
export type ForeignInput =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  /** Nothing came for `idleGapMs`. Relevant where `framing` is `read`, ignored elsewhere. */
  | { readonly type: 'idle' }
  /** The other side has closed, or the connection is lost. */
  | { readonly type: 'closed' };

/** A result of the machine. */
export type ForeignOutput =
  | {
      readonly type: 'heard';
      readonly utterance: Utterance;
      readonly speaker: Speaker;
      readonly encryption: Encryption;
    }
  /** One write of its own: the real programs take the bytes of one `recv` as one message. */
  | { readonly type: 'write'; readonly bytes: Uint8Array }
  /** The utterance is complete in the writes so far: it is *sent* once they are flushed. */
  | { readonly type: 'sent'; readonly utterance: Utterance; readonly encryption: Encryption }
  /** Close the connection once the writes are flushed. No output follows. */
  | { readonly type: 'close' }
  /** The other side broke the dialect: close. No output follows. */
  | { readonly type: 'failed'; readonly error: DialectError };

/** One connection in an older dialect. Pure: time comes in, bytes go out as values. */
export interface ForeignMachine {
  /** Takes an event. `nowMs`: wall clock, which replaces the time of sending, since no older program sends it. */
  receive(input: ForeignInput, nowMs: number): readonly ForeignOutput[];
  /**
   * Errors: `dialect/unsupported` (this dialect, or this end of a connection, cannot carry it), `dialect/too-long`
   * (more than one piece where a connection carries one message). The connection goes on after either.
   */
  say(utterance: Utterance): Result<readonly ForeignOutput[], DialectError>;
}

/** The purpose of an authenticated connection. */
export type Carries =
  | 'session'
  /** One message of an older program, which is in flight. */
  | 'message'
  /** One message of an older program, whose user is presumably typing it. */
  | 'typed-message'
  /** A conversation with an older program, which cannot be resumed once it was evicted. */
  | 'conversation';
