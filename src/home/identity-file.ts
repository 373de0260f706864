/**
 * The identity of a home: its Ed25519 key, and the X25519 static key certified by it, in one private file. The only
 * place that holds the Ed25519 key and signs with it. An identity is never replaced silently: a file that is there
 * but cannot be read is a refusal to start.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto';
import { existsSync } from 'node:fs';
import { err, ok, type Result } from 'neverthrow';
import { peerIdOf } from '../chat/people/identity.js';
import type { HomeError } from './errors.js';
import { identityFile as limits } from './limits.js';
import { keyIsOldAtMs, makeCertificate, nextIdentityHash, notAfterOf } from '../session/certificate.js';
import { fromHex, isSame, toHex } from '../wire/bytes.js';
import { feature } from '../wire/features.js';
import { isJsonObject, parseBoundedJson } from '../wire/json/parse.js';
import type { Home } from './home.js';
import { readPrivate, writePrivate } from './private-file.js';
import type { Vault } from '../chat/people/vault.js';

interface Stored {
  readonly version: 1;
  /** PKCS8 DER, base64. */
  readonly identityKey: string;
  readonly staticKey: string;
  /** Time at which the static key was made, ms. It grows with each new key, so that no old certificate comes back. */
  readonly staticSerial: number;
  /** Hash of the key of the next identity, and a checksum. The file with that key may be moved away. */
  readonly next?: string;
  /** Checksum over all fields above but `next`: a key with a flipped bit would be the valid key of a stranger. */
  readonly checksum: string;
}
type Keys = Omit<Stored, 'checksum'>;

/** Reads the identity, or makes one for a new home. Errors: `home/bad-identity`, `home/unusable`. */
export function loadIdentity(home: Home, wallClockMs: number): Result<Vault, HomeError> {
  const file = home.identityFile;
  const bad = (reason: string) => err<never, HomeError>({ code: 'home/bad-identity', file, reason });
  return readKeys(home, wallClockMs, bad)
    .andThen((keys) => withNext(home, keys))
    .andThen((keys) => open(keys, new Uint8Array(randomBytes(8)), bad));
}

/**
 * Replaces the static key of a running node once it is old; one that is not old yet comes back as it is. The identity
 * and the run stay. Errors: `home/bad-identity`, also where another identity lies in the home by now; `home/unusable`.
 */
export function renewStaticKey(home: Home, vault: Vault, wallClockMs: number): Result<Vault, HomeError> {
  const file = home.identityFile;
  const bad = (reason: string) => err<never, HomeError>({ code: 'home/bad-identity', file, reason });
  return readPrivate(file)
    .orElse((reason) => bad(reason))
    .andThen((text) => {
      const stored = text === null ? null : parse(text);
      if (stored === null) return bad('it is missing or damaged');
      return open(stored, vault.local.bootId, bad);
    })
    .andThen(({ idKey }) => (isSame(idKey, vault.idKey) ? ok(null) : bad('it holds another identity')))
    .andThen(() => readKeys(home, wallClockMs, bad))
    .andThen((keys) => open(keys, vault.local.bootId, bad));
}

type Bad = (reason: string) => Result<never, HomeError>;

function readKeys(home: Home, wallClockMs: number, bad: Bad): Result<Keys, HomeError> {
  const read = readPrivate(home.identityFile);
  if (read.isErr()) return bad(read.error);
  if (read.value === null) {
    // Without this check a lost key would quietly turn its owner into a stranger for everybody who pinned it.
    if (existsSync(home.historyFile)) return bad('it is missing, but this home has a history');
    return keep(home, newIdentity(wallClockMs));
  }
  const parsed = parse(read.value);
  if (parsed === null) return bad('it is damaged');
  if (wallClockMs < keyIsOldAtMs(parsed.staticSerial)) return ok(parsed);
  return keep(home, { ...parsed, ...newStatic(Math.max(wallClockMs, parsed.staticSerial + 1)) });
}

/**
 * Makes the key of the next identity where none was announced yet. It is on disk before its hash is, so what is
 * announced can be proved one day; a file that is there already is not replaced.
 */
function withNext(home: Home, keys: Keys): Result<Keys, HomeError> {
  if (keys.next !== undefined) return ok(keys);
  const file = home.nextIdentityFile;
  const unusable = (reason: string): HomeError => ({ code: 'home/bad-identity', file, reason });
  return readPrivate(file)
    .andThen((found) => {
      if (found !== null) return ok(found.trim());
      const fresh = newKey('ed25519');
      return writePrivate(file, `${fresh}\n`).map(() => fresh);
    })
    .mapErr(unusable)
    .andThen((text) => {
      const key = fromBase64(text, 'ed25519');
      if (key === null) return err(unusable('it is damaged'));
      const announced = { ...keys, next: nextWord(nextIdentityHash(rawPublic(key))) };
      return hasForeignFields(home) ? ok(announced) : keep(home, announced);
    });
}

/** A newer version may have added fields, and one flipped bit gives a field another name: such a file is not rewritten. */
function hasForeignFields({ identityFile }: Home): boolean {
  const known = ['version', 'identityKey', 'staticKey', 'staticSerial', 'checksum', 'next'];
  const text = readPrivate(identityFile).unwrapOr(null) ?? '';
  const read = parseBoundedJson(text, { bytesMax: limits.fileBytesMax }).unwrapOr(null);
  return isJsonObject(read) && Object.keys(read).some((field) => !known.includes(field));
}

/** Whether a text is an identity that a home can use. */
export const isIdentity = (text: string): boolean => parse(text) !== null;

/** By hand, since a schema library would cost every start 40 ms. `null`: damaged. */
function parse(text: string): Stored | null {
  const read = parseBoundedJson(text, { bytesMax: limits.fileBytesMax }).unwrapOr(null);
  if (!isJsonObject(read)) return null;
  const { version, identityKey, staticKey, staticSerial, checksum, next } = read;
  if (version !== 1 || typeof identityKey !== 'string' || typeof staticKey !== 'string') return null;
  if (typeof staticSerial !== 'number' || !Number.isSafeInteger(staticSerial) || staticSerial <= 0)
    return null;
  if (typeof checksum !== 'string') return null;
  if (next !== undefined && (typeof next !== 'string' || nextHashOf(next) === null)) return null;
  const stored: Stored = {
    version,
    identityKey,
    staticKey,
    staticSerial,
    checksum,
    ...(next === undefined ? {} : { next }),
  };
  return checksum === checksumOf(stored) ? stored : null;
}

const checksumOf = ({ version, identityKey, staticKey, staticSerial }: Keys): string =>
  createHash('sha256').update([version, identityKey, staticKey, staticSerial].join('\n')).digest('hex');

/** With a checksum of its own: version 1.0.0 checks the fields that it knows. */
const nextWord = (hash: Uint8Array): string => toHex(hash) + nextChecksumOf(toHex(hash));

/** The hash, or `null` for a word that is damaged. */
function nextHashOf(word: string): Uint8Array | null {
  const [, hash, checksum] = /^([0-9a-f]{64})([0-9a-f]{16})$/.exec(word) ?? [];
  return hash === undefined || checksum !== nextChecksumOf(hash) ? null : fromHex(hash);
}

const nextChecksumOf = (hash: string): string => createHash('sha256').update(hash).digest('hex').slice(0, 16);

function keep(home: Home, keys: Keys): Result<Keys, HomeError> {
  const identity: Stored = { ...keys, checksum: checksumOf(keys) };
  return writePrivate(home.identityFile, `${JSON.stringify(identity, null, 2)}\n`)
    .map(() => identity)
    .mapErr((reason): HomeError => ({ code: 'home/unusable', home: home.directory, reason }));
}

/**
 * A new private key is 32 random bytes behind the fixed head of its PKCS8 form (RFC 8410). Not generated by OpenSSL's
 * key job: on Node 20.20 the export of a key that was just generated can hang the thread for ever.
 */
const newKey = (type: 'ed25519' | 'x25519'): string =>
  Buffer.concat([Buffer.from(pkcs8Head[type], 'hex'), randomBytes(32)]).toString('base64');

const pkcs8Head = {
  ed25519: '302e020100300506032b657004220420',
  x25519: '302e020100300506032b656e04220420',
} as const;

const newIdentity = (wallClockMs: number): Keys => ({
  version: 1,
  identityKey: newKey('ed25519'),
  ...newStatic(wallClockMs),
});

const newStatic = (serial: number): Pick<Keys, 'staticKey' | 'staticSerial'> => ({
  staticKey: newKey('x25519'),
  staticSerial: serial,
});

function open(identity: Keys, bootId: Uint8Array, bad: Bad): Result<Vault, HomeError> {
  const identityKey = fromBase64(identity.identityKey, 'ed25519');
  const staticKey = fromBase64(identity.staticKey, 'x25519');
  if (identityKey === null || staticKey === null) return bad('a key in it is damaged');
  const idKey = rawPublic(identityKey);
  const staticPublic = rawPublic(staticKey);
  const signWithIdentity = (bytes: Uint8Array): Uint8Array => new Uint8Array(sign(null, bytes, identityKey));
  const serial = identity.staticSerial;
  const fields = { idKey, serial, notAfterMs: notAfterOf(serial) };
  const certificate = makeCertificate(fields, staticPublic, signWithIdentity);
  const next = identity.next === undefined ? null : nextHashOf(identity.next);
  return ok({
    peerId: peerIdOf(idKey),
    idKey,
    certificateSerial: serial,
    local: {
      staticKey,
      staticPublic,
      certificate,
      bootId,
      wireVersions: [1],
      features: feature.ephemeral | feature.files | feature.messageOperations | feature.timers,
      next,
    },
    sign: signWithIdentity,
  });
}

function fromBase64(text: string, type: 'ed25519' | 'x25519'): KeyObject | null {
  try {
    const key = createPrivateKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'pkcs8' });
    return key.asymmetricKeyType === type ? key : null;
  } catch {
    return null;
  }
}

/** The last 32 bytes of the SubjectPublicKeyInfo. */
const rawPublic = (key: KeyObject): Uint8Array =>
  new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32));
