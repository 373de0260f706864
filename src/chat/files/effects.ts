/** The effects of transfers, and the answers of the actor of files. Types only. */
import type { Result } from 'neverthrow';
import type { FileOffer } from '../../dialects/files.js';
import type { MessageId, PeerId } from '../../ids.js';
import type { RuntimeError } from '../../runtime/errors.js';
import type { AcceptOptions, OfferWishes, TransferAction } from '../contract.js';
import type { FileError } from '../errors.js';
import type { TransferEvent } from '../events.js';
import type { CallerEffect, LogEffect, TimerEffect, Token } from '../turn.js';
import type { TransferRow } from './record.js';

/** One effect of transfers. */
export type TransfersEffect =
  | { readonly to: 'transfers'; readonly token: Token; readonly ask: TransferAsk }
  | { readonly to: 'feed'; readonly event: TransferEvent }
  | TimerEffect<TransfersDue>
  | CallerEffect
  | LogEffect;

/** A timer of transfers: a peer that is wanted is tried again. */
export interface TransfersDue {
  readonly type: 'transfer-dial';
  readonly peerId: PeerId;
  /** Number of the timer: an older one of the peer does nothing. */
  readonly nth: number;
}

/** A request to the actor of files. */
export type TransferAsk =
  | {
      readonly type: 'offer';
      readonly id: MessageId;
      readonly peerId: PeerId;
      readonly paths: readonly string[];
      readonly comment: string;
      readonly spool: string;
      readonly wishes: OfferWishes;
    }
  | {
      readonly type: 'offered';
      readonly id: MessageId;
      readonly peerId: PeerId;
      readonly offer: FileOffer;
      readonly isTrusted: boolean;
      readonly isVerified: boolean;
    }
  | { readonly type: 'list' }
  /** Messages that will never go out; those that are offers end their transfers. There is no answer. */
  | { readonly type: 'unsent'; readonly ids: readonly string[] }
  | {
      readonly type: 'act';
      readonly id: string;
      readonly action: TransferAction;
      readonly directory: string | null;
      readonly options: AcceptOptions;
    };

/** Failures of a request. */
export type TransferFailure = FileError | RuntimeError;

/** The answer to a `TransferAsk`, with the token of the request. */
export type TransferAnswer =
  | {
      readonly type: 'offer';
      readonly result: Result<{ readonly row: TransferRow; readonly offer: FileOffer }, TransferFailure>;
    }
  | { readonly type: 'offered' | 'act'; readonly result: Result<TransferRow, TransferFailure> }
  | { readonly type: 'list'; readonly result: Result<readonly TransferRow[], TransferFailure> };
