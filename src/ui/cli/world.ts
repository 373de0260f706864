/** The world of a command: streams, environment, clock, signals and nodes. Tests supply their own. */
import type { ResultAsync } from 'neverthrow';
import type { Readable, Writable } from 'node:stream';
import type { NodeError, NodeHandle, NodeOptions } from '../../index.js';
import type { listenToPeers } from '../api/attach.js';
import type { diagnose } from '../api/doctor.js';
import type { RemoteNode } from '../api/client.js';
import type { LaunchTask, ServedBy } from '../api/launch.js';

/** A stream that may be a terminal. */
export type OutputStream = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  /** Reads the size of the terminal again, and emits `resize` where it differs. Node does so when a signal comes. */
  readonly refreshSize?: () => void;
};
/** An input that may be a terminal. */
export type InputStream = Readable & { readonly isTTY?: boolean };

/** The surroundings of a command, which tests replace. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Login name of the user, which is the default of the own name. */
  readonly userName: () => string;
  /** Starts a node in this process once the home is free. */
  readonly startNode: (options: NodeOptions) => ResultAsync<NodeHandle, NodeError>;
  /** Starts a node that outlives the command, and waits until it, or a faster one, serves the home. */
  readonly launchNode: (task: LaunchTask) => ResultAsync<ServedBy, NodeError>;
  /** Opens the node of a home without the network; closing it releases the home. */
  readonly restNode: (options: NodeOptions) => ResultAsync<NodeHandle, NodeError>;
  /** Hears the peers of a home without a node, announcing nothing. */
  readonly listenToPeers: typeof listenToPeers;
  /** Examines this machine and its network. */
  readonly diagnose: typeof diagnose;
  readonly connectNode: (home: string) => ResultAsync<RemoteNode, NodeError>;
  /** Calls `listener` at each SIGINT, SIGTERM and SIGHUP. Returns the function that unsubscribes. */
  readonly onSignal: (listener: () => void) => () => void;
  /** Stops the process until the shell continues it, then calls `resumed`; absent where no shell can do that. */
  readonly suspend?: (resumed: () => void) => void;
  /** Wall clock in ms since 1970. */
  readonly nowMs: () => number;
  /** Cost of scrypt for the copy of an identity; absent: that of the product. */
  readonly scryptCost?: number;
}
