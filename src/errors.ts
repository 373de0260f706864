/**
 * The catalogue of expected failures: closed unions per layer, `code` = layer/what. Errors are plain data, since a
 * thread boundary strips classes from `Error`s. A bug is not in here: it throws, and the supervisor restarts.
 */

/** Bytes and frames. Handled by the session actor: the connection is closed. */
export type WireError =
  | { readonly code: 'wire/frame-too-large'; readonly limitBytes: number; readonly gotBytes: number }
  | { readonly code: 'wire/malformed'; readonly detail: string };

/** The runtime. Handled by whoever cast, called or started. */
export type RuntimeError =
  /** The link holds `linkCreditMax` unacknowledged envelopes; nothing was queued. */
  | { readonly code: 'runtime/mailbox-full'; readonly actor: string }
  /** No reply in time; the receiver may still handle it. */
  | {
      readonly code: 'runtime/deadline';
      readonly actor: string;
      readonly name: string;
      readonly deadlineMs: number;
    }
  /** The actor is stopped for good. */
  | { readonly code: 'runtime/no-actor'; readonly actor: string }
  /** The call crashed its actor `poisonTriesMax` times and is a dead letter now. */
  | { readonly code: 'runtime/poison'; readonly actor: string; readonly name: string }
  /** A child did not become ready, or its `init` refused. */
  | {
      readonly code: 'runtime/start-failed';
      readonly actor: string;
      readonly reason: string;
      /** What `init` refused with. */
      readonly fault?: { readonly code: string };
    }
  /** The call carried transferred objects and its receiver crashed: it is not delivered again. */
  | { readonly code: 'runtime/lost'; readonly actor: string; readonly name: string }
  /** The body or the reply holds something that cannot cross a thread. */
  | { readonly code: 'runtime/not-cloneable'; readonly actor: string; readonly name: string }
  /** A pool or a handle is closed, or its work threw. */
  | { readonly code: 'runtime/failed'; readonly what: string; readonly detail: string }
  /** The pool's queue is full; nothing was queued. */
  | { readonly code: 'runtime/pool-full'; readonly limit: number }
  /** More restarts in the window than the supervisor allows. */
  | { readonly code: 'runtime/restart-intensity'; readonly supervisor: string; readonly actor: string };

/** A dialect's decoder or encoder. Handled by the session or talk actor; at the edge where a person asked for it. */
export type DialectError =
  | { readonly code: 'dialect/malformed'; readonly dialect: string; readonly detail: string }
  | { readonly code: 'dialect/too-long'; readonly dialect: string; readonly limitBytes: number }
  | { readonly code: 'dialect/unsupported'; readonly dialect: string; readonly what: string }
  /** An option for older programs that is none. */
  | { readonly code: 'dialect/bad-option'; readonly dialect: string; readonly detail: string };

/** The native session. Every one of them ends the session; the peer sees only a closed connection. */
export type SessionError =
  | { readonly code: 'session/malformed'; readonly detail: string }
  | { readonly code: 'session/decrypt-failed' }
  | { readonly code: 'session/bad-certificate'; readonly detail: string }
  /** The address answered with another key than the one pinned for that peer. A hard stop until the user decides. */
  | { readonly code: 'session/key-changed'; readonly expected: string; readonly got: string }
  | { readonly code: 'session/serial-rollback' }
  | { readonly code: 'session/blocked' }
  /** The other end holds our own key: our own address, or a copy of our home. */
  | { readonly code: 'session/own-identity' }
  | { readonly code: 'session/order'; readonly detail: string }
  | { readonly code: 'session/limit'; readonly detail: string }
  | { readonly code: 'session/deadline' }
  | { readonly code: 'session/unsupported-version'; readonly offered: readonly number[] }
  | { readonly code: 'session/downgrade' }
  | { readonly code: 'session/busy'; readonly retryAfterMs: number };

/** Names, ids and what people ask for. Handled at the edge (command line, API, embedder). */
export type ChatError =
  | { readonly code: 'chat/unknown-peer'; readonly peer: string }
  | { readonly code: 'chat/ambiguous-peer'; readonly peer: string; readonly candidates: readonly string[] }
  | { readonly code: 'chat/text-empty' }
  | { readonly code: 'chat/text-too-long'; readonly limitBytes: number; readonly gotBytes: number }
  | { readonly code: 'chat/text-invalid'; readonly detail: string }
  | { readonly code: 'chat/name-invalid'; readonly detail: string }
  | { readonly code: 'chat/outbox-full'; readonly limit: number }
  | { readonly code: 'chat/blocked'; readonly peer: string }
  | { readonly code: 'chat/key-changed'; readonly peer: string }
  /** Our own node answers at the address. */
  | { readonly code: 'chat/own-address'; readonly address: string }
  | { readonly code: 'chat/code-mismatch'; readonly peer: string }
  | { readonly code: 'chat/secure-only'; readonly dialect: string }
  | { readonly code: 'chat/dialect-off'; readonly dialect: string };

/** The home and its database. Handled by the root (start) and the node (while running). */
export type StoreError =
  | { readonly code: 'store/unusable'; readonly file: string; readonly reason: string }
  | {
      readonly code: 'store/newer-schema';
      readonly file: string;
      readonly found: number;
      readonly known: number;
    }
  | { readonly code: 'store/full'; readonly file: string }
  | { readonly code: 'store/io'; readonly file: string; readonly reason: string }
  | { readonly code: 'store/bad-query'; readonly detail: string };

/** Sockets. Handled by the root (listen) and the node (dial). */
export type TransportError =
  | { readonly code: 'transport/port-in-use'; readonly address: string; readonly port: number }
  /** The port that an older program expects, on which nothing but its dialect is spoken. */
  | {
      readonly code: 'transport/dialect-port-in-use';
      readonly dialect: string;
      readonly address: string;
      readonly port: number;
    }
  | {
      readonly code: 'transport/beacon-ports-in-use';
      readonly address: string;
      readonly ports: readonly number[];
    }
  | {
      readonly code: 'transport/cannot-listen';
      readonly address: string;
      readonly port: number;
      readonly reason: string;
    }
  | {
      readonly code: 'transport/dial-failed';
      readonly address: string;
      readonly port: number;
      readonly reason: string;
    }
  | { readonly code: 'transport/too-many-dials'; readonly limit: number };

/** The home directory and settings. Handled at start; exit codes 6 and 78. */
export type HomeError =
  | { readonly code: 'home/in-use'; readonly home: string; readonly pid: number }
  | { readonly code: 'home/unusable'; readonly home: string; readonly reason: string }
  | { readonly code: 'home/bad-settings'; readonly file: string; readonly detail: string }
  | { readonly code: 'home/bad-identity'; readonly file: string; readonly reason: string };

/** The control socket, as seen by a command that attaches to a running node. Handled at the edge. */
export type ApiError =
  /** Nothing listens at the control socket of this home. */
  | { readonly code: 'api/no-node'; readonly home: string }
  /** The connection ended before the answer did. */
  | { readonly code: 'api/lost'; readonly detail: string }
  /** A request or an answer that does not fit its schema. */
  | { readonly code: 'api/malformed'; readonly detail: string }
  | { readonly code: 'api/too-large'; readonly limitBytes: number }
  | { readonly code: 'api/deadline'; readonly deadlineMs: number };

/** What nobody asked for, told to those who watch a node. Handled at the edge: shown. */
export type WatchError =
  /** Another node runs with this home's key. */
  | { readonly code: 'node/twin'; readonly address: string }
  /** A reader of events fell `waitingMax` behind and is ended. */
  | { readonly code: 'feed/too-slow'; readonly waitingMax: number };

/** What a person asked the command line for. Handled at the edge: exit codes 1, 2 and 4. */
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
  /** The node of this command ended, and nobody had asked it to. */
  | { readonly code: 'command/node-ended'; readonly reason: string }
  /** A signal came before the command was done. */
  | { readonly code: 'command/stopped' };

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

export type ErrorCode = ParlanceError['code'];

/**
 * A failed call of the system in words, the code behind them, for the `reason` of an error. Takes what was thrown, or
 * the code alone.
 */
export function reasonOf(cause: unknown): string {
  const code = errnoOf(cause);
  const words = wordsOfErrno.get(code);
  if (words !== undefined) return `${words} (${code})`;
  return cause instanceof Error && cause.message !== '' ? cause.message : String(cause);
}

/** `ENOENT` and its like; empty for what is no failure of the system. */
export function errnoOf(cause: unknown): string {
  if (typeof cause === 'string') return cause;
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
}

const wordsOfErrno: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['ENOENT', 'there is no such file or directory'],
  ['EEXIST', 'it exists already'],
  ['EISDIR', 'it is a directory'],
  ['ENOTDIR', 'a part of the path is not a directory'],
  ['ENAMETOOLONG', 'the path is too long'],
  ['ELOOP', 'a symbolic link leads in a circle'],
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EROFS', 'the file system is read-only'],
  ['EIO', 'the disk reports an error'],
  ['EBUSY', 'it is in use'],
  ['EMFILE', 'too many files are open'],
  ['ENFILE', 'too many files are open'],
  ['EADDRINUSE', 'the address is in use'],
  ['EADDRNOTAVAIL', 'this machine does not have that address'],
  ['EAFNOSUPPORT', 'this machine does not know that kind of address'],
  ['ECONNREFUSED', 'nobody listens there'],
  ['ECONNRESET', 'the other end broke off'],
  ['ECONNABORTED', 'the connection was broken off'],
  ['EPIPE', 'the other end is gone'],
  ['EHOSTUNREACH', 'no way leads to that host'],
  ['EHOSTDOWN', 'that host is down'],
  ['ENETUNREACH', 'no way leads to that network'],
  ['ENETDOWN', 'the network is down'],
  ['ETIMEDOUT', 'no answer in time'],
  ['ENOTFOUND', 'no host has that name'],
  ['EAI_AGAIN', 'host names cannot be looked up now'],
]);

/** The end of every exhaustive switch: a case that was forgotten does not compile. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
