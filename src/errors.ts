/**
 * The catalogue of expected failures: the union of the closed unions of all rooms, `code` = layer/what. Errors are plain
 * data, since a thread boundary strips classes from `Error`s. A bug is not in here: it throws, and the supervisor
 * restarts.
 */
import type { ListenError } from './actors/errors.js';
import type { ChatError, DialError, StoreError } from './chat/errors.js';
import type { DialectError } from './dialects/errors.js';
import type { HomeError } from './home/errors.js';
import type { ApiError, WatchError } from './node/errors.js';
import type { RuntimeError } from './runtime/errors.js';
import type { SessionError } from './session/errors.js';
import type { WireError } from './wire/errors.js';

export type { ApiError, WatchError } from './node/errors.js';
export type { ChatError, DialError, StoreError } from './chat/errors.js';
export type { DialectError } from './dialects/errors.js';
export type { HomeError } from './home/errors.js';
export type { ListenError } from './actors/errors.js';
export type { RuntimeError } from './runtime/errors.js';
export type { SessionError } from './session/errors.js';
export type { WireError } from './wire/errors.js';

/** Sockets. Handled by the root (listen) and the node (dial). */
export type TransportError = ListenError | DialError;

/** Requests to the command line. Handled at the edge: exit codes 1, 2 and 4. */
export type CommandError =
  | { readonly code: 'command/usage'; readonly detail: string; readonly command: string }
  /** `queued`: messages that are safe in the outbox and go out later; `unsent`: lines that never got that far. */
  | {
      readonly code: 'command/not-delivered';
      readonly peer: string;
      readonly waitedMs: number;
      readonly queued: number;
      readonly unsent: number;
    }
  | { readonly code: 'command/timeout'; readonly what: string; readonly waitedMs: number }
  /** A message is `failed` for good. */
  | { readonly code: 'command/failed'; readonly peer: string; readonly reason: string }
  | { readonly code: 'command/file'; readonly file: string; readonly reason: string }
  /** Options that count when a node starts, and one runs in the home already. */
  | { readonly code: 'command/too-late'; readonly options: readonly string[]; readonly home: string }
  /** The node of this command ended without a request. */
  | { readonly code: 'command/node-ended'; readonly reason: string }
  /** A signal came before the command was done. */
  | { readonly code: 'command/stopped' };

/** Every expected failure of every room. */
export type ParlanceError =
  | WireError
  | RuntimeError
  | DialectError
  | SessionError
  | ChatError
  | StoreError
  | TransportError
  | HomeError
  | ApiError
  | WatchError
  | CommandError;

/** The codes of all expected failures, `layer/what`. */
export type ErrorCode = ParlanceError['code'];
