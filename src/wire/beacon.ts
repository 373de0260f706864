/**
 * The beacon: one datagram that announces a node to Parlance and to the oldest dialect at once. Source:
 * session-protocol section 6; dialects section 1. Decoding checks size and shape only. A signature costs a hundred
 * times as much, so the caller rations its check (`verifyBeacon`).
 *
 *   datagram   {"username": NAME, "ip_address": IP, "parlance": base64url(record)}, at most 1,200 bytes
 *   record     "PARL" ver=1 type(1) idKey(32) bootId(8) seq(u32) time(u64 ms) tcpPort(u16) TLVs sig(64)
 *   TLV        type(u8) len(u16) value; unknown types are skipped, a known one occurs once
 *              0 padding, 1 name (UTF-8, <= 64), 2 wire versions (u8 each), 3 certificate serial (u64),
 *              4 echoed nonce (16), 5 instance (8), 6 status (`status.ts`)
 *   sig        Ed25519(idKey, "parlance/1 beacon\0" | all before sig)
 *   challenge  "PARL" ver=1 type=5 nonce(16): unsigned, asks who sent a beacon to answer with the nonce echoed
 *
 * All numbers are big endian. An announcement carries padding as long as a nonce, so that an answer to a challenge is
 * never longer than the announcement that provoked it: nobody gains by sending under another's address. A query carries
 * text beside its record, `"pad"`, up to 1,200 bytes, so that no answer to it is longer.
 */
import { err, ok, type Result } from 'neverthrow';
import type { WireError } from './errors.js';
import { isSoundIdKey } from './identity-key.js';
import { beacon as limits } from './limits.js';
import { isJsonObject, parseBoundedJson, type JsonObject } from './json/parse.js';
import { plainKey } from './json/keys.js';
import { decodeStatus, encodeStatus, type Status } from './status.js';

/** The purpose of a record: presence, goodbye, request for an answer, and that answer. */
export type BeaconKind = 'announce' | 'bye' | 'query' | 'answer';

/** The fields of one beacon. */
export interface BeaconRecord {
  readonly kind: BeaconKind;
  /** 32 bytes, Ed25519. */
  readonly idKey: Uint8Array;
  /** 8 bytes: one run of the node. */
  readonly bootId: Uint8Array;
  /** Grows with each record of one run. */
  readonly seq: number;
  /** Wall clock of the sender, ms. */
  readonly timeMs: number;
  /** 0 while the sender accepts no connections. */
  readonly tcpPort: number;
  /** As it came, not sanitised; at most 64 bytes of UTF-8. */
  readonly name: string;
  readonly wireVersions: readonly number[];
  readonly certificateSerial: number;
  /** 16 bytes: of a query to be answered, or the one that an answer echoes. */
  readonly nonce: Uint8Array | null;
  /** 8 bytes: which instance of the identity speaks, the same over restarts. */
  readonly instance: Uint8Array | null;
  /** Status of the person; absent: here. */
  readonly status?: Status;
}

/** A record with its signature, not checked yet. `body` is what was signed, without the label. */
export interface SignedBeacon {
  readonly record: BeaconRecord;
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
}

/** One datagram, decoded: a signed record, a challenge, or an announcement of the oldest dialect. */
export type BeaconDatagram =
  | ({ readonly kind: 'native' } & SignedBeacon)
  | { readonly kind: 'challenge'; readonly nonce: Uint8Array }
  /** An announcement of the oldest dialect; the name as it came. */
  | {
      readonly kind: 'foreign';
      readonly username: string;
      /** Whether the announcement names an address, as the original program of cmp2204 does and its imitations do not. */
      readonly hasAddress: boolean;
    };

/** Encodes a record up to its signature. Throws on a length that the caller must have checked. */
export function encodeBeaconBody(record: BeaconRecord): Uint8Array {
  const name = toUtf8.encode(record.name);
  assertLength('idKey', record.idKey, 32);
  assertLength('bootId', record.bootId, limits.bootIdBytes);
  if (name.length > limits.nameBytesMax) throw new RangeError('beacon name too long');
  const tlvs: [number, Uint8Array][] = [
    [tlv.name, name],
    [tlv.wireVersions, Uint8Array.from(record.wireVersions)],
    [tlv.certificateSerial, u64(record.certificateSerial)],
  ];
  if (record.instance !== null) tlvs.push([tlv.instance, record.instance]);
  if (record.status !== undefined) tlvs.push([tlv.status, encodeStatus(record.status)]);
  tlvs.push(
    record.nonce === null ? [tlv.padding, new Uint8Array(limits.nonceBytes)] : [tlv.nonce, record.nonce],
  );
  const bytes = new Uint8Array(
    limits.fixedBytes + tlvs.reduce((sum, [, value]) => sum + 3 + value.length, 0),
  );
  const view = new DataView(bytes.buffer);
  bytes.set(magic, 0);
  bytes[5] = codeOfKind[record.kind];
  bytes.set(record.idKey, 6);
  bytes.set(record.bootId, 38);
  view.setUint32(46, record.seq);
  setU64(view, 50, record.timeMs);
  view.setUint16(58, record.tcpPort);
  let at: number = limits.fixedBytes;
  for (const [type, value] of tlvs) {
    bytes[at] = type;
    view.setUint16(at + 1, value.length);
    bytes.set(value, at + 3);
    at += 3 + value.length;
  }
  return bytes;
}

/**
 * Returns the bytes that the identity key signs for `body`: a label and the body, so that the signature fits nothing
 * else.
 */
export function beaconSigningBytes(body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(signingLabel.length + body.length);
  bytes.set(signingLabel, 0);
  bytes.set(body, signingLabel.length);
  return bytes;
}

/**
 * Encodes the datagram. `username` and `ipAddress` are for programs of the oldest dialect, which ignore our record.
 */
export function encodeBeacon(parts: {
  readonly username: string;
  readonly ipAddress: string;
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
}): Uint8Array {
  assertLength('signature', parts.signature, limits.signatureBytes);
  const record = Buffer.concat([parts.body, parts.signature]).toString('base64url');
  const bytes = jsonBytes({ username: parts.username, ip_address: parts.ipAddress, parlance: record });
  if (bytes.length > limits.datagramBytesMax) throw new RangeError('beacon datagram too long');
  return bytes;
}

/**
 * Encodes a query as long as a datagram may be. An answer must not be longer than its query, and the name and the status
 * of the answerer may be the longest ones.
 */
export function encodeQuery({ body, signature }: Pick<SignedBeacon, 'body' | 'signature'>): Uint8Array {
  const padding = ',"pad":""';
  const bytes = encodeBeacon({ username: '', ipAddress: '', body, signature });
  const spareBytes = limits.datagramBytesMax - bytes.length - padding.length;
  if (spareBytes < 0) return bytes;
  const text = new TextDecoder().decode(bytes.subarray(0, -1));
  return new TextEncoder().encode(`${text},"pad":"${'.'.repeat(spareBytes)}"}`);
}

/**
 * Encodes a challenge of exactly `bytes` where padding allows, so that its answer may be as long as the beacon was.
 * Null: even the shortest challenge is longer than `bytes`, and a reply must never be longer than its request.
 */
export function encodeChallenge(nonce: Uint8Array, bytes: number): Uint8Array | null {
  assertLength('nonce', nonce, limits.nonceBytes);
  const record = Buffer.concat([magic, Uint8Array.of(challengeCode), nonce]).toString('base64url');
  // Written out, since a flood makes this the busiest line: all of it is ASCII without escapes.
  const [start, padding, end] = [`{"parlance":"${record}"`, ',"pad":""', '}'];
  const spareBytes = Math.min(bytes, limits.datagramBytesMax) - start.length - end.length;
  if (spareBytes < 0) return null;
  const pad = spareBytes < padding.length ? '' : `,"pad":"${'.'.repeat(spareBytes - padding.length)}"`;
  return new TextEncoder().encode(start + pad + end);
}

/**
 * Decodes a datagram and checks its shape, not its signature. Errors: `wire/frame-too-large` (more than 1,200 bytes),
 * `wire/malformed`.
 */
export function decodeBeacon(datagram: Uint8Array): Result<BeaconDatagram, WireError> {
  const parsed = parseBoundedJson(datagram, {
    bytesMax: limits.datagramBytesMax,
    depthMax: limits.jsonDepthMax,
    keysMax: limits.jsonKeysMax,
  });
  if (parsed.isErr()) return err(parsed.error);
  if (!isJsonObject(parsed.value)) return malformed('no object');
  const { parlance } = parsed.value;
  if (typeof parlance === 'string') return decodeRecord(parlance);
  // A broken field of ours is an attack or damage, not an older program.
  if (parlance !== undefined) return malformed('record is not text');
  const username = usernameIn(parsed.value);
  if (username === null) return malformed('no username');
  const hasAddress = Object.keys(parsed.value).some((key) => plainKey(key) === 'ipaddress');
  return ok({ kind: 'foreign', username, hasAddress });
}

/**
 * Finds the name. Older programs spell its key in several ways; a datagram with two spellings is ambiguous, thus
 * refused.
 */
function usernameIn(fields: JsonObject): string | null {
  const [found, ...others] = Object.keys(fields).filter((key) => plainKey(key) === 'username');
  const username = found === undefined || others.length > 0 ? null : fields[found];
  return typeof username === 'string' && username.trim() !== '' ? username : null;
}

/** Whether the key in the record signed it. `verify` is Ed25519 verification. */
export function verifyBeacon(
  beacon: SignedBeacon,
  verify: (idKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean,
): boolean {
  return verify(beacon.record.idKey, beaconSigningBytes(beacon.body), beacon.signature);
}

const tlv = {
  padding: 0,
  name: 1,
  wireVersions: 2,
  certificateSerial: 3,
  nonce: 4,
  instance: 5,
  status: 6,
} as const;
const codeOfKind: Readonly<Record<BeaconKind, number>> = { announce: 1, bye: 2, query: 3, answer: 4 };
const kindOfCode: ReadonlyMap<number, BeaconKind> = new Map([
  [1, 'announce'],
  [2, 'bye'],
  [3, 'query'],
  [4, 'answer'],
]);
const challengeCode = 5;
/** "PARL" and the version. */
const magic = Uint8Array.of(0x50, 0x41, 0x52, 0x4c, 1);
const signingLabel = new TextEncoder().encode('parlance/1 beacon\0');

const malformed = (detail: string) =>
  err<never, WireError>({ code: 'wire/malformed', detail: `beacon: ${detail}` });

function decodeRecord(encoded: string): Result<BeaconDatagram, WireError> {
  if (encoded.length > Math.ceil((limits.recordBytesMax * 4) / 3)) return malformed('record too long');
  if (!/^[A-Za-z0-9_-]*$/.test(encoded)) return malformed('record is not base64url');
  // Its own bytes and not a part of a pool, since they are kept with the record.
  const bytes = new Uint8Array(Buffer.from(encoded, 'base64url'));
  if (!magic.every((byte, index) => bytes[index] === byte)) return malformed('magic or version');
  const code = bytes[5] ?? 0;
  if (code === challengeCode) {
    if (bytes.length !== 6 + limits.nonceBytes) return malformed('challenge length');
    return ok({ kind: 'challenge', nonce: bytes.slice(6) });
  }
  const kind = kindOfCode.get(code);
  if (kind === undefined) return malformed('type');
  if (bytes.length < limits.fixedBytes + limits.signatureBytes) return malformed('record too short');
  const body = bytes.slice(0, -limits.signatureBytes);
  const view = new DataView(body.buffer);
  const timeMs = u64At(view, 50);
  if (timeMs === null) return malformed('time');
  const idKey = body.slice(6, 38);
  // With a key of small order one signature fits every beacon, so it is refused before any is checked.
  if (!isSoundIdKey(idKey)) return malformed('identity key');
  return decodeTlvs(body).map((fields) => ({
    kind: 'native',
    record: {
      kind,
      idKey,
      bootId: body.slice(38, 46),
      seq: view.getUint32(46),
      timeMs,
      tcpPort: view.getUint16(58),
      ...fields,
    },
    body,
    signature: bytes.slice(-limits.signatureBytes),
  }));
}

type TlvFields = Pick<
  BeaconRecord,
  'name' | 'wireVersions' | 'certificateSerial' | 'nonce' | 'instance' | 'status'
>;

function decodeTlvs(body: Uint8Array): Result<TlvFields, WireError> {
  const view = new DataView(body.buffer);
  const values = new Map<number, Uint8Array>();
  for (let at: number = limits.fixedBytes; at < body.length;) {
    if (at + 3 > body.length) return malformed('cut TLV');
    const type = view.getUint8(at);
    const end = at + 3 + view.getUint16(at + 1);
    if (end > body.length) return malformed('TLV beyond the end');
    if (values.has(type)) return malformed('TLV twice');
    values.set(type, body.slice(at + 3, end));
    at = end;
  }
  return readFields(values);
}

function readFields(values: ReadonlyMap<number, Uint8Array>): Result<TlvFields, WireError> {
  const nameBytes = values.get(tlv.name) ?? new Uint8Array();
  const wireVersions = values.get(tlv.wireVersions) ?? new Uint8Array();
  const serialBytes = values.get(tlv.certificateSerial) ?? new Uint8Array(8);
  const nonce = values.get(tlv.nonce) ?? null;
  const instance = values.get(tlv.instance) ?? null;
  if (nameBytes.length > limits.nameBytesMax) return malformed('name too long');
  if (wireVersions.length > limits.wireVersionsMax) return malformed('too many wire versions');
  if (serialBytes.length !== 8) return malformed('certificate serial');
  if (nonce !== null && nonce.length !== limits.nonceBytes) return malformed('nonce');
  if (instance !== null && instance.length !== limits.instanceBytes) return malformed('instance');
  const certificateSerial = u64At(viewOf(serialBytes), 0);
  if (certificateSerial === null) return malformed('certificate serial');
  // Broken UTF-8 becomes U+FFFD here: a name is a label, not worth losing a peer for.
  const name = fromUtf8.decode(nameBytes);
  // A status that this version cannot read is not worth losing a peer for, either.
  const statusBytes = values.get(tlv.status);
  const status = statusBytes === undefined ? null : decodeStatus(statusBytes);
  return ok({
    name,
    wireVersions: [...wireVersions],
    certificateSerial,
    nonce,
    instance,
    ...(status === null ? {} : { status }),
  });
}

const jsonBytes = (value: Readonly<Record<string, string>>): Uint8Array =>
  toUtf8.encode(JSON.stringify(value));

const toUtf8 = new TextEncoder();
const fromUtf8 = new TextDecoder();

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Null: above 2^53-1, where a number loses precision. */
function u64At(view: DataView, at: number): number | null {
  const value = view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
  return value <= Number.MAX_SAFE_INTEGER ? value : null;
}

function setU64(view: DataView, at: number, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not an unsigned number: ${value}`);
  view.setUint32(at, Math.floor(value / 2 ** 32));
  view.setUint32(at + 4, value % 2 ** 32);
}

function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  setU64(viewOf(bytes), 0, value);
  return bytes;
}

function assertLength(what: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new RangeError(`${what} must have ${length} bytes, not ${bytes.length}`);
}
