/**
 * Test vectors: our own, made by the Python of test/support/oracle and kept in test/vectors, and those that others
 * published, where they lie beside the project's folder. A test is made for each set that is there.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

// dist/test/support → the project's folder.
const project = join(import.meta.dirname, '../../..');
const publishedFolder = join(project, '../shared/vectors');

/** Our name of a file, and that of the published one with the same fields. */
const publishedNames = {
  'kem/keygen': 'kem/wycheproof-mlkem768-keygen',
  'kem/encaps': 'kem/wycheproof-mlkem768-encaps',
  'kem/decaps': 'kem/wycheproof-mlkem768-decaps',
  'kem/semi-expanded-decaps': 'kem/wycheproof-mlkem768-semi-expanded-decaps',
  'kem/accumulated': 'kem/accumulated',
  'prim/x25519': 'prim/wycheproof-x25519',
  'prim/ed25519': 'prim/wycheproof-ed25519',
  'prim/chacha20-poly1305': 'prim/wycheproof-chacha20-poly1305',
  'prim/hkdf-sha256': 'prim/wycheproof-hkdf-sha256',
  'identity/device-id': 'identity/syncthing-device-id',
  'identity/safety-number': 'identity/signal-safety-number',
} as const;
export type VectorFile = keyof typeof publishedNames;

export interface VectorSet {
  /** For titles. */
  readonly name: 'own' | 'published';
  read<T>(file: VectorFile): T;
}

const readJson = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;
export const readOwn = <T>(path: string): T => readJson(join(project, 'test/vectors', `${path}.json`));

const own: VectorSet = { name: 'own', read: readOwn };
const published: VectorSet = {
  name: 'published',
  read: (file) => readJson(join(publishedFolder, `${publishedNames[file]}.json`)),
};
const isPublishedHere = existsSync(publishedFolder);

export const vectorSets: readonly VectorSet[] = isPublishedHere ? [own, published] : [own];

/** Published files that have no counterpart among our own; `null` where the folder is absent. */
export const publishedOnly = isPublishedHere
  ? {
      read: <T>(path: string): T => readJson(join(publishedFolder, `${path}.json`)),
      readGzipped: (path: string): string =>
        gunzipSync(readFileSync(join(publishedFolder, path))).toString('utf8'),
    }
  : null;

export const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
