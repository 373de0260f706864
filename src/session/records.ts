/**
 * Records, in which a session travels after its handshake: padded, typed, sealed with an implicit counter, and
 * rekeyed. Source: session-protocol, section 5.4.
 *
 *   plaintext = type(u8) len(u16) content[len] zero padding      bit 7 of type: more fragments follow
 */
import { err, ok, type Result } from 'neverthrow';
import type { SessionError } from './errors.js';
import { sessionV1 } from './limits.js';
import { wireV1 } from '../wire/limits.js';
import { concat, unfilled } from '../wire/bytes.js';
import { CipherState, type Aead } from './noise/cipher.js';

/** The purpose of a record. `confirm` is the first record of a session. */
export type RecordType = 'data' | 'close' | 'confirm' | 'ping' | 'pong';

/** One record before it is sealed. */
export interface PlainRecord {
  readonly type: RecordType;
  readonly content: Uint8Array;
  /** More content behind it, which need not be copied to join it. */
  readonly tail?: Uint8Array;
  /** Whether the next record continues this content. True for `data` only. */
  readonly hasMore: boolean;
}

const typeCode: Readonly<Record<RecordType, number>> = { data: 1, close: 2, confirm: 3, ping: 4, pong: 5 };
const typeOf: readonly (RecordType | null)[] = [null, 'data', 'close', 'confirm', 'ping', 'pong'];
const moreBit = 0x80;
const nothing = new Uint8Array(0);

/** Returns the length of the padded plaintext that carries `contentBytes`. */
export function paddedBytes(contentBytes: number): number {
  const needed = sessionV1.recordHeaderBytes + contentBytes;
  const step = needed <= 1_024 ? sessionV1.recordPaddingSmallBytes : sessionV1.recordPaddingLargeBytes;
  return Math.min(Math.ceil(needed / step) * step, wireV1.noiseMessageBytesMax - sessionV1.tagBytes);
}

/** Seals the records of one direction. */
export class RecordSealer {
  readonly #cipher: CipherState;
  /** Buffer of one plaintext, reused. Wiped with the key; zero behind the end of the previous record. */
  readonly #scratch = new Uint8Array(paddedBytes(wireV1.bulkContentBytesMax));

  /** Takes ownership of `key`. A `nonce` other than 0 is for tests of the boundaries. */
  constructor(aead: Aead, key: Uint8Array, nonce = 0) {
    this.#cipher = new CipherState(aead, key, nonce);
  }

  get records(): number {
    return this.#cipher.nonce;
  }

  /**
   * Seals records into frames, in one array of exactly their length. Errors: `session/limit` where the counter would
   * exceed its cap; nothing is sealed then.
   */
  frames(records: readonly PlainRecord[]): Result<Uint8Array<ArrayBuffer>, SessionError> {
    if (this.#cipher.nonce + records.length > sessionV1.sessionRecordsMax) return tooMany();
    let length = 0;
    for (const record of records) length += frameBytes(record);
    const frames = unfilled(length);
    let at = 0;
    for (const record of records) at += this.#sealInto(record, frames, at);
    return ok(frames);
  }

  wipe(): void {
    this.#cipher.wipe();
    this.#scratch.fill(0);
  }

  #sealInto(record: PlainRecord, target: Uint8Array, at: number): number {
    const { type, content, tail = nothing, hasMore } = record;
    const length = contentBytes(record);
    if (length > wireV1.bulkContentBytesMax) throw new Error('a record’s content is too long');
    rekeyIfDue(this.#cipher);
    const plaintext = this.#scratch.subarray(0, paddedBytes(length));
    plaintext[0] = typeCode[type] | (hasMore ? moreBit : 0);
    plaintext[1] = length >>> 8;
    plaintext[2] = length;
    plaintext.set(content, sessionV1.recordHeaderBytes);
    plaintext.set(tail, sessionV1.recordHeaderBytes + content.length);
    plaintext.fill(0, sessionV1.recordHeaderBytes + length);
    const sealed = plaintext.length + sessionV1.tagBytes;
    target[at] = sealed >>> 8;
    target[at + 1] = sealed;
    this.#cipher.sealInto(nothing, plaintext, target, at + 2);
    return 2 + sealed;
  }
}

/** Opens the records of one direction. After an error its owner ends the session. */
export class RecordOpener {
  readonly #cipher: CipherState;

  constructor(aead: Aead, key: Uint8Array, nonce = 0) {
    this.#cipher = new CipherState(aead, key, nonce);
  }

  /** Opens the body of one frame. Errors: `session/decrypt-failed`, `session/malformed`, `session/limit`. */
  open(body: Uint8Array): Result<PlainRecord, SessionError> {
    if (this.#cipher.nonce >= sessionV1.sessionRecordsMax) return tooMany();
    rekeyIfDue(this.#cipher);
    const plaintext = this.#cipher.decrypt(nothing, body);
    if (plaintext === null) return err({ code: 'session/decrypt-failed' });
    return parse(plaintext);
  }

  wipe(): void {
    this.#cipher.wipe();
  }
}

/** Cuts `content` into records of the greatest length. Empty content is one empty record. */
export function fragments(content: Uint8Array): PlainRecord[] {
  const records: PlainRecord[] = [];
  const step = wireV1.recordContentBytesMax;
  for (let at = 0; at === 0 || at < content.length; at += step)
    records.push({
      type: 'data',
      content: content.subarray(at, at + step),
      hasMore: at + step < content.length,
    });
  return records;
}

/** Joins fragments, up to a bound. */
export class Reassembly {
  readonly #bytesMax: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get isOpen(): boolean {
    return this.#parts.length > 0;
  }

  /**
   * Adds a fragment, and returns the whole content after the last one; `null`: more follow. Errors: `session/limit`
   * (the sum exceeds the bound), `session/malformed` (a small or an empty fragment).
   */
  add(record: PlainRecord): Result<Uint8Array | null, SessionError> {
    if (!record.hasMore && this.#parts.length === 0) return ok(record.content);
    // Small fragments would cost far more memory than their bytes, and never reach the bound.
    if (record.hasMore && record.content.length < sessionV1.fragmentBytesMin)
      return malformed('a small fragment');
    if (record.content.length === 0) return malformed('an empty fragment');
    this.#bytes += record.content.length;
    if (this.#bytes > this.#bytesMax) return err({ code: 'session/limit', detail: 'fragments' });
    this.#parts.push(record.content);
    if (record.hasMore) return ok(null);
    const whole = concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    return ok(whole);
  }
}

function parse(plaintext: Uint8Array): Result<PlainRecord, SessionError> {
  const code = plaintext[0] ?? 0;
  const type = typeOf[code & ~moreBit] ?? null;
  const hasMore = (code & moreBit) !== 0;
  const length = (plaintext[1] ?? 0) * 256 + (plaintext[2] ?? 0);
  const end = sessionV1.recordHeaderBytes + length;
  if (plaintext.length < sessionV1.recordHeaderBytes || end > plaintext.length)
    return malformed('record length');
  if (type === null || (hasMore && type !== 'data')) return malformed('record type');
  // Only data is longer than an ordinary record: bytes of files.
  if (length > (type === 'data' ? wireV1.bulkContentBytesMax : wireV1.recordContentBytesMax))
    return malformed('record content');
  for (let i = end; i < plaintext.length; i += 1) if (plaintext[i] !== 0) return malformed('padding');
  return ok({ type, content: plaintext.subarray(sessionV1.recordHeaderBytes, end), hasMore });
}

/** Rekeys before each counter value that is a positive multiple of 65,536. The counter goes on. */
function rekeyIfDue(cipher: CipherState): void {
  if (cipher.nonce > 0 && cipher.nonce % sessionV1.rekeyEveryRecords === 0) cipher.rekey();
}

const contentBytes = ({ content, tail = nothing }: PlainRecord): number => content.length + tail.length;
const frameBytes = (record: PlainRecord): number =>
  2 + paddedBytes(contentBytes(record)) + sessionV1.tagBytes;
const tooMany = () => err<never, SessionError>({ code: 'session/limit', detail: 'records' });
const malformed = (detail: string) => err<never, SessionError>({ code: 'session/malformed', detail });

/** The two directions of an established session. */
export interface Channel {
  readonly sealer: RecordSealer;
  readonly opener: RecordOpener;
}
