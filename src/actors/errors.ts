/** The expected failures of the shells at their start. Those of a running shell are in `chat/errors.ts`. */

/** Sockets that listen. Handled by the root. */
export type ListenError =
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
    };
