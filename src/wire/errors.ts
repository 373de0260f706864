/** The expected failures of bytes and frames. */

/** Handled by the connection actor, which closes the connection. */
export type WireError =
  | { readonly code: 'wire/frame-too-large'; readonly limitBytes: number; readonly gotBytes: number }
  | { readonly code: 'wire/malformed'; readonly detail: string };
