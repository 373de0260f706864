/** The expected failures of the runtime. */

/** Handled by the caller of the cast, the call or the start. */
export type RuntimeError =
  /** The link has no credit left; nothing was queued. */
  | { readonly code: 'runtime/mailbox-full'; readonly actor: string }
  /** No reply in time; the receiver may still handle it. */
  | {
      readonly code: 'runtime/deadline';
      readonly actor: string;
      readonly name: string;
      readonly deadlineMs: number;
    }
  /** The caller gave the call up by its signal; the receiver may still handle it. */
  | { readonly code: 'runtime/aborted'; readonly actor: string; readonly name: string }
  /** The actor is stopped for good, or no actor has this id. */
  | { readonly code: 'runtime/no-actor'; readonly actor: string }
  /** The call crashed its actor `poisonTriesMax` times and is a dead letter now. */
  | { readonly code: 'runtime/poison'; readonly actor: string; readonly name: string }
  /** The actor has no handler of this name. */
  | { readonly code: 'runtime/unknown-name'; readonly actor: string; readonly name: string }
  /** A child did not become ready, or its `init` refused. */
  | {
      readonly code: 'runtime/start-failed';
      readonly actor: string;
      /** One sentence. */
      readonly reason: string;
      /** Where it was thrown, when it was. */
      readonly stack?: string;
      /** The fault with which `init` refused. */
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
