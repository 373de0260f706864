/**
 * Transfers: what is kept of each on disk, and what its users see. The states of a record are few, since a restart knows
 * no session: `receiving`, `sending`, `paused` and `checking` are seen while the program runs.
 *
 *   out   offered ─► accepted ─► done · declined · stopped · expired
 *   in    asked ─► accepted ─► done · declined · stopped · expired
 */
import type { FileOffer, StopReason } from '../../dialects/files.js';
import type { MessageId, PeerId } from '../../ids.js';
import type { TransferAction } from '../contract.js';
import { isPossible } from './fits.js';
import { offers as limits } from './limits.js';

/** A state that outlives the program. */
export type RecordState = 'offered' | 'asked' | 'accepted' | 'done' | 'declined' | 'stopped' | 'expired';

/** A state as users see it. */
export type TransferState = RecordState | 'receiving' | 'sending' | 'paused' | 'checking';

/** Why a transfer pauses: the peer is away, the disk is full, its directory cannot be used. */
export type PauseReason = 'away' | 'full' | 'io';

/** A file or folder that the user named, and its name in the manifest. */
export interface Source {
  readonly name: string;
  readonly path: string;
}

/** One transfer on disk. */
export interface TransferRecord {
  readonly id: MessageId;
  readonly peerId: PeerId;
  readonly direction: 'in' | 'out';
  readonly state: RecordState;
  readonly reason: StopReason | null;
  readonly offer: FileOffer;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Where received files go: absolute; empty: not decided. */
  readonly directory: string;
  /** Whether received files are whole and being moved into place. */
  readonly isPlacing: boolean;
  /** Places of what was received: planned while it is moved, final once it is done. */
  readonly places: readonly string[];
  readonly sources: readonly Source[];
  /** A directory of the home with the bytes of a source that cannot be read twice; empty: none. */
  readonly spool: string;
  /** Entries that were left out, or names that were repaired. */
  readonly notes: readonly string[];
  /** Whether the peer knows the last state. */
  readonly isTold: boolean;
  /** Whether the peer ended a transfer that is stopped. */
  readonly isEndedByPeer: boolean;
  /** Whether the unfinished files, the manifest and the spool are still there. */
  readonly hasRemains: boolean;
  /** Whether files keep the right to be executed. */
  readonly keepsMode: boolean;
  /** Whether received files replace those that have their names. */
  readonly replaces: boolean;
  /** Most bytes a second that are sent; null: as many as travel. */
  readonly rateMost: number | null;
  /** Hex, once everything was read or received. */
  readonly root: string | null;
}

/** A transfer as it is shown. */
export interface TransferRow {
  readonly id: MessageId;
  readonly peerId: PeerId;
  readonly direction: 'in' | 'out';
  readonly state: TransferState;
  readonly name: string;
  readonly files: number;
  readonly directories: number;
  readonly bytes: number;
  readonly done: number;
  readonly rate: number;
  readonly etaSeconds: number | null;
  readonly reason: StopReason | PauseReason | null;
  readonly comment: string;
  readonly places: readonly string[];
  readonly notes: readonly string[];
}

/** Whether nothing follows. */
export const isOver = ({ state }: Pick<TransferRecord, 'state'>): boolean =>
  state === 'done' || state === 'declined' || state === 'stopped' || state === 'expired';

/** Whether the offer still waits for its answer. */
export const isUnanswered = ({ state }: Pick<TransferRecord, 'state'>): boolean =>
  state === 'asked' || state === 'offered';

/** Whether the time for an answer is over. */
export const isExpired = (record: TransferRecord, wallMs: number): boolean =>
  isUnanswered(record) && wallMs > record.createdAtMs + record.offer.expiresSeconds * 1_000;

/** Returns why an offer cannot be taken; null: it is asked. */
export function refusalOf(
  records: Iterable<TransferRecord>,
  offer: FileOffer,
  from: { readonly peerId: PeerId; readonly isTrusted: boolean },
): StopReason | null {
  if (!isPossible(offer) || offer.expiresSeconds > limits.expiresSecondsMax) return 'policy';
  let [open, ofPeer] = [0, 0];
  for (const record of records) {
    if (record.direction === 'out' || record.state !== 'asked') continue;
    open += 1;
    if (record.peerId === from.peerId) ofPeer += 1;
  }
  const most = from.isTrusted ? limits.openPerPeerMax : limits.openPerStrangerMax;
  return open >= limits.openMax || ofPeer >= most ? 'policy' : null;
}

/**
 * Whether a session with the peer is wanted for the last word alone. The sender of a file waits for it; a receiver that
 * has not heard of the end of a transfer comes by itself once it goes on.
 */
export const isWordUrgent = ({ isTold, direction, updatedAtMs }: TransferRecord, wallMs: number): boolean =>
  !isTold && direction === 'in' && wallMs <= updatedAtMs + limits.lastWordSeconds * 1_000;

/** Whether the unfinished files, the manifest and the spool of a transfer may be removed. */
export const isWithoutUse = (record: TransferRecord, wallMs: number): boolean =>
  isOver(record) &&
  record.hasRemains &&
  (record.state !== 'stopped' || wallMs > record.updatedAtMs + limits.remainsSeconds * 1_000);

/** Returns the transfers to forget, of all in the order of their age: the oldest that are over. */
export function forgettable(records: readonly TransferRecord[]): readonly TransferRecord[] {
  const over = records.filter(isOver);
  const oldest = (some: readonly TransferRecord[], kept: number) =>
    some.slice(0, Math.max(0, some.length - kept));
  const told = over.filter(({ isTold }) => isTold);
  // A peer that acknowledges nothing must not fill memory and disk.
  const untold = over.filter(({ isTold }) => !isTold);
  return [...oldest(told, limits.finishedMax), ...oldest(untold, limits.untoldMax)];
}

/** Which offers are accepted without a question. */
export interface FilePolicy {
  readonly accept: 'none' | 'contacts' | 'verified';
  /** Most bytes of an offer that is accepted without a question, its names included. */
  readonly bytesMax: number;
}

/** Whether an offer is accepted without a question. */
export const isAcceptedUnasked = (
  { accept, bytesMax }: FilePolicy,
  offer: Pick<FileOffer, 'bytes' | 'manifestBytes'>,
  from: { readonly isTrusted: boolean; readonly isVerified: boolean },
): boolean =>
  offer.bytes + offer.manifestBytes <= bytesMax &&
  ((accept === 'contacts' && from.isTrusted) || (accept !== 'none' && from.isVerified));

/** Whether the command fits the state. */
export function mayAct(record: TransferRecord, action: TransferAction): boolean {
  switch (action) {
    case 'accept':
    case 'decline':
      return record.direction === 'in' && record.state === 'asked';
    case 'cancel':
      // The remains of a stopped transfer can be thrown away before their time.
      return !isOver(record) || (record.state === 'stopped' && record.direction === 'in');
    case 'retry':
      return record.state === 'accepted' || (record.state === 'stopped' && record.direction === 'in');
    default:
      return action satisfies never;
  }
}
