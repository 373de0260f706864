/**
 * The expected failures that the core decides on: its own, and those that the history and the dialer return. The
 * shells import the last two from here, since chat imports no shell.
 */

/** Names, ids and requests of users. Handled at the edge (command line, API, embedder). */
export type ChatError =
  | { readonly code: 'chat/unknown-peer'; readonly peer: string }
  /** The word names this home itself. */
  | { readonly code: 'chat/own-name'; readonly peer: string }
  | { readonly code: 'chat/ambiguous-peer'; readonly peer: string; readonly candidates: readonly string[] }
  | { readonly code: 'chat/text-empty' }
  | { readonly code: 'chat/text-too-long'; readonly limitBytes: number; readonly gotBytes: number }
  | { readonly code: 'chat/text-invalid'; readonly detail: string }
  | { readonly code: 'chat/name-invalid'; readonly detail: string }
  | { readonly code: 'chat/status-invalid'; readonly detail: string }
  | { readonly code: 'chat/outbox-full'; readonly limit: number }
  | { readonly code: 'chat/blocked'; readonly peer: string }
  /** `claimant` bears the name of the contact `peer`, or answers at its address; empty where it is not known. */
  | { readonly code: 'chat/key-changed'; readonly peer: string; readonly claimant: string }
  /** Our own node answers at the address. */
  | { readonly code: 'chat/own-address'; readonly address: string }
  | { readonly code: 'chat/code-mismatch'; readonly peer: string }
  | { readonly code: 'chat/secure-only'; readonly dialect: string }
  | { readonly code: 'chat/dialect-off'; readonly dialect: string }
  | IdTaken
  | { readonly code: 'message/id-invalid'; readonly detail: string }
  /** No message of the conversation has this id, or ends with it. */
  | { readonly code: 'message/unknown'; readonly id: string }
  | { readonly code: 'message/ambiguous'; readonly id: string }
  | { readonly code: 'message/not-yours'; readonly id: string }
  | { readonly code: 'message/deleted'; readonly id: string }
  | { readonly code: 'message/changed-too-often'; readonly id: string }
  | { readonly code: 'message/emoji-invalid'; readonly emoji: string }
  /** A time until messages disappear that is too short or too long. */
  | { readonly code: 'message/timer-invalid'; readonly seconds: number }
  /** The program of the peer does not know the operation. */
  | { readonly code: 'chat/peer-cannot'; readonly peer: string; readonly what: string };

/** Another message to the same peer has the id already. */
export interface IdTaken {
  readonly code: 'message/id-taken';
  readonly id: string;
}

/** Transfers of files. Handled at the edge (command line, API, embedder). */
export type FileError =
  | { readonly code: 'files/no-source'; readonly path: string; readonly reason: string }
  | { readonly code: 'files/too-large'; readonly detail: string }
  | { readonly code: 'files/unknown-transfer'; readonly id: string }
  | {
      readonly code: 'files/wrong-state';
      readonly id: string;
      readonly state: string;
      readonly action: string;
    }
  | { readonly code: 'files/bad-directory'; readonly directory: string; readonly reason: string }
  | {
      readonly code: 'files/no-space';
      readonly directory: string;
      readonly neededBytes: number;
      readonly freeBytes: number;
    }
  /** The peer uses a program that knows no transfers. */
  | { readonly code: 'files/unsupported'; readonly peer: string }
  | { readonly code: 'files/io'; readonly reason: string };

/** The history. Handled by the root (at the start) and by the node (while it runs). */
export type StoreError =
  | { readonly code: 'store/unusable'; readonly file: string; readonly reason: string }
  | {
      readonly code: 'store/newer-schema';
      readonly file: string;
      readonly found: number;
      readonly known: number;
    }
  /** The home or its database was removed, renamed or replaced while the node runs: nothing is acknowledged any more. */
  | { readonly code: 'store/gone'; readonly file: string; readonly reason: string }
  | { readonly code: 'store/full'; readonly file: string }
  | { readonly code: 'store/io'; readonly file: string; readonly reason: string }
  | { readonly code: 'store/bad-query'; readonly detail: string };

/** A dial. Handled by the node. */
export type DialError =
  | {
      readonly code: 'transport/dial-failed';
      /** The host took the connection and broke it off at once, as a busy node does. */
      readonly isReset?: true;
      readonly address: string;
      readonly port: number;
      readonly reason: string;
    }
  | { readonly code: 'transport/too-many-dials'; readonly limit: number };
