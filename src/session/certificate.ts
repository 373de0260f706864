/**
 * The certificate by which an Ed25519 identity vouches for an X25519 static key, and the payload of handshake messages
 * 2 and 3 that carries it. Source: session-protocol, sections 5.2 and 6.
 *
 *   certificate = ver(1)=1 | idKey(32) | serial(u64 ms) | notAfter(u64 ms, 0 = none) | sig(64)
 *   payload     = certificate | TLV…      TLV = type(u8) len(u16) value
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { err, ok, type Result } from 'neverthrow';
import type { SessionError } from './errors.js';
import { session as sessionLimits, sessionV1 } from './limits.js';
import { ByteReader, ByteWriter, copy } from '../wire/bytes.js';
import { isSoundIdKey } from '../wire/identity-key.js';
import { label } from './noise/cipher.js';

/** Signs with the identity key, which stays with the owner of this function. Returns 64 bytes. */
export type Signer = (message: Uint8Array) => Uint8Array;

/** The fields of a certificate. */
export interface Certificate {
  readonly idKey: Uint8Array;
  /** Wall clock ms when the static key was made; grows with each new one. */
  readonly serial: number;
  /** Wall clock ms; 0: never. */
  readonly notAfterMs: number;
}

/** The fields of a handshake message beside its certificate. */
export interface Announcement {
  readonly wireVersions: readonly number[];
  /**
   * Operations beyond texts that this side understands: 32 bits, see `wire/features.ts`. Null: not announced, as in version
   * 1.0.0.
   */
  readonly features: number | null;
  /** 8 bytes. */
  readonly bootId: Uint8Array;
  /** SHA-256 of the key of the next identity, 32 bytes. Null: not announced. */
  readonly next: Uint8Array | null;
}

/** Hashes the key of the next identity. Only the holder of its private key can later prove that identity. */
export const nextIdentityHash = (nextIdKey: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update(label(nextLabel, nextIdKey)).digest());

const formatVersion = 1;
const signedBytes = sessionV1.certificateBytes - 64;
const bootIdBytes = 8;
const featuresBytes = 4;
const nextBytes = 32;
const tlv = { wireVersions: 1, features: 2, bootId: 3, next: 4 } as const;
const nextLabel = 'parlance/1 next\0';
const staticLabel = 'parlance/1 static\0';

/** Signs a certificate of `staticPublic`. Returns the encoded certificate. */
export function makeCertificate(fields: Certificate, staticPublic: Uint8Array, sign: Signer): Uint8Array {
  const writer = new ByteWriter(sessionV1.certificateBytes)
    .u8(formatVersion)
    .bytes(fields.idKey)
    .u64(fields.serial)
    .u64(fields.notAfterMs);
  const signature = sign(label(staticLabel, writer.view(), staticPublic));
  return writer.bytes(signature).finish();
}

/** Returns the identity key of a certificate of our own, without checking it. */
export const certificateIdKey = (certificate: Uint8Array): Uint8Array => copy(certificate, 1, 33);

/** Returns the serial of a certificate of our own, without checking it. */
export const certificateSerial = (certificate: Uint8Array): number =>
  new ByteReader(certificate.subarray(33)).u64() ?? 0;

/**
 * Computes the end of the validity of a certificate with this serial. 0: none, since the clock that gave the serial
 * was not set.
 */
export const notAfterOf = (serial: number): number =>
  serial < sessionLimits.clockSetFromMs ? 0 : serial + sessionLimits.certificateValidMs;

/** Computes the wall clock (ms) from which on a static key with this serial is to be replaced. */
export const keyIsOldAtMs = (serial: number): number => serial + sessionLimits.staticKeyAgeMaxMs;

/**
 * Decodes and checks a certificate. Errors: `session/bad-certificate` (shape, version, key encoding, signature,
 * expiry).
 */
export function verifyCertificate(
  certificate: Uint8Array,
  staticPublic: Uint8Array,
  wallClockMs: number,
): Result<Certificate, SessionError> {
  const reader = new ByteReader(certificate);
  const version = reader.u8();
  const idKey = copy(reader.take(sessionV1.keyBytes));
  const serial = reader.u64();
  const notAfterMs = reader.u64();
  const signature = reader.take(64);
  if (!reader.isExactlyRead) return bad('length');
  if (version !== formatVersion) return bad('version');
  if (serial === null || notAfterMs === null) return bad('time');
  if (!isSoundIdKey(idKey)) return bad('identity key');
  const message = label(staticLabel, certificate.subarray(0, signedBytes), staticPublic);
  if (!verifySignature(idKey, message, signature)) return bad('signature');
  if (notAfterMs !== 0 && wallClockMs > notAfterMs) return bad('expired');
  return ok({ idKey, serial, notAfterMs });
}

/** Verifies an Ed25519 signature. `false` too where the key is not a point of the curve. */
export function verifySignature(idKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    const x = Buffer.from(idKey.buffer, idKey.byteOffset, idKey.length).toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    return verify(null, message, key, signature);
  } catch {
    return false;
  }
}

/** Encodes the payload of handshake message 2 or 3. */
export function encodePayload(certificate: Uint8Array, announcement: Announcement): Uint8Array {
  const { wireVersions, features, bootId, next } = announcement;
  const writer = new ByteWriter()
    .bytes(certificate)
    .u8(tlv.wireVersions)
    .u16(wireVersions.length)
    .bytes(Uint8Array.from(wireVersions));
  if (features !== null) writer.u8(tlv.features).u16(featuresBytes).u32(features);
  writer.u8(tlv.bootId).u16(bootIdBytes).bytes(bootId);
  if (next !== null) writer.u8(tlv.next).u16(nextBytes).bytes(next);
  return writer.finish();
}

/** Decodes the payload of handshake message 2 or 3, and skips TLVs of unknown types. Errors: `session/malformed`. */
export function decodePayload(
  payload: Uint8Array,
): Result<{ readonly certificate: Uint8Array; readonly announcement: Announcement }, SessionError> {
  if (payload.length > sessionV1.handshakePayloadBytesMax) return malformed('payload length');
  const reader = new ByteReader(payload);
  const certificate = reader.take(sessionV1.certificateBytes);
  let wireVersions: readonly number[] | null = null;
  let features: number | null = null;
  let bootId: Uint8Array | null = null;
  let next: Uint8Array | null = null;
  while (reader.remaining > 0 && !reader.isShort) {
    const type = reader.u8();
    const value = reader.take(reader.u16());
    if (reader.isShort) break;
    if (type === tlv.wireVersions) {
      if (wireVersions !== null) return malformed('a repeated field');
      wireVersions = [...value];
    } else if (type === tlv.bootId) {
      if (bootId !== null || value.length !== bootIdBytes) return malformed('boot id');
      bootId = copy(value);
    } else if (type === tlv.features) {
      if (features !== null || value.length !== featuresBytes) return malformed('features');
      features = new ByteReader(value).u32();
    } else if (type === tlv.next) {
      if (next !== null || value.length !== nextBytes) return malformed('next identity');
      next = copy(value);
    }
  }
  if (reader.isShort) return malformed('payload is incomplete');
  if (wireVersions === null || bootId === null) return malformed('a field is missing');
  return ok({ certificate, announcement: { wireVersions, features, bootId, next } });
}

const bad = (detail: string) => err<never, SessionError>({ code: 'session/bad-certificate', detail });
const malformed = (detail: string) => err<never, SessionError>({ code: 'session/malformed', detail });
