/**
 * A copy of the identity that leaves its home: the files with its keys, encrypted under a key that scrypt derives from a
 * passphrase. A finder of the file can try passphrases, each for about half a second and 128 MiB.
 */
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { err, ok, type Result } from 'neverthrow';
import { isJsonObject, parseBoundedJson } from '../wire/json/parse.js';
import type { HomeError } from './errors.js';
import { openHome, type Home } from './home.js';
import { isIdentity } from './identity-file.js';
import { identityCopy as limits, identityFile } from './limits.js';
import { readPrivate, writePrivate } from './private-file.js';

/** The files of an identity. `next`: the key of the next identity; null: it was moved out of the home. */
export interface IdentityFiles {
  readonly identity: string;
  readonly next: string | null;
}

/** Reads the files of the identity of a home. Errors: `home/bad-identity`, also where there is none. */
export function readIdentityFiles(
  files: Pick<Home, 'identityFile' | 'nextIdentityFile'>,
): Result<IdentityFiles, HomeError> {
  const file = files.identityFile;
  const bad = (reason: string): HomeError => ({ code: 'home/bad-identity', file, reason });
  return readPrivate(file)
    .mapErr(bad)
    .andThen((identity) => {
      if (identity === null) return err(bad('this home has no identity yet'));
      if (!isIdentity(identity)) return err(bad('it is damaged'));
      return readPrivate(files.nextIdentityFile)
        .mapErr(bad)
        .map((next) => ({ identity, next }));
    });
}

/** Encrypts the files. `scryptCost`: of deriving the key; it opens the copy, too. */
export function sealIdentity(
  files: IdentityFiles,
  passphrase: string,
  scryptCost: number = limits.scryptCost,
): string {
  const [salt, nonce] = [randomBytes(limits.saltBytes), randomBytes(limits.nonceBytes)];
  const cipher = createCipheriv('aes-256-gcm', keyOf(passphrase, salt, scryptCost), nonce, {
    authTagLength: limits.tagBytes,
  });
  cipher.setAAD(Buffer.from(kind));
  const sealed = Buffer.concat([
    cipher.update(JSON.stringify(files), 'utf8'),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  const copy = {
    type: kind,
    version: 1,
    salt: salt.toString('base64'),
    nonce: nonce.toString('base64'),
    sealed: sealed.toString('base64'),
  };
  return `${JSON.stringify(copy, null, 2)}\n`;
}

/** Decrypts a copy that was sealed at this cost. Errors: in words. */
export function openIdentity(
  text: string,
  passphrase: string,
  scryptCost: number = limits.scryptCost,
): Result<IdentityFiles, string> {
  const read = parseBoundedJson(text, { bytesMax: 4 * identityFile.fileBytesMax }).unwrapOr(null);
  if (!isJsonObject(read) || read['type'] !== kind) return err('it is not the copy of an identity');
  if (read['version'] !== 1) return err('a newer version of Parlance wrote it');
  const [salt, nonce, sealed] = ['salt', 'nonce', 'sealed'].map((field) => bytesOf(read[field]));
  const isWhole = salt?.length === limits.saltBytes && nonce?.length === limits.nonceBytes;
  if (!isWhole || sealed === undefined || sealed.length <= limits.tagBytes) return err('it is damaged');
  try {
    const decipher = createDecipheriv('aes-256-gcm', keyOf(passphrase, salt, scryptCost), nonce, {
      authTagLength: limits.tagBytes,
    });
    decipher.setAAD(Buffer.from(kind));
    decipher.setAuthTag(sealed.subarray(-limits.tagBytes));
    const plain = Buffer.concat([decipher.update(sealed.subarray(0, -limits.tagBytes)), decipher.final()]);
    return filesOf(plain.toString('utf8'));
  } catch {
    return err('the passphrase is wrong, or the file is damaged');
  }
}

/** Characters of a passphrase that is accepted for a new copy. */
export const { passphraseCharsMin } = limits;

/** Puts an identity into a home that has none. Errors: `home/bad-identity`, `home/unusable`, `home/in-use`. */
export function installIdentity(directory: string, files: IdentityFiles): Result<void, HomeError> {
  return openHome(directory).andThen((home) => {
    const installed = installIn(home, files);
    home.release();
    return installed;
  });
}

function installIn(home: Home, { identity, next }: IdentityFiles): Result<void, HomeError> {
  const file = home.identityFile;
  for (const taken of [file, home.historyFile]) {
    if (!existsSync(taken)) continue;
    const reason = `this home is in use already (${taken}): import into an empty one`;
    return err({ code: 'home/bad-identity', file, reason });
  }
  return (next === null ? ok() : writePrivate(home.nextIdentityFile, next))
    .andThen(() => writePrivate(file, identity))
    .mapErr((reason): HomeError => ({ code: 'home/unusable', home: home.directory, reason }));
}

const kind = 'parlance-identity';

/** The passphrase in one Unicode form, since keyboards differ. */
const keyOf = (passphrase: string, salt: Uint8Array, scryptCost: number): Buffer =>
  scryptSync(passphrase.normalize('NFC'), salt, limits.keyBytes, {
    N: scryptCost,
    r: limits.scryptBlock,
    p: 1,
    maxmem: 2 * 128 * scryptCost * limits.scryptBlock,
  });

const bytesOf = (value: unknown): Buffer | undefined =>
  typeof value === 'string' ? Buffer.from(value, 'base64') : undefined;

function filesOf(text: string): Result<IdentityFiles, string> {
  const read = parseBoundedJson(text, { bytesMax: 4 * identityFile.fileBytesMax }).unwrapOr(null);
  if (!isJsonObject(read)) return err('it is damaged');
  const { identity, next } = read;
  if (typeof identity !== 'string' || !isIdentity(identity)) return err('it is damaged');
  return typeof next === 'string' || next === null ? ok({ identity, next }) : err('it is damaged');
}
