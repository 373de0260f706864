/** The expected failures of a native session. */

/** Each of them ends the session. The peer sees a closed connection and no reason. */
export type SessionError =
  | { readonly code: 'session/malformed'; readonly detail: string }
  | { readonly code: 'session/decrypt-failed' }
  | { readonly code: 'session/bad-certificate'; readonly detail: string }
  /**
   * The address answered with a key that is not the pinned one. The peer stays unreachable until the user decides.
   */
  /** `got`: the proved key, in hex; `expected`: the key or the id of the peer that was dialled. */
  | { readonly code: 'session/key-changed'; readonly expected: string; readonly got: string }
  | { readonly code: 'session/serial-rollback' }
  | { readonly code: 'session/blocked' }
  /** The other end holds our own key: the address is our own, or a copy of our home runs there. */
  | { readonly code: 'session/own-identity' }
  | { readonly code: 'session/order'; readonly detail: string }
  | { readonly code: 'session/limit'; readonly detail: string }
  | { readonly code: 'session/deadline' }
  | { readonly code: 'session/unsupported-version'; readonly offered: readonly number[] }
  | { readonly code: 'session/downgrade' }
  | { readonly code: 'session/busy'; readonly retryAfterMs: number };
