/** The identity file of a home, as one who got hold of it reads it. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { peerIdOf } from '../../src/chat/identity.js';
import type { Identity } from './beacon-node.js';

export interface StoredIdentity {
  readonly identityKey: string;
  readonly staticSerial: number;
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
