/** Every expected failure in words (what happened, why, what to do) and its exit code. */
import { escapeForTerminal } from '../../../index.js';
import { catalogue } from '../../text/catalogue.js';
import type { CliError } from '../errors.js';
import { exits } from './exits.js';
import { isOutOfFiles, outOfFiles } from './out-of-files.js';
import type { Wording } from './say.js';

export type { ExitCode, Wording } from './say.js';

/** Joins a wording to one line without control characters. */
export function lineOf({ what, why, remedy }: Wording): string {
  return escapeForTerminal(`${what}: ${why}; ${remedy}`);
}

/** Returns the wording of an error. */
export function wordingOf(error: CliError): Wording {
  if (error.code === 'runtime/start-failed' && isOutOfFiles(error.reason)) return wordingOf(outOfFiles);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the type of the table pairs each code with its error
  const words = catalogue().failures[error.code] as (error: CliError) => Omit<Wording, 'exit'>;
  const wording = { ...words(error), exit: exits[error.code] };
  return isShortOfFiles(error) ? { ...wording, remedy: catalogue().screen.raiseLimit } : wording;
}

/** Whether a home cannot be used because this process may open no more files. */
const isShortOfFiles = (error: CliError): boolean =>
  (error.code === 'home/unusable' || error.code === 'store/unusable' || error.code === 'store/io') &&
  isOutOfFiles(error.reason);
