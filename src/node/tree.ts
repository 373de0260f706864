/** The shape of the supervision tree of a node, the code of its threads, and the reason why it did not start. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { StoreError } from '../chat/errors.js';
import type { TransportError } from '../errors.js';
import type { ChildSpec } from '../runtime/actor.js';
import type { RuntimeError } from '../runtime/errors.js';
import type { Strategy, SupervisorSpec } from '../runtime/tree/spec.js';
import type { NodeError } from './handle.js';
import { node as limits } from './limits.js';

/** Locates the code of each worker thread. Tests substitute faulty actors. */
export type WorkerEntries = (
  worker: 'history' | 'files' | 'transport' | 'discovery' | 'broadcast' | 'session' | 'network' | 'jobs',
) => URL;

/** The bundled threads, which start in less time than those of `dist/workers/`. */
export const shippedWorkers: WorkerEntries = (worker) =>
  new URL(`../../bundle/thread-${worker}.cjs`, import.meta.url);

const patience = { restartsMax: limits.restartsMax, restartWindowMs: limits.restartWindowMs } as const;

/** Returns the spec of a supervisor with the patience of every one of them. */
export const branch = (
  name: string,
  strategy: Strategy,
  children: readonly (ChildSpec | SupervisorSpec)[],
): SupervisorSpec => ({ name, strategy, ...patience, children });

/** An actor's refusal to start is the reason itself; the rest is trouble of the runtime. */
export function causeOf(error: RuntimeError): NodeError {
  const fault = error.code === 'runtime/start-failed' ? error.fault : undefined;
  return fault !== undefined && isStartFault(fault) ? fault : error;
}

/** `init` of history refuses with a `StoreError`, that of transport, discovery and broadcast with a `TransportError`. */
const isStartFault = (fault: { readonly code: string }): fault is StoreError | TransportError =>
  /^(store|transport)\//.test(fault.code);

/** Returns why a crashed actor did not start again, in one sentence for the log. */
export const restartTrouble = (error: RuntimeError): string =>
  `did not start again: ${error.code === 'runtime/start-failed' ? error.reason : error.code}`;

/** Returns the failure of a start whose threads have no code, as in a bundle; null: the file of a thread is there. */
export function missingEntry(entry: URL): NodeError | null {
  if (entry.protocol !== 'file:' || existsSync(entry)) return null;
  const detail = `there is no ${fileURLToPath(entry)}: a bundler must leave parlance-chat out (external)`;
  return { code: 'runtime/failed', what: 'the start of threads', detail };
}
