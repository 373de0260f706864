import { ownSafetyNumber, safetyNumber as numberOf } from '../src/chat/people/identity.js';
import type { JobNames } from '../src/node/jobs.js';

export const safetyNumber = ({ own, other }: JobNames['safetyNumber']['task']): string =>
  numberOf(own, other);
export const ownSafetyCode = ({ own }: JobNames['ownSafetyCode']['task']): string => ownSafetyNumber(own);
