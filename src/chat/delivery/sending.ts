/** Input of delivery: texts to send, and the stored state of earlier runs. Types only. */
import type { DialectError } from '../../dialects/errors.js';
import type { MessageId, PeerId } from '../../ids.js';
import type { SendViaOptions } from '../contract.js';
import type { ChatError } from '../errors.js';
import type { StatusEvent } from '../events.js';
import type { CallId } from '../turn.js';
import type { StoreFailure } from './effects.js';
import type { Correspondent, OutboxSize, Unseen } from './entry.js';

/** One text under the id that it keeps for life. */
export interface Words {
  readonly id: MessageId;
  readonly text: string;
}

export type SendFailure = ChatError | DialectError | StoreFailure;

/** Texts for one peer, to be queued all or none. */
export interface Sending {
  readonly peerId: PeerId;
  readonly messages: readonly Words[];
  readonly via: SendViaOptions | null;
  readonly call: CallId<readonly StatusEvent[], SendFailure>;
}

export interface DeliveryStored {
  readonly correspondents: readonly Correspondent[];
  readonly outboxSize: OutboxSize;
  /** Newest committed `seq`. */
  readonly newestSeq: number;
  /** Messages that readers have not seen. */
  readonly unseen: Unseen;
  /** Newest `seq` that readers of events were given in this run of the program; at its start `newestSeq`. */
  readonly publishedSeq: number;
}
