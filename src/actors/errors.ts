/** The expected failures of the shells at their start. Those of a running shell are in `chat/errors.ts`. */

/** Failures of a listener at the start. Handled by the root, which reports them to the caller of `startNode`. */
export type ListenError =
  | { readonly code: 'transport/port-in-use'; readonly address: string; readonly port: number }
  /** The fixed port of an older program is taken; its peers look for no other port. */
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
    };
