/**
 * The path of the control socket: `control.sock` in the home. A path too long for a socket address moves to a short
 * private directory, which a file in the home names. On Windows the socket is a named pipe.
 */
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { controlApi } from './limits.js';

const pointerName = 'control.path';

/** Returns the path to listen at and removes a stale socket. Call it only while holding the lock of the home. */
export function placeSocket(home: string): string {
  const plain = plainPath(home);
  const pointer = join(home, pointerName);
  if (isPipe(plain)) return plain;
  removeSocket(home);
  if (Buffer.byteLength(plain) <= controlApi.socketPathBytesMax) return plain;
  const directory = mkdtempSync(join(tmpdir(), 'parlance-'));
  chmodSync(directory, 0o700);
  const short = join(directory, 'control.sock');
  writeFileSync(pointer, short, { mode: 0o600 });
  return short;
}

/** Returns the path to connect to. Nobody may listen there. */
export function findSocket(home: string): string {
  const plain = plainPath(home);
  if (isPipe(plain) || Buffer.byteLength(plain) <= controlApi.socketPathBytesMax) return plain;
  return readPointer(home) ?? plain;
}

/** Removes the socket, and the directory that was made for it. */
export function removeSocket(home: string): void {
  const plain = plainPath(home);
  if (isPipe(plain)) return;
  rmSync(plain, { force: true });
  const short = readPointer(home);
  if (short !== null) rmSync(dirname(short), { recursive: true, force: true });
  rmSync(join(home, pointerName), { force: true });
}

const plainPath = (home: string): string =>
  process.platform === 'win32'
    ? `\\\\.\\pipe\\parlance-${createHash('sha256').update(resolve(home)).digest('hex').slice(0, 32)}`
    : join(resolve(home), 'control.sock');

const isPipe = (path: string): boolean => path.startsWith('\\\\.\\pipe\\');

/** Reads the pointer; `null` unless its directory is private to this user, since a stranger may not pose as the node. */
function readPointer(home: string): string | null {
  try {
    const short = readFileSync(join(home, pointerName), 'utf8').trim();
    const directory = dirname(short);
    const found = statSync(directory);
    const isOurs = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
    return isOurs &&
      short === join(directory, 'control.sock') &&
      directory.startsWith(join(tmpdir(), 'parlance-'))
      ? short
      : null;
  } catch {
    return null;
  }
}
