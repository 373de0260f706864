/** The expected failures of a node as its handle shows them. */

/** Failures at the control socket of a command that attaches to a running node. Handled at the edge. */
export type ApiError =
  /** Nothing listens at the control socket of this home. */
  | { readonly code: 'api/no-node'; readonly home: string }
  /** The connection ended before the answer did. */
  | { readonly code: 'api/lost'; readonly detail: string }
  /** A request or an answer does not fit its schema. */
  | { readonly code: 'api/malformed'; readonly detail: string }
  | { readonly code: 'api/too-large'; readonly limitBytes: number }
  | { readonly code: 'api/deadline'; readonly deadlineMs: number };

/** Failures that no request caused; error events carry them. Handled at the edge, which shows them. */
export type WatchError =
  /** Another node runs with this home's key. */
  | { readonly code: 'node/twin'; readonly address: string }
  /** The history was damaged and set aside as `file`. Each reader gets this event first. */
  | { readonly code: 'store/damaged'; readonly file: string; readonly reason: string }
  /** A reader of events fell `waitingMax` behind and is ended. */
  | { readonly code: 'feed/too-slow'; readonly waitingMax: number };
