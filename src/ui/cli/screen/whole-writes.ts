/**
 * A stream into a file that writes each chunk whole. The stream of Node for a file takes a short write for a whole one,
 * so that a disk that becomes full cuts a line without an error.
 */
import { fstatSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';

/** Returns a stream that writes to `descriptor` at once. */
export const wholeWrites = (descriptor: number): Writable =>
  new Writable({
    decodeStrings: true,
    write(chunk: Buffer, _encoding, done) {
      try {
        for (let at = 0; at < chunk.length;) at += writeSync(descriptor, chunk, at);
        done();
      } catch (cause) {
        done(cause instanceof Error ? cause : new Error(String(cause)));
      }
    },
  });

/** Decides whether `descriptor` is a file, for which a write can be short. */
export function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    return false;
  }
}
