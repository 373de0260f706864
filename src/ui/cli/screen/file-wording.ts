/** The failures of transfers in words. */
import type { CliError } from '../errors.js';

interface FileWording {
  readonly what: string;
  readonly why: string;
  readonly remedy: string;
  readonly exit: 1 | 2 | 3 | 4 | 5;
}

type FileCode =
  | Extract<CliError, { readonly code: `files/${string}` }>['code']
  | 'command/not-transferred'
  | 'command/transfer-open';
type FileWordings = {
  readonly [C in FileCode]: (error: Extract<CliError, { readonly code: C }>) => FileWording;
};

const say = (exit: FileWording['exit'], what: string, why: string, remedy: string): FileWording => ({
  exit,
  what,
  why,
  remedy,
});

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** One row per code. */
export const fileWordings: FileWordings = {
  'files/no-source': ({ path, reason }) =>
    say(2, `${path} cannot be sent`, reason, 'nothing was offered; check the path'),
  'files/too-large': ({ detail }) => say(2, 'this cannot be sent at once', detail, 'send it in parts'),
  'files/unknown-transfer': ({ id }) =>
    say(3, `no transfer "${id}"`, 'none, or more than one, has an id that ends so', 'see "parlance files"'),
  'files/wrong-state': ({ id, state, action }) =>
    say(2, `${action} is not possible`, `the transfer ${id} is ${state}`, 'see "parlance files"'),
  'files/bad-directory': ({ directory, reason }) =>
    say(2, `${directory} cannot take files`, reason, 'name another directory with --to DIR'),
  'files/no-space': ({ directory, neededBytes, freeBytes }) =>
    say(
      1,
      'there is not enough space',
      `${directory} has ${megabytes(freeBytes)}, and ${megabytes(neededBytes)} are needed`,
      'free some space, or name another directory with --to DIR; the offer stays',
    ),
  'files/unsupported': ({ peer }) =>
    say(
      1,
      `no files to ${peer}`,
      'its program knows no transfers',
      'send it a text, or ask it to use Parlance',
    ),
  'files/io': ({ reason }) =>
    say(1, 'the transfer could not be kept', reason, 'check the disk of the home, and try again'),
  'command/not-transferred': ({ peer, name, state, reason }) =>
    say(
      1,
      `${name} was not delivered`,
      state === 'declined'
        ? `${peer} declined it`
        : `the transfer ${state}${reason === '' ? '' : ` (${reason})`}`,
      'offer it again once the cause is gone',
    ),
  'command/transfer-open': ({ what }) =>
    say(4, what, 'the time is over', 'the offer stays; "parlance files" shows it'),
};
