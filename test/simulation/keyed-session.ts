/**
 * A stand-in for the session machine: the contract of `src/session/contract.ts` to the letter (who is asked when, what
 * is said to whom, deadlines, pings, resumption), with keyed hashes instead of a key exchange, signatures and a cipher.
 * Its preamble is the real one, since admission reads it. Its messages are lines of JSON, so that a simulated network may
 * cut them anywhere.
 */
import { hash as digest } from 'node:crypto';
import type { Utterance } from '../../src/dialects/dialect.js';
import { unreachable } from '../../src/exhaustive.js';
import type {
  CloseReason,
  PeerProof,
  Resumption,
  Session,
  SessionOptions,
  SessionOutput,
} from '../../src/session/contract.js';
import type { SessionError } from '../../src/session/errors.js';
import { session as limits, sessionV1 } from '../../src/session/limits.js';
import { copyResumption, deriveTicket, isUsable } from '../../src/session/tickets.js';
import { fromHex, toHex } from '../../src/wire/bytes.js';
import { encodePreamble } from '../../src/wire/frames.js';
import { wireV1 } from '../../src/wire/limits.js';
import type { KeyedIdentity } from './keyed-identity.js';
import { isProof, proofOf } from './keyed-identity.js';

/** The proof of a handshake, as it travels. */
interface Certificate {
  readonly idKeyHex: string;
  readonly serial: number;
  readonly bootIdHex: string;
  readonly proof: string;
}

type Message =
  | { readonly m: 'hello'; readonly nonce: string }
  | { readonly m: 'resume'; readonly ticketIdHex: string; readonly nonce: string; readonly mac: string }
  | { readonly m: 'ticket-unknown' }
  | { readonly m: 'certificate'; readonly nonce: string; readonly certificate: Certificate }
  | { readonly m: 'answer'; readonly certificate: Certificate }
  | { readonly m: 'resumed'; readonly nonce: string; readonly mac: string }
  | { readonly m: 'busy'; readonly retryAfterMs: number }
  /** `key`: shows that the sender knows the key of the session. */
  | { readonly m: 'confirm' | 'ping' | 'pong'; readonly key: string }
  | { readonly m: 'close'; readonly key: string; readonly reason: CloseReason }
  | { readonly m: 'data'; readonly key: string; readonly utterances: readonly Utterance[] };

type Phase =
  | { readonly at: 'hello' }
  | { readonly at: 'ticket'; readonly nonce: string; readonly mac: string }
  | { readonly at: 'certificate' }
  | { readonly at: 'answer'; readonly theirNonce: string }
  | { readonly at: 'judging'; readonly peer: PeerProof; readonly theirNonce: string }
  | { readonly at: 'resumed'; readonly before: Resumption }
  | {
      readonly at: 'confirm';
      readonly peer: PeerProof;
      readonly resumption: Resumption;
      readonly isResumed: boolean;
    }
  | { readonly at: 'established' }
  | { readonly at: 'over' };

export type KeyedSessionOptions = Pick<SessionOptions, 'role' | 'nowMs' | 'wallClockMs'> & {
  readonly identity: KeyedIdentity;
  readonly nonce: string;
};

export class KeyedSession implements Session {
  readonly #options: KeyedSessionOptions;
  #phase: Phase;
  #out: SessionOutput[] = [];
  #partial = '';
  /** Bytes of the preamble that are still to come; null: not known yet. */
  #preambleBytes: number | null;
  /** Messages that came while an answer was awaited. */
  #waiting: Message[] = [];
  #key = '';
  #sinceMs = 0;
  #heardAtMs = 0;
  #isPinged = false;
  #isProbed = false;
  #isDueTold = false;

  constructor(options: KeyedSessionOptions) {
    this.#options = options;
    this.#phase = { at: options.role.type === 'initiator' ? 'certificate' : 'hello' };
    this.#preambleBytes = options.role.type === 'initiator' ? 0 : null;
  }

  start(): readonly SessionOutput[] {
    const { role, nonce, wallClockMs } = this.#options;
    if (role.type === 'responder') return [];
    const { resumption } = role;
    if (resumption !== null && isUsable(resumption, wallClockMs)) {
      const ticketIdHex = toHex(resumption.dial.ticketId);
      this.#phase = { at: 'resumed', before: copyResumption(resumption) };
      this.#preamble({ mode: 'resume', ticketId: resumption.dial.ticketId });
      this.#send({ m: 'resume', ticketIdHex, nonce, mac: hash('resume', toHex(resumption.rms), nonce) });
    } else {
      this.#preamble({ mode: 'full' });
      this.#send({ m: 'hello', nonce });
    }
    return this.#drain();
  }

  receive(bytes: Uint8Array, nowMs: number): readonly SessionOutput[] {
    if (this.#phase.at === 'over' || this.#isLate(nowMs)) return this.#drain();
    this.#partial += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    this.#preambleBytes ??= this.#partial.length < 6 ? null : this.#partial.charCodeAt(5) === 1 ? 22 : 6;
    if (this.#preambleBytes === null || this.#partial.length < this.#preambleBytes) return this.#drain();
    this.#partial = this.#partial.slice(this.#preambleBytes);
    this.#preambleBytes = 0;
    const lines = this.#partial.split('\n');
    this.#partial = lines.pop() ?? '';
    for (const line of lines) {
      const message = messageIn(line);
      if (message === null) {
        this.#fail({ code: 'session/malformed', detail: 'no message' });
        break;
      }
      this.#waiting.push(message);
    }
    this.#pump(nowMs);
    return this.#drain();
  }

  /** No scene of the simulation transfers files. */
  sayBulk(): readonly SessionOutput[] {
    return [];
  }

  ticket(found: Resumption | null, nowMs: number): readonly SessionOutput[] {
    const phase = this.#phase;
    if (phase.at !== 'ticket' || this.#isLate(nowMs)) return this.#drain();
    const rms = found === null ? '' : toHex(found.rms);
    if (found === null || phase.mac !== hash('resume', rms, phase.nonce)) {
      this.#phase = { at: 'hello' };
      this.#send({ m: 'ticket-unknown' });
    } else {
      const { nonce } = this.#options;
      const resumption = this.#conclude(found.peer, [rms, phase.nonce, nonce], {
        fullHandshakeAtMs: found.fullHandshakeAtMs,
        resumesLeft: found.resumesLeft - 1,
      });
      this.#phase = { at: 'confirm', peer: found.peer, resumption, isResumed: true };
      this.#out.push({ type: 'resumable', resumption: copyResumption(resumption) });
      this.#send({ m: 'resumed', nonce, mac: hash('resumed', rms, phase.nonce, nonce) });
    }
    this.#pump(nowMs);
    return this.#drain();
  }

  judge(verdict: Parameters<Session['judge']>[0], nowMs: number): readonly SessionOutput[] {
    const phase = this.#phase;
    if (phase.at !== 'judging' || this.#isLate(nowMs)) return this.#drain();
    if (!verdict.welcome) this.#fail(verdict.error);
    else {
      const { role, nonce } = this.#options;
      const isInitiator = role.type === 'initiator';
      const nonces = isInitiator ? [nonce, phase.theirNonce] : [phase.theirNonce, nonce];
      const resumption = this.#conclude(phase.peer, nonces, this.#freshLifetime(nowMs));
      if (isInitiator) {
        this.#phase = { at: 'confirm', peer: phase.peer, resumption, isResumed: false };
        this.#send({ m: 'answer', certificate: this.#certificate(phase.theirNonce) });
      } else {
        this.#send({ m: 'confirm', key: this.#key });
        this.#up(phase.peer, resumption, false, nowMs);
      }
    }
    this.#pump(nowMs);
    return this.#drain();
  }

  say(utterances: readonly Utterance[]): readonly SessionOutput[] {
    const { at } = this.#phase;
    if (at === 'over') return [];
    if (at !== 'established') throw new Error('nothing can be said before the session is up');
    if (utterances.length > 0) this.#send({ m: 'data', key: this.#key, utterances });
    return this.#drain();
  }

  ping(): readonly SessionOutput[] {
    if (this.#phase.at === 'established') {
      this.#isProbed = true;
      this.#send({ m: 'ping', key: this.#key });
    }
    return this.#drain();
  }

  needsTick(): boolean {
    return this.#phase.at !== 'over';
  }

  tick(nowMs: number): readonly SessionOutput[] {
    if (this.#phase.at !== 'established') {
      this.#isLate(nowMs);
      return this.#drain();
    }
    const ageMs = nowMs - this.#sinceMs;
    const silenceMs = nowMs - this.#heardAtMs;
    if (ageMs >= sessionV1.sessionAgeMaxMs) this.#fail({ code: 'session/limit', detail: 'age' });
    else if (silenceMs >= limits.silenceMaxMs) this.#fail({ code: 'session/deadline' });
    else {
      if (ageMs >= sessionV1.rekeySessionAfterMs && !this.#isDueTold) {
        this.#isDueTold = true;
        this.#out.push({ type: 'due', reason: 'rekey' });
      }
      if (silenceMs >= limits.pingAfterSilenceMs && !this.#isPinged) {
        this.#isPinged = true;
        this.#send({ m: 'ping', key: this.#key });
      }
    }
    return this.#drain();
  }

  close(reason: CloseReason): readonly SessionOutput[] {
    if (this.#phase.at === 'established') this.#send({ m: 'close', key: this.#key, reason });
    this.destroy();
    return this.#drain();
  }

  destroy(): void {
    this.#phase = { at: 'over' };
    this.#waiting = [];
  }

  #pump(nowMs: number): void {
    while (this.#phase.at !== 'judging' && this.#phase.at !== 'ticket' && this.#phase.at !== 'over') {
      const message = this.#waiting.shift();
      if (message === undefined) return;
      this.#take(message, nowMs);
    }
  }

  #take(message: Message, nowMs: number): void {
    const phase = this.#phase;
    switch (message.m) {
      case 'hello':
        if (phase.at !== 'hello') return this.#fail(outOfOrder);
        this.#phase = { at: 'answer', theirNonce: message.nonce };
        this.#send({
          m: 'certificate',
          nonce: this.#options.nonce,
          certificate: this.#certificate(message.nonce),
        });
        return;
      case 'resume':
        if (phase.at !== 'hello') return this.#fail(outOfOrder);
        this.#phase = { at: 'ticket', nonce: message.nonce, mac: message.mac };
        this.#out.push({ type: 'find-ticket', ticketId: fromHex(message.ticketIdHex) });
        return;
      case 'ticket-unknown':
        if (phase.at !== 'resumed') return this.#fail(outOfOrder);
        this.#phase = { at: 'certificate' };
        this.#send({ m: 'hello', nonce: this.#options.nonce });
        return;
      case 'busy':
        return this.#fail({ code: 'session/busy', retryAfterMs: message.retryAfterMs });
      case 'certificate':
        if (phase.at !== 'certificate') return this.#fail(outOfOrder);
        return this.#prove(message.certificate, message.nonce);
      case 'answer':
        if (phase.at !== 'answer') return this.#fail(outOfOrder);
        return this.#prove(message.certificate, phase.theirNonce);
      case 'resumed':
        if (phase.at !== 'resumed') return this.#fail(outOfOrder);
        return this.#resumed(phase.before, message, nowMs);
      case 'confirm':
      case 'ping':
      case 'pong':
      case 'close':
      case 'data':
        if (message.key !== this.#key) return this.#fail({ code: 'session/decrypt-failed' });
        if (phase.at === 'confirm') return this.#confirmed(phase, message, nowMs);
        return this.#record(message, nowMs);
      default:
        unreachable(message);
    }
  }

  #prove(certificate: Certificate, theirNonce: string): void {
    const { idKeyHex, bootIdHex, serial, proof } = certificate;
    if (!isProof(proof, idKeyHex, this.#options.nonce)) return this.#fail({ code: 'session/decrypt-failed' });
    const { role } = this.#options;
    const expected = role.type === 'initiator' ? role.expectedIdKey : null;
    const idKey = fromHex(idKeyHex);
    if (expected !== null && toHex(expected) !== idKeyHex)
      return this.#fail({ code: 'session/key-changed', expected: toHex(expected), got: idKeyHex });
    const said = { wireVersions: [1], features: this.#options.identity.features, nextHex: null };
    const peer = { idKey, staticPublic: idKey, certificateSerial: serial, bootIdHex, ...said };
    this.#phase = { at: 'judging', peer, theirNonce };
    this.#out.push({ type: 'judge-peer', peer });
  }

  #resumed(before: Resumption, { nonce, mac }: Extract<Message, { m: 'resumed' }>, nowMs: number): void {
    const rms = toHex(before.rms);
    const own = this.#options.nonce;
    if (mac !== hash('resumed', rms, own, nonce)) return this.#fail({ code: 'session/decrypt-failed' });
    const resumption = this.#conclude(before.peer, [rms, own, nonce], {
      fullHandshakeAtMs: before.fullHandshakeAtMs,
      resumesLeft: before.resumesLeft - 1,
    });
    this.#send({ m: 'confirm', key: this.#key });
    this.#up(before.peer, resumption, true, nowMs);
  }

  #confirmed(
    { peer, resumption, isResumed }: Extract<Phase, { at: 'confirm' }>,
    message: Message,
    nowMs: number,
  ): void {
    if (message.m === 'close') {
      this.#out.push({ type: 'closed', reason: message.reason });
      this.destroy();
    } else if (message.m !== 'confirm') this.#fail(outOfOrder);
    else this.#up(peer, resumption, isResumed, nowMs);
  }

  #record(message: Message, nowMs: number): void {
    if (this.#phase.at !== 'established') return this.#fail(outOfOrder);
    this.#heardAtMs = nowMs;
    this.#isPinged = false;
    if (message.m === 'ping') this.#send({ m: 'pong', key: this.#key });
    else if (message.m === 'pong' && this.#isProbed) {
      this.#isProbed = false;
      this.#out.push({ type: 'answered' });
    } else if (message.m === 'data') this.#out.push({ type: 'said', utterances: message.utterances });
    else if (message.m === 'close') {
      this.#out.push({ type: 'closed', reason: message.reason });
      this.destroy();
    } else if (message.m === 'confirm') this.#fail(outOfOrder);
  }

  #up(peer: PeerProof, resumption: Resumption, isResumed: boolean, nowMs: number): void {
    this.#phase = { at: 'established' };
    this.#sinceMs = nowMs;
    this.#heardAtMs = nowMs;
    this.#out.push({ type: 'up', peer, isResumed, resumption });
  }

  /** Both sides derive the key of the session and what resumes it from what both have seen. */
  #conclude(
    peer: PeerProof,
    nonces: readonly string[],
    lifetime: Pick<Resumption, 'fullHandshakeAtMs' | 'resumesLeft'>,
  ): Resumption {
    const own = toHex(this.#options.identity.idKey);
    const other = toHex(peer.idKey);
    const rms = hash('rms', ...nonces, ...[own, other].toSorted());
    this.#key = hash('key', rms);
    const secret = fromHex(rms);
    const isLower = own < other;
    return {
      rms: secret,
      peer,
      dial: deriveTicket(secret, isLower ? 'lo>hi' : 'hi>lo'),
      accept: deriveTicket(secret, isLower ? 'hi>lo' : 'lo>hi'),
      localSerial: this.#options.identity.certificateSerial,
      ...lifetime,
    };
  }

  #freshLifetime(nowMs: number) {
    const fullHandshakeAtMs = this.#options.wallClockMs + nowMs - this.#options.nowMs;
    return { fullHandshakeAtMs, resumesLeft: sessionV1.ticketResumesMax };
  }

  #certificate(theirNonce: string): Certificate {
    const { identity } = this.#options;
    return {
      idKeyHex: toHex(identity.idKey),
      serial: identity.certificateSerial,
      bootIdHex: identity.bootIdHex,
      proof: proofOf(identity, theirNonce),
    };
  }

  #isLate(nowMs: number): boolean {
    const { at } = this.#phase;
    if (at === 'established' || at === 'over') return false;
    const isLate = nowMs - this.#options.nowMs >= wireV1.handshakeDeadlineMs;
    if (isLate) this.#fail({ code: 'session/deadline' });
    return isLate;
  }

  #preamble(preamble: Parameters<typeof encodePreamble>[0]): void {
    this.#out.push({ type: 'write', bytes: encodePreamble(preamble) });
  }

  #send(message: Message): void {
    this.#out.push({ type: 'write', bytes: Buffer.from(`${JSON.stringify(message)}\n`) });
  }

  #fail(error: SessionError): void {
    this.destroy();
    this.#out.push({ type: 'failed', error });
  }

  #drain(): readonly SessionOutput[] {
    const outputs = this.#out;
    this.#out = [];
    return outputs;
  }
}

/** BUSY as a line of this protocol. */
export const keyedBusy = (retryAfterMs: number): Uint8Array =>
  Buffer.from(`${JSON.stringify({ m: 'busy', retryAfterMs })}\n`);

/** Null: a hostile host wrote the line. */
function messageIn(line: string): Message | null {
  try {
    const value = JSON.parse(Buffer.from(line, 'latin1').toString()) as Message | null;
    return typeof value === 'object' && value !== null && 'm' in value ? value : null;
  } catch {
    return null;
  }
}

const outOfOrder: SessionError = { code: 'session/order', detail: 'a message out of order' };

const hash = (...parts: readonly string[]): string => digest('sha256', parts.join('|'), 'hex');
