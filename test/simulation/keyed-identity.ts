/**
 * Identities of simulated nodes. In long runs a public key is the hash of a secret, and proofs are keyed hashes: without
 * the secret nobody makes a proof, and the simulation looks the secret up to check one. In other runs the keys,
 * signatures and certificates are the real ones.
 */
import { createHash, hash } from 'node:crypto';
import { peerIdOf } from '../../src/chat/people/identity.js';
import type { PeerId } from '../../src/ids.js';
import { makeCertificate, verifySignature, type Signer } from '../../src/session/certificate.js';
import type { LocalIdentity } from '../../src/session/contract.js';
import { fromHex, toHex } from '../../src/wire/bytes.js';
import { dhKeyPairFromPrivate } from '../support/dh-key.js';
import { identityOf } from '../support/session-pair.js';

export interface KeyedIdentity {
  readonly idKey: Uint8Array;
  readonly peerId: PeerId;
  readonly certificateSerial: number;
  /** This run of the node (8 bytes, hex). */
  readonly bootIdHex: string;
  readonly secret: string;
  /** Features of its program (`wire/features.ts`). */
  readonly features: number;
  readonly sign: Signer;
  /** Keys that real sessions need; null: sessions are doubles. */
  readonly local: LocalIdentity | null;
}

const secrets = new Map<string, string>();
/** Keys of a secret, which are the same in each run of a node. */
const keys = new Map<string, { readonly idKey: Uint8Array; readonly peerId: PeerId }>();

/** The same for the same arguments. */
export function keyedIdentity(
  secret: string,
  bootIdHex: string,
  certificateSerial: number,
  features: number,
): KeyedIdentity {
  let known = keys.get(secret);
  if (known === undefined) {
    const idKey = sha256(secret);
    // Any y below p passes for a key.
    idKey[31] = (idKey[31] ?? 0) & 0x3f;
    known = { idKey, peerId: peerIdOf(idKey) };
    keys.set(secret, known);
    secrets.set(toHex(idKey), secret);
  }
  const sign: Signer = (message) => keyedSignature(secret, message);
  return { ...known, certificateSerial, bootIdHex, secret, features, sign, local: null };
}

/** Real keys of a secret and a serial, which cost some ms: a node that starts again has the same ones. */
const realKeys = new Map<string, ReturnType<typeof makeRealKeys>>();

/** The same for the same arguments, with real keys. */
export function realIdentity(
  secret: string,
  bootIdHex: string,
  certificateSerial: number,
  features: number,
): KeyedIdentity {
  const name = `${secret} ${certificateSerial}`;
  const made = realKeys.get(name) ?? makeRealKeys(secret, certificateSerial);
  realKeys.set(name, made);
  const local: LocalIdentity = { ...made.local, features, bootId: fromHex(bootIdHex) };
  return { ...made, bootIdHex, features, local };
}

function makeRealKeys(secret: string, certificateSerial: number) {
  const { idKey, sign } = identityOf(sha256(secret));
  const pair = dhKeyPairFromPrivate(sha256(`${secret} ${certificateSerial}`));
  const fields = { idKey, serial: certificateSerial, notAfterMs: 0 };
  const local = {
    staticKey: pair.privateKey,
    staticPublic: pair.publicKey,
    certificate: makeCertificate(fields, pair.publicKey, sign),
    wireVersions: [1],
    next: null,
  };
  return { idKey, peerId: peerIdOf(idKey), certificateSerial, secret, sign, local };
}

/** Checks the signature of a beacon, of either kind of identity. */
export function isSigned(
  isReal: boolean,
  idKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (isReal) return verifySignature(idKey, message, signature);
  const secret = secrets.get(toHex(idKey));
  return secret !== undefined && Buffer.compare(signature, keyedSignature(secret, message)) === 0;
}

export const proofOf = ({ secret }: KeyedIdentity, challenge: string): string => keyedHash(secret, challenge);

export function isProof(proof: string, idKeyHex: string, challenge: string): boolean {
  const secret = secrets.get(idKeyHex);
  return secret !== undefined && proof === keyedHash(secret, challenge);
}

const sha256 = (text: string): Uint8Array => new Uint8Array(createHash('sha256').update(text).digest());

const keyedHash = (secret: string, text: string): string =>
  hash('sha256', `${secret}|${text}`, 'hex').slice(0, 32);

/** 64 bytes, as long as a real signature. */
const keyedSignature = (secret: string, message: Uint8Array): Uint8Array =>
  hash('sha512', Buffer.concat([Buffer.from(`${secret}|`), message]), 'buffer');
