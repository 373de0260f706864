/** The shared test vectors: where they lie, and the reason to print where they are absent. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

// dist/test/support → the project's folder → its neighbour.
const folder = join(import.meta.dirname, '../../../../shared/vectors');

/** For the `skip` option of a test. */
export const vectorsAbsent: string | false = existsSync(folder) ? false : `no vectors at ${folder}`;

export const readVectors = <T>(path: string): T => JSON.parse(readFileSync(join(folder, path), 'utf8')) as T;

export const readVectorText = (path: string): string =>
  gunzipSync(readFileSync(join(folder, path))).toString('utf8');

export const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
