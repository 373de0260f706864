/** The identity file of a home, as one who got hold of it reads it. */
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { peerIdOf } from '../../src/chat/people/identity.js';
import type { Identity } from './beacon-node.js';

export interface StoredIdentity {
  readonly version: number;
  readonly identityKey: string;
  readonly staticKey: string;
  readonly staticSerial: number;
}

/** Puts another serial into the file, and what belongs to it. */
export function writeSerial(home: string, staticSerial: number): void {
  const { version, identityKey, staticKey } = readIdentity(home);
  const fields = { version, identityKey, staticKey, staticSerial };
  const checksum = createHash('sha256').update(Object.values(fields).join('\n')).digest('hex');
  writeFileSync(join(home, 'identity.json'), JSON.stringify({ ...fields, checksum }));
}

export const readIdentity = (home: string): StoredIdentity =>
  JSON.parse(readFileSync(join(home, 'identity.json'), 'utf8')) as StoredIdentity;

export function identityIn(home: string): Identity {
  const key = Buffer.from(readIdentity(home).identityKey, 'base64');
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const idKey = new Uint8Array(spki.subarray(-32));
  return { privateKey, idKey, peerId: peerIdOf(idKey) };
}
