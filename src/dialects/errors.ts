/** The expected failures of the dialects. */

/** Handled by the connection actor; at the edge where a user asked for it. */
export type DialectError =
  | { readonly code: 'dialect/malformed'; readonly dialect: string; readonly detail: string }
  | { readonly code: 'dialect/too-long'; readonly dialect: string; readonly limitBytes: number }
  | { readonly code: 'dialect/unsupported'; readonly dialect: string; readonly what: string }
  /** A message that makes sense to its sender and cannot be read here. */
  | { readonly code: 'dialect/unreadable'; readonly dialect: string; readonly detail: string }
  /** An invalid option of a foreign dialect. */
  | { readonly code: 'dialect/bad-option'; readonly dialect: string; readonly detail: string };
