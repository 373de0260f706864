/** Failed calls of the operating system, for every room that does input or output. */
import { closeSync, openSync } from 'node:fs';

/**
 * Describes a failed call of the system in words, followed by its code, for the `reason` of an error. `cause` is the
 * thrown value, or the code alone.
 */
export function reasonOf(cause: unknown): string {
  const code = errnoOf(cause);
  const words = wordsOfErrno.get(code);
  if (words !== undefined) return `${words} (${code})`;
  return cause instanceof Error && cause.message !== '' ? cause.message : String(cause);
}

/** Returns the code of a failed call, such as `ENOENT`; empty for any other value. */
export function errnoOf(cause: unknown): string {
  if (typeof cause === 'string') return cause;
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
}

/** Open files that a database needs at once: its file, its log and the index of that. */
const databaseFiles = 4;

/**
 * Returns the reason of a database that could not be opened. Where this process may open no more files, SQLite does not
 * say so.
 */
export function reasonOfUnopened(message: string): string {
  const opened: number[] = [];
  try {
    while (opened.length < databaseFiles) opened.push(openSync(process.execPath, 'r'));
    return message;
  } catch (cause) {
    return ['EMFILE', 'ENFILE'].includes(errnoOf(cause)) ? reasonOf(cause) : message;
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}

const wordsOfErrno: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['ENOENT', 'there is no such file or directory'],
  ['EEXIST', 'it exists already'],
  ['EISDIR', 'it is a directory'],
  ['ENOTDIR', 'a part of the path is not a directory'],
  ['ENAMETOOLONG', 'the path is too long'],
  ['ELOOP', 'a symbolic link leads in a circle'],
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EROFS', 'the file system is read-only'],
  ['EIO', 'the disk reports an error'],
  ['EBUSY', 'it is in use'],
  ['EMFILE', 'too many files are open'],
  ['ENFILE', 'too many files are open'],
  ['EADDRINUSE', 'the address is in use'],
  ['EADDRNOTAVAIL', 'this machine does not have that address'],
  ['EAFNOSUPPORT', 'this machine does not know that kind of address'],
  ['ECONNREFUSED', 'nobody listens there'],
  ['ECONNRESET', 'the other end broke off'],
  ['ECONNABORTED', 'the connection was broken off'],
  ['EPIPE', 'the other end is gone'],
  ['EHOSTUNREACH', 'no way leads to that host'],
  ['EHOSTDOWN', 'that host is down'],
  ['ENETUNREACH', 'no way leads to that network'],
  ['ENETDOWN', 'the network is down'],
  ['ETIMEDOUT', 'no answer in time'],
  ['ENOTFOUND', 'no host has that name'],
  ['EAI_AGAIN', 'host names cannot be looked up now'],
]);
