/** The protocol of the actor of files. Types only. */
import type { FileError } from '../../chat/errors.js';
import type { AcceptOptions, OfferWishes, TransferAction } from '../../chat/contract.js';
import type { TransferRow } from '../../chat/files/record.js';
import type { FileOffer, FileWords } from '../../dialects/files.js';
import type { MessageId, PeerId, SessionId } from '../../ids.js';
import type { Address, Call, Cast } from '../../runtime/actor.js';
import type { SessionProtocol } from '../connection/protocol.js';

/** A request to offer files. */
export interface OfferRequest {
  readonly id: MessageId;
  readonly peerId: PeerId;
  readonly paths: readonly string[];
  readonly comment: string;
  /** A folder of the home with the bytes of a source that cannot be read twice; it is removed with the transfer. */
  readonly spool: string;
  readonly wishes: OfferWishes;
}

/** Files that are ready to be offered. */
export interface Prepared {
  readonly row: TransferRow;
  readonly offer: FileOffer;
}

/** The messages that the actor takes. */
export type FilesProtocol = {
  /** Reads the sources and keeps the transfer. */
  offer: Call<OfferRequest, Prepared, FileError>;
  /** A peer offers files. The reply comes once the transfer is on disk. */
  offered: Call<
    {
      readonly id: MessageId;
      readonly peerId: PeerId;
      readonly offer: FileOffer;
      readonly isTrusted: boolean;
      readonly isVerified: boolean;
    },
    TransferRow,
    FileError
  >;
  list: Call<Record<string, never>, readonly TransferRow[]>;
  /** A command of the user. `id`: the whole id, or an end that only one transfer has. */
  act: Call<
    {
      readonly id: string;
      readonly action: TransferAction;
      readonly directory: string | null;
      readonly options: AcceptOptions;
    },
    TransferRow,
    FileError
  >;
  /** Messages that will never go out: those that are offers end their transfers. */
  unsent: Cast<{ readonly ids: readonly string[] }>;
  /** A session with a peer that understands transfers is up. */
  sessionUp: Cast<{
    readonly sessionId: SessionId;
    readonly peerId: PeerId;
    readonly session: Address<SessionProtocol>;
  }>;
  /** Words of a peer, in order. */
  heard: Cast<{
    readonly sessionId: SessionId;
    readonly peerId: PeerId;
    readonly words: readonly FileWords[];
  }>;
  /** A session has written these bytes of the words that it was given. */
  filesWritten: Cast<{ readonly sessionId: SessionId; readonly bytes: number }>;
  sessionOver: Cast<{ readonly actor: string }>;
  /** A look at the clock while transfers run. */
  tick: Cast<Record<string, never>>;
  /** A look for what transfers that are over have left. */
  sweep: Cast<Record<string, never>>;
};

/** The reports of the actor to the node, whose protocol contains them. */
export type FilesReports = {
  /** The actor has started: it knows no session. */
  filesStarted: Cast<Record<string, never>>;
  /** A transfer changed in a way that a user sees. */
  transferChanged: Cast<{ readonly row: TransferRow }>;
  /** The peers with which a session is wanted now. */
  filesWanted: Cast<{ readonly peerIds: readonly PeerId[] }>;
};

/** Arguments of the actor. */
export interface FilesArgs {
  /** Folder of the home with a folder for each transfer. */
  readonly folder: string;
  readonly home: string;
  /** Where received files go unless the user names another place. */
  readonly directory: string;
  readonly policy: {
    readonly accept: 'none' | 'contacts' | 'verified';
    readonly bytesMax: number;
  };
}
