/** The failure of a process that may open no more files. */
import { errnoOf } from '../../../system-errors.js';

/** Whether something failed because this process may open no more files. */
export const isOutOfFiles = (cause: unknown): boolean =>
  ['EMFILE', 'ENFILE'].includes(errnoOf(cause)) || /\bE[MN]FILE\b|\bsystem error 24\b/.test(String(cause));

/** The failure in the catalogue. */
export const outOfFiles = { code: 'command/files' } as const;
