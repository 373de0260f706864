/**
 * What every dialect can say and be asked: the interface between bytes on a connection and what people mean.
 * A dialect is pure: frames in, utterances out, and back. Which dialects exist is known to `sniff.ts` alone.
 */
import type { Result } from 'neverthrow';
import type { DialectError } from '../errors.js';
import type { MessageId } from '../ids.js';

export type LegacyDialectName = 'cmp2204' | 'chatbuddy' | 'synergy' | 'cse310' | 'netech';
export type DialectName = 'native' | LegacyDialectName;

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
  | { readonly type: 'leave'; readonly words: string | null };

/** How bytes are cut into frames (`wire/frames.ts`). */
export type Framing =
  | { readonly type: 'length-prefixed' }
  | { readonly type: 'json-value'; readonly bytesMax: number }
  /** No framing at all: what arrives together, until the idle gap or the close, is one frame. */
  | { readonly type: 'read'; readonly bytesMax: number; readonly idleGapMs: number };

export interface Capabilities {
  /** The other side says when a message is committed. Without it *sent* is the best a message reaches. */
  readonly receipts: boolean;
  /** One connection carries a whole talk, or just one message. */
  readonly connection: 'talk' | 'message';
  readonly encryption: readonly Encryption[];
  /** Most bytes of UTF-8 text in one frame; longer texts are split at code points. */
  readonly textBytesMax: number;
}

export type Sniffed = 'yes' | 'no' | 'need-more';

/** The stateless part that all dialects share; a stateful exchange (key agreement) is a machine beside it. */
export interface Dialect<Frame> {
  readonly name: DialectName;
  readonly framing: Framing;
  readonly can: Capabilities;
  /** Do these first bytes of a connection belong to this dialect? */
  sniff(first: Uint8Array): Sniffed;
  decode(frame: Frame): Result<Utterance, DialectError>;
  encode(utterance: Utterance): Result<Frame, DialectError>;
}
