/** Where an actor runs. */
import type { Readable } from 'node:stream';
import type { ResourceLimits } from 'node:worker_threads';
import type { RuntimeLimits } from './limits.js';

/**
 * Where a child runs. `inline`: in the supervisor's thread. `thread`: in a worker started from `entry`; children that
 * name the same `thread` share it, one without a name has its own.
 */
export type Placement = { readonly kind: 'inline' } | ThreadPlacement;

/** The first child that needs the thread decides how it is started. */
export interface ThreadPlacement {
  readonly kind: 'thread';
  /**
   * The worker's module, which calls `hostActors`. Default: one that hosts what the module of the definition exports, so
   * that module must not start a tree unless it `isMainThread`.
   */
  readonly entry?: URL;
  readonly thread?: string;
  /** Its environment variables. Default: a copy of the process's. */
  readonly env?: Readonly<Record<string, string>>;
  /** Node's options for it. Default: those of the process. */
  readonly execArgv?: readonly string[];
  /** V8's limits for it. Default: `workerHeapMbMax` and `workerYoungHeapMbMax` of the limits. */
  readonly resourceLimits?: ResourceLimits;
  /** Its standard output is not passed on by itself but given to this function. */
  readonly stdout?: (output: Readable) => void;
  /** Numbers that differ in this thread. */
  readonly limits?: Partial<RuntimeLimits>;
}
