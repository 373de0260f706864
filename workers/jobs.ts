/** The jobs of `node/jobs.ts`, which a pool of threads runs. */
import { safetyNumber as numberOf } from '../src/chat/people/identity.js';
import type { JobNames } from '../src/node/jobs.js';

/** Computes the safety number of a pair. */
export const safetyNumber = ({ own, other }: JobNames['safetyNumber']['task']): string =>
  numberOf(own, other);
