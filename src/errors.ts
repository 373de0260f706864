/**
 * The catalogue of expected failures: the union of the closed unions of all rooms, `code` = layer/what. Errors are plain
 * data, since a thread boundary strips classes from `Error`s. A bug is not in here: it throws, and the supervisor
 * restarts.
 */
import type { ListenError } from './actors/errors.js';
import type { ChatError, DialError, FileError, StoreError } from './chat/errors.js';
import type { DialectError } from './dialects/errors.js';
import type { HomeError } from './home/errors.js';
import type { ApiError, WatchError } from './node/errors.js';
import type { RuntimeError } from './runtime/errors.js';
import type { SessionError } from './session/errors.js';
import type { WireError } from './wire/errors.js';

export type { ApiError, WatchError } from './node/errors.js';
export type { ChatError, DialError, FileError, StoreError } from './chat/errors.js';
export type { DialectError } from './dialects/errors.js';
export type { HomeError } from './home/errors.js';
export type { ListenError } from './actors/errors.js';
export type { RuntimeError } from './runtime/errors.js';
export type { SessionError } from './session/errors.js';
export type { WireError } from './wire/errors.js';

/** Sockets. Handled by the root (listen) and the node (dial). */
export type TransportError = ListenError | DialError;

/** Every expected failure of a node; those of commands are in `ui/cli/errors.ts`. */
export type ParlanceError =
  | WireError
  | RuntimeError
  | DialectError
  | SessionError
  | ChatError
  | FileError
  | StoreError
  | TransportError
  | HomeError
  | ApiError
  | WatchError;

/** The codes of all expected failures, `layer/what`. */
export type ErrorCode = ParlanceError['code'];
