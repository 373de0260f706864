/** Input of delivery: texts to send, and the stored state of earlier runs. Pure. */
import type { DialectError } from '../../dialects/errors.js';
import type { FileOffer } from '../../dialects/files.js';
import type { MessageId, PeerId } from '../../ids.js';
import type { SendViaOptions } from '../contract.js';
import type { ChatError } from '../errors.js';
import type { StatusEvent } from '../events.js';
import type { CallId } from '../turn.js';
import type { StoreFailure } from './effects.js';
import { textContent, type Content, type Correspondent, type OutboxSize, type Unseen } from './entry.js';

/** A text with the id that it keeps for ever. */
export interface Words {
  readonly id: MessageId;
  readonly text: string;
  /** Files that are offered instead of a text. */
  readonly offer?: FileOffer;
}

/** Returns the content of an entry with these words. */
export const contentOf = ({ text, offer }: Words): Content =>
  offer === undefined ? textContent(text) : { type: 'file-offer', ...offer };

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
