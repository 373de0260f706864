/** Input of delivery: texts to send, and the stored state of earlier runs. Pure. */
import type { DialectError } from '../../dialects/errors.js';
import type { FileOffer } from '../../dialects/files.js';
import type { MessageId, PeerId } from '../../ids.js';
import type { SendViaOptions } from '../contract.js';
import type { ChatError } from '../errors.js';
import type { StatusEvent } from '../events.js';
import type { Carriage } from '../routes/route.js';
import type { CallId } from '../turn.js';
import type { StoreFailure } from './effects.js';
import {
  textContent,
  type Content,
  type Correspondent,
  type NewEntry,
  type OutboxSize,
  type Unseen,
} from './entry.js';

/** A text with the id that it keeps for ever. */
export interface Words {
  readonly id: MessageId;
  /** For an operation its plain form, by which a foreign program takes it. */
  readonly text: string;
  /** Files that are offered instead of a text. */
  readonly offer?: FileOffer;
  /** Missing: a plain text. */
  readonly content?: Content;
  /** Text of the message that a reply answers. */
  readonly quoted?: string;
}

/** Returns the content of an entry with these words. */
export const contentOf = ({ text, offer, content }: Words): Content =>
  offer === undefined ? (content ?? textContent(text)) : { type: 'file-offer', ...offer };

/** Failures of a send to a known peer. */
export type SendFailure = ChatError | DialectError | StoreFailure;

/** Texts for one peer, of which all are queued or none. */
export interface Sending {
  readonly peerId: PeerId;
  readonly messages: readonly Words[];
  readonly via: SendViaOptions | null;
  readonly call: CallId<readonly StatusEvent[], SendFailure>;
}

/** The state of delivery that the history keeps. */
export interface DeliveryStored {
  readonly correspondents: readonly Correspondent[];
  readonly outboxSize: OutboxSize;
  /** Greatest committed `seq`. */
  readonly newestSeq: number;
  /** Messages that readers have not seen. */
  readonly unseen: Unseen;
  /** Greatest `seq` published in this run of the program; at its start `newestSeq`. */
  readonly publishedSeq: number;
}

/** Entries of a sending that are being committed. */
export interface Append {
  readonly call: Sending['call'];
  readonly peerId: PeerId;
  readonly entries: readonly NewEntry[];
  readonly carriage: Carriage;
  readonly bytes: number;
}

/** A page of an outbox that is being read, with the number of the outbox's request. */
export interface Load {
  readonly peerId: PeerId;
  readonly request: number;
}
