/**
 * A session after its handshake: utterances to records and back, signs of life, and when it has to end.
 * Source: session-protocol, sections 5.4 and 5.5.
 */
import { err, ok, type Result } from 'neverthrow';
import { pack, packFileWords, unpack } from '../dialects/native.js';
import type { Utterance } from '../dialects/dialect.js';
import type { FileWords } from '../dialects/files.js';
import { unreachable } from '../exhaustive.js';
import type { SessionError } from './errors.js';
import { session as sessionLimits, sessionV1 } from './limits.js';
import { type Channel, fragments, Reassembly, type PlainRecord, type RecordType } from './records.js';
import type { CloseReason, SessionOutput } from './contract.js';
import { encodeClose, closeReasonOf } from './close.js';

/** The meaning of one record. */
export type Opened =
  | { readonly type: 'said'; readonly utterances: readonly Utterance[] }
  | { readonly type: 'closed'; readonly reason: CloseReason }
  | { readonly type: 'ping' }
  | { readonly type: 'answered' }
  | { readonly type: 'nothing' };

/** Seals and opens the records of a session, and watches its silence, age and volume. */
export class Established {
  readonly #channel: Channel;
  readonly #sinceMs: number;
  readonly #reassembly = new Reassembly(sessionLimits.dataBytesMax);
  #heardAtMs: number;
  #isPinged = false;
  /** PINGs that the peer has not answered yet. It answers each of them, in order. */
  #openPings = 0;
  /** PONGs up to and including the one that answers `ping`; null: no `ping` is open. */
  #pongsUntilOwn: number | null = null;
  #isDueTold = false;
  /** Bytes of ciphertext in both directions. */
  #bytes = 0;

  constructor(channel: Channel, nowMs: number) {
    this.#channel = channel;
    this.#sinceMs = nowMs;
    this.#heardAtMs = nowMs;
  }

  /** Opens one record. Errors: those of `RecordOpener.open`, and `session/order`; each ends the session. */
  open(body: Uint8Array, nowMs: number): Result<Opened, SessionError> {
    this.#bytes += body.length;
    this.#heardAtMs = nowMs;
    this.#isPinged = false;
    return this.#channel.opener.open(body).andThen((record) => this.#read(record));
  }

  /** Returns frames that carry the utterances. Throws on text that the dialect refuses. Errors: `session/limit`. */
  say(utterances: readonly Utterance[]): Result<Uint8Array, SessionError> {
    const packed = pack(utterances);
    if (packed.isErr()) throw new Error(`an utterance that cannot be said: ${packed.error.code}`);
    return this.#seal(packed.value.flatMap(fragments));
  }

  /** Returns frames that carry words about files, each in a record of its own. Errors: `session/limit`. */
  sayBulk(words: readonly FileWords[]): Result<Uint8Array, SessionError> {
    return this.#seal(
      words.map((each) => {
        const [content, tail] = packFileWords(each);
        return { type: 'data', content, tail, hasMore: false };
      }),
    );
  }

  /** Sends a PING whose answer is reported. */
  ping(): Result<Uint8Array, SessionError> {
    return this.#sealPing().map((frames) => {
      this.#pongsUntilOwn = this.#openPings;
      return frames;
    });
  }

  pong(): Result<Uint8Array, SessionError> {
    return this.#seal([empty('pong')]);
  }

  close(reason: CloseReason): Result<Uint8Array, SessionError> {
    return this.#seal([encodeClose(reason)]);
  }

  /** Whether `tick` has something to do: silence, age or volume has reached a bound that `tick` has not reported yet. */
  needsTick(nowMs: number): boolean {
    const silenceMs = nowMs - this.#heardAtMs;
    if (silenceMs >= sessionLimits.silenceMaxMs) return true;
    if (silenceMs >= sessionLimits.pingAfterSilenceMs && !this.#isPinged) return true;
    if (nowMs - this.#sinceMs >= sessionV1.sessionAgeMaxMs) return true;
    return !this.#isDueTold && this.#isDue(nowMs);
  }

  /** Checks age and silence, and pings a silent peer. Errors: `session/limit` (age), `session/deadline` (silence). */
  tick(nowMs: number): Result<readonly SessionOutput[], SessionError> {
    const ageMs = nowMs - this.#sinceMs;
    const silenceMs = nowMs - this.#heardAtMs;
    if (ageMs >= sessionV1.sessionAgeMaxMs) return err({ code: 'session/limit', detail: 'age' });
    if (silenceMs >= sessionLimits.silenceMaxMs) return err({ code: 'session/deadline' });
    const outputs: SessionOutput[] = [];
    if (!this.#isDueTold && this.#isDue(nowMs)) {
      this.#isDueTold = true;
      outputs.push({ type: 'due', reason: 'rekey' });
    }
    if (silenceMs < sessionLimits.pingAfterSilenceMs || this.#isPinged) return ok(outputs);
    this.#isPinged = true;
    return this.#sealPing().map((bytes) => [...outputs, { type: 'write', bytes }]);
  }

  #isDue(nowMs: number): boolean {
    const ageMs = nowMs - this.#sinceMs;
    return ageMs >= sessionV1.rekeySessionAfterMs || this.#bytes >= sessionV1.rekeySessionAfterBytes;
  }

  wipe(): void {
    this.#channel.sealer.wipe();
    this.#channel.opener.wipe();
  }

  #sealPing(): Result<Uint8Array, SessionError> {
    this.#openPings += 1;
    return this.#seal([empty('ping')]);
  }

  #ponged(): Opened {
    this.#openPings = Math.max(0, this.#openPings - 1);
    if (this.#pongsUntilOwn === null) return { type: 'nothing' };
    this.#pongsUntilOwn -= 1;
    if (this.#pongsUntilOwn > 0) return { type: 'nothing' };
    this.#pongsUntilOwn = null;
    return { type: 'answered' };
  }

  #seal(records: readonly PlainRecord[]): Result<Uint8Array, SessionError> {
    const sealed = this.#channel.sealer.frames(records);
    if (sealed.isOk()) this.#bytes += sealed.value.length;
    return sealed;
  }

  #read(record: PlainRecord): Result<Opened, SessionError> {
    if (this.#reassembly.isOpen && record.type !== 'data') return order('a record between fragments');
    switch (record.type) {
      case 'data':
        return this.#reassembly.add(record).andThen(said);
      case 'close': {
        const reason = closeReasonOf(record.content);
        return reason === null ? malformed('close reason') : ok({ type: 'closed', reason });
      }
      case 'confirm':
        return order('a second confirmation');
      case 'ping':
        return ok({ type: 'ping' });
      case 'pong':
        return ok(this.#ponged());
      default:
        return unreachable(record.type);
    }
  }
}

function said(data: Uint8Array | null): Result<Opened, SessionError> {
  if (data === null) return ok({ type: 'nothing' });
  const utterances = unpack(data);
  if (utterances.isErr()) return malformed(utterances.error.code);
  return ok(
    utterances.value.length === 0 ? { type: 'nothing' } : { type: 'said', utterances: utterances.value },
  );
}

const empty = (type: RecordType): PlainRecord => ({ type, content: new Uint8Array(0), hasMore: false });
const order = (detail: string) => err<never, SessionError>({ code: 'session/order', detail });
const malformed = (detail: string) => err<never, SessionError>({ code: 'session/malformed', detail });
