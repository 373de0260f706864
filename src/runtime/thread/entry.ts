/** The entry of a worker whose placement names none: hosts the definitions that a module exports. */
import { workerData } from 'node:worker_threads';
import type { AnyDefinition } from '../actor.js';
import { threadStartOf, hostActors, isHosting } from './thread.js';

const exported: unknown = await import(threadStartOf(workerData).module ?? '');
// A module may do it itself.
if (!isHosting()) hostActors(definitionsIn(exported));

function definitionsIn(namespace: unknown): Record<string, AnyDefinition> {
  const found: Record<string, AnyDefinition> = {};
  if (typeof namespace === 'object' && namespace !== null)
    for (const value of Object.values(namespace)) if (isDefinition(value)) found[value.name] = value;
  return found;
}

function isDefinition(value: unknown): value is AnyDefinition {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'receive' in value &&
    typeof value.receive === 'object' &&
    'init' in value &&
    typeof value.init === 'function'
  );
}
