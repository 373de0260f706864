import { ownSafetyNumber, safetyNumber as numberOf } from '../src/chat/people/identity.js';
import type { JobNames } from '../src/node/jobs.js';

/** Computes the safety number of a pair. */
export const safetyNumber = ({ own, other }: JobNames['safetyNumber']['task']): string =>
  numberOf(own, other);
/** Computes our half of every safety number. */
export const ownSafetyCode = ({ own }: JobNames['ownSafetyCode']['task']): string => ownSafetyNumber(own);
