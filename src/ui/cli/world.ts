/** What a command has of the world around it; tests give another one. */
import type { ResultAsync } from 'neverthrow';
import type { Readable, Writable } from 'node:stream';
import type { NodeError, NodeHandle, NodeOptions } from '../../index.js';
import type { RemoteNode } from '../api/client.js';

export type OutputStream = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};
export type InputStream = Readable & { readonly isTTY?: boolean };

export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Login name of the user; the default for the name shown to others. */
  readonly userName: () => string;
  readonly startNode: (options: NodeOptions) => ResultAsync<NodeHandle, NodeError>;
  readonly connectNode: (home: string) => ResultAsync<RemoteNode, NodeError>;
  /** Calls back at each request to end (SIGINT, SIGTERM, SIGHUP); returns the function that stops listening. */
  readonly onSignal: (listener: () => void) => () => void;
  /** Wall clock, ms. */
  readonly nowMs: () => number;
}
