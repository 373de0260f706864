/**
 * What every dialect can say and be asked: the interface between bytes on a connection and what people mean.
 * A dialect is pure: frames in, utterances out, and back. Which dialects exist is known to `sniff.ts` alone.
 */
import type { Result } from 'neverthrow';
import type { DialectError } from './errors.js';
import type { MessageId } from '../ids.js';

export type ForeignDialectName = 'cmp2204' | 'chatbuddy' | 'synergy' | 'cse310' | 'netech';
export type DialectName = 'native' | ForeignDialectName;

/** How well the words are protected on the wire. `toy-dh-3des` is weak, and said to be. */
export type Encryption = 'noise' | 'toy-dh-3des' | 'none';

/** What one side says to the other, whatever the dialect. */
export type Utterance =
  /** `sentAtMs`: the sender's wall clock, for show only. `id` is the sender's; `null` where the dialect has none. */
  | { readonly type: 'text'; readonly id: MessageId | null; readonly sentAtMs: number; readonly text: string }
  /** These messages are committed in the history of the one who says so. */
  | { readonly type: 'receipt'; readonly ids: readonly MessageId[] }
  /** How the speaker wants to be called, and which instance (8 bytes, hex) of the identity speaks. */
  | { readonly type: 'profile'; readonly name: string; readonly instance: string }
  /** The speaker asks to connect (dialects that know such a thing). */
  | { readonly type: 'connect' }
  /** The speaker leaves. `words`: what to show, where the dialect sends some. */
  | { readonly type: 'leave'; readonly words: string | null }
  /** A native utterance of a kind that this version does not know. It is counted and otherwise ignored. */
  | { readonly type: 'unknown'; readonly kind: number; readonly bytes: number };

/** How bytes are cut into frames (`wire/frames.ts`). */
export type Framing =
  | { readonly type: 'length-prefixed' }
  | { readonly type: 'json-value'; readonly bytesMax: number }
  /** No framing at all: what arrives together, until the idle gap or the close, is one frame. */
  | { readonly type: 'read'; readonly bytesMax: number; readonly idleGapMs: number };

export interface Capabilities {
  /** The other side says when a message is committed. Without it *sent* is the best a message reaches. */
  readonly receipts: boolean;
  /** One connection carries a whole conversation, or one message. */
  readonly connection: 'conversation' | 'message';
  readonly encryption: readonly Encryption[];
  /** Most bytes of UTF-8 text in one frame, with the dialect's own words around it; longer texts are split. */
  readonly textBytesMax: number;
}

export type Sniffed = 'yes' | 'no' | 'need-more';

/** The stateless part of a dialect whose frames are utterances and whose exchange lives elsewhere (`session/`). */
export interface Dialect<Frame> {
  readonly name: DialectName;
  readonly framing: Framing;
  readonly can: Capabilities;
  /** Do these first bytes of a connection belong to this dialect? */
  sniff(first: Uint8Array): Sniffed;
  decode(frame: Frame): Result<Utterance, DialectError>;
  encode(utterance: Utterance): Result<Frame, DialectError>;
}

/**
 * The dialect of an older program: a stateless codec, and a machine for one connection. `Message` is what the program
 * itself distinguishes on the wire; what it means as an utterance is decided by the machine.
 */
export interface ForeignDialect<Message> {
  readonly name: ForeignDialectName;
  readonly framing: Framing;
  readonly can: Capabilities;
  /** One frame, cut as `framing` says. Errors: `dialect/malformed`, `dialect/unsupported`. */
  decode(frame: Uint8Array): Result<Message, DialectError>;
  /** What one write carries. Errors: `dialect/too-long`, `dialect/unsupported`. */
  encode(message: Message): Result<Uint8Array, DialectError>;
  /**
   * Cuts `text` at code points so that each piece fits one write. Where a connection carries one message, the caller
   * opens one for each piece. Errors: `dialect/unsupported` (text that would mean something else there, or nothing).
   */
  pieces(text: string, options: ForeignOptions): Result<readonly string[], DialectError>;
  openMachine(role: ForeignRole, options: ForeignOptions): ForeignMachine;
}

/** All that is needed to hold a talk in some older dialect, whatever its messages are. */
export type AnyForeignDialect = Pick<
  ForeignDialect<unknown>,
  'name' | 'framing' | 'can' | 'pieces' | 'openMachine'
>;

/** Who opened the connection: this side (`dial`) or the other (`accept`). */
export type ForeignRole = 'dial' | 'accept';

/** What this side is to the other, and how it is to speak. */
export interface ForeignOptions {
  readonly name: string;
  /** Where the other side can reach us in this dialect; synergy and netech tell it with each message. */
  readonly address: string;
  readonly listeningPort: number;
  readonly random: (bytes: number) => Uint8Array;
  /** `Speaker.form` of the peer, when it spoke before: we answer as it spoke. `null`: as the real program does. */
  readonly form: string | null;
  /** cmp2204 only; others ignore it: agree on a key before the first text is sent. */
  readonly secure: boolean;
  /** cmp2204 only: the private number the user typed; `null` draws one. */
  readonly privateNumber: bigint | null;
  /** cmp2204 only: the environment's `P` and `Q`; `null`: 23 and 5. */
  readonly group: { readonly prime: bigint; readonly generator: bigint } | null;
}

/** What the other side says of itself; nothing of it is proved. `null`: the dialect does not say. */
export interface Speaker {
  readonly name: string | null;
  readonly listeningPort: number | null;
  /** Which of the dialect's spellings it uses. Opaque: keep it for the peer and hand it to the next talk. */
  readonly form: string | null;
}

export type ForeignInput =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  /** Nothing came for `idleGapMs`; of interest where `framing` is `read`, ignored elsewhere. */
  | { readonly type: 'idle' }
  /** The other side has closed, or the connection is lost: nothing will come any more. */
  | { readonly type: 'closed' };

export type ForeignOutput =
  | {
      readonly type: 'heard';
      readonly utterance: Utterance;
      readonly speaker: Speaker;
      readonly encryption: Encryption;
    }
  /** One write of its own: the real programs take what one `recv` returns as one message. */
  | { readonly type: 'write'; readonly bytes: Uint8Array }
  /** All of this utterance is in the writes so far: it is *sent* once they are flushed. */
  | { readonly type: 'sent'; readonly utterance: Utterance; readonly encryption: Encryption }
  /** Close the connection once the writes are flushed. Nothing follows. */
  | { readonly type: 'close' }
  /** The other side broke the dialect; close. Nothing follows. At most once per talk. */
  | { readonly type: 'failed'; readonly error: DialectError };

/** One connection in an older dialect. Pure: time comes in, bytes go out as values. */
export interface ForeignMachine {
  /** `nowMs`: wall clock, which stands in for the time of sending that no older program tells. */
  receive(input: ForeignInput, nowMs: number): readonly ForeignOutput[];
  /**
   * Errors: `dialect/unsupported` (this dialect, or this end of a connection, cannot carry it), `dialect/too-long`
   * (more than one piece where a connection carries one message). The talk goes on after either.
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
