/**
 * The session as a whole: cuts frames, hands them to one side of the handshake and then to the established session,
 * holds the deadline and the byte limit of strangers, and ends everything at the first failure.
 */
import { unreachable } from '../exhaustive.js';
import type { SessionError } from './errors.js';
import type { WireError } from '../wire/errors.js';
import type { Utterance } from '../dialects/dialect.js';
import type { FileWords } from '../dialects/files.js';
import { sessionV1 } from './limits.js';
import { wireV1 } from '../wire/limits.js';
import { NativeFrameReader } from '../wire/frames.js';
import { Established } from './established.js';
import { settingOf, type Progress } from './handshake.js';
import { Initiator } from './initiator.js';
import { Responder } from './responder.js';
import type { CloseReason, Resumption, Session, SessionOptions, SessionOutput } from './contract.js';

type Phase =
  | { readonly at: 'opening'; readonly side: Initiator | Responder }
  | { readonly at: 'established'; readonly records: Established }
  | { readonly at: 'over' };

/** The state machine behind `Session`. */
export class SessionMachine implements Session {
  readonly #options: SessionOptions;
  readonly #reader = new NativeFrameReader();
  #phase: Phase;
  #out: SessionOutput[] = [];
  /** Bytes each way before authentication. */
  #receivedBytes = 0;
  #sentBytes = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    const setting = settingOf(options);
    const { role } = options;
    const side =
      role.type === 'initiator'
        ? new Initiator(setting, role.expectedIdKey, role.resumption)
        : new Responder(setting);
    this.#phase = { at: 'opening', side };
  }

  start(): readonly SessionOutput[] {
    const phase = this.#phase;
    if (phase.at === 'opening' && phase.side instanceof Initiator)
      this.#apply(phase.side.start(this.#options.nowMs), this.#options.nowMs);
    return this.#drain();
  }

  receive(bytes: Uint8Array, nowMs: number): readonly SessionOutput[] {
    if (this.#phase.at === 'over' || this.#isLate(nowMs)) return this.#drain();
    if (this.#phase.at === 'opening') this.#receivedBytes += bytes.length;
    this.#reader.push(bytes);
    this.#pump(nowMs);
    return this.#drain();
  }

  ticket(found: Resumption | null, nowMs: number): readonly SessionOutput[] {
    const phase = this.#phase;
    if (phase.at === 'opening' && phase.side instanceof Responder && !this.#isLate(nowMs)) {
      this.#apply(phase.side.ticket(found, nowMs), nowMs);
      this.#pump(nowMs);
    }
    return this.#drain();
  }

  judge(
    verdict: { readonly welcome: true } | { readonly welcome: false; readonly error: SessionError },
    nowMs: number,
  ): readonly SessionOutput[] {
    const phase = this.#phase;
    if (phase.at === 'opening' && !this.#isLate(nowMs)) {
      this.#apply(phase.side.judged(verdict.welcome ? null : verdict.error, nowMs), nowMs);
      this.#pump(nowMs);
    }
    return this.#drain();
  }

  say(utterances: readonly Utterance[], _nowMs: number): readonly SessionOutput[] {
    return this.#seal((records) => records.say(utterances));
  }

  sayBulk(words: readonly FileWords[]): readonly SessionOutput[] {
    return this.#seal((records) => records.sayBulk(words));
  }

  /** Writes what `make` seals, unless the session is over. */
  #seal(make: (records: Established) => ReturnType<Established['say']>): readonly SessionOutput[] {
    const phase = this.#phase;
    if (phase.at === 'opening') throw new Error('nothing can be said before the session is up');
    // The words crossed a close. The caller keeps those that get a receipt until it comes.
    if (phase.at === 'over') return [];
    const frames = make(phase.records);
    if (frames.isErr()) this.#fail(frames.error);
    else if (frames.value.length > 0) this.#out.push({ type: 'write', bytes: frames.value });
    return this.#drain();
  }

  ping(): readonly SessionOutput[] {
    const phase = this.#phase;
    if (phase.at !== 'established') return [];
    const ping = phase.records.ping();
    if (ping.isErr()) this.#fail(ping.error);
    else this.#out.push({ type: 'write', bytes: ping.value });
    return this.#drain();
  }

  needsTick(nowMs: number): boolean {
    const phase = this.#phase;
    return phase.at === 'established' ? phase.records.needsTick(nowMs) : this.#isPastDeadline(nowMs);
  }

  tick(nowMs: number): readonly SessionOutput[] {
    const phase = this.#phase;
    if (phase.at === 'established') {
      const outputs = phase.records.tick(nowMs);
      if (outputs.isErr()) this.#fail(outputs.error);
      else this.#out.push(...outputs.value);
    } else {
      this.#isLate(nowMs);
    }
    return this.#drain();
  }

  close(reason: CloseReason): readonly SessionOutput[] {
    const phase = this.#phase;
    if (phase.at === 'established') {
      const frames = phase.records.close(reason);
      if (frames.isOk()) this.#out.push({ type: 'write', bytes: frames.value });
    }
    this.destroy();
    return this.#drain();
  }

  destroy(): void {
    const phase = this.#phase;
    if (phase.at === 'opening') phase.side.wipe();
    if (phase.at === 'established') phase.records.wipe();
    this.#phase = { at: 'over' };
    this.#reader.clear();
  }

  /** Reads as far as the arrived bytes allow. */
  #pump(nowMs: number): void {
    let isMoving = true;
    while (isMoving) {
      const phase = this.#phase;
      switch (phase.at) {
        case 'opening':
          isMoving = this.#advance(phase.side, nowMs);
          break;
        case 'established':
          isMoving = this.#openRecord(phase.records, nowMs);
          break;
        case 'over':
          return;
        default:
          unreachable(phase);
      }
    }
    if (this.#phase.at === 'opening' && this.#receivedBytes > sessionV1.unauthenticatedBytesMax)
      this.#fail({ code: 'session/limit', detail: 'bytes before authentication' });
  }

  /** One step of the handshake; `false`: it waits for bytes or for an answer. */
  #advance(side: Initiator | Responder, nowMs: number): boolean {
    if (side.expected === 'answer') return false;
    if (side.expected === 'preamble' && side instanceof Responder) {
      const read = this.#reader.preamble();
      if (read.isErr()) return this.#failWire(read.error);
      if (read.value === null) return false;
      this.#apply(side.preamble(read.value.preamble, read.value.wire), nowMs);
      return true;
    }
    const read = this.#reader.frame(sessionV1.unauthenticatedBytesMax);
    if (read.isErr()) return this.#failWire(read.error);
    if (read.value === null) return false;
    this.#apply(side.frame(read.value, nowMs), nowMs);
    return true;
  }

  #openRecord(records: Established, nowMs: number): boolean {
    const read = this.#reader.frame(wireV1.noiseMessageBytesMax);
    if (read.isErr()) return this.#failWire(read.error);
    if (read.value === null) return false;
    if (read.value.type === 'control') return this.#failOrder();
    const opened = records.open(read.value.body, nowMs);
    if (opened.isErr()) {
      this.#fail(opened.error);
      return false;
    }
    switch (opened.value.type) {
      case 'said':
      case 'answered':
        this.#out.push(opened.value);
        return true;
      case 'closed':
        this.#out.push(opened.value);
        this.destroy();
        return false;
      case 'ping': {
        const pong = records.pong();
        if (pong.isErr()) this.#fail(pong.error);
        else this.#out.push({ type: 'write', bytes: pong.value });
        return pong.isOk();
      }
      case 'nothing':
        return true;
      default:
        return unreachable(opened.value);
    }
  }

  #apply(progress: readonly Progress[], nowMs: number): void {
    for (const step of progress) {
      switch (step.type) {
        case 'output':
          this.#emit(step.output);
          break;
        case 'established':
          // The secrets that the handshake still holds, such as its ticket, are no longer needed.
          if (this.#phase.at === 'opening') this.#phase.side.wipe();
          this.#phase = { at: 'established', records: new Established(step.channel, nowMs) };
          break;
        case 'failed':
          this.#fail(step.error);
          break;
        default:
          unreachable(step);
      }
    }
  }

  #emit(output: SessionOutput): void {
    this.#out.push(output);
    if (output.type === 'closed') this.destroy();
    if (output.type !== 'write' || this.#phase.at !== 'opening') return;
    this.#sentBytes += output.bytes.length;
    // Our messages are far below the limit, so only a bug reaches it, such as a certificate payload that grew.
    if (this.#sentBytes > sessionV1.unauthenticatedBytesMax)
      throw new Error('too many bytes sent to a stranger');
  }

  #isLate(nowMs: number): boolean {
    const isLate = this.#isPastDeadline(nowMs);
    if (isLate) this.#fail({ code: 'session/deadline' });
    return isLate;
  }

  #isPastDeadline(nowMs: number): boolean {
    return this.#phase.at === 'opening' && nowMs - this.#options.nowMs >= wireV1.handshakeDeadlineMs;
  }

  #failWire(error: WireError): false {
    return this.#fail(
      error.code === 'wire/frame-too-large'
        ? { code: 'session/limit', detail: 'frame' }
        : { code: 'session/malformed', detail: error.detail },
    );
  }

  #failOrder(): false {
    return this.#fail({ code: 'session/order', detail: 'a control frame between records' });
  }

  #fail(error: SessionError): false {
    this.destroy();
    this.#out.push({ type: 'failed', error });
    return false;
  }

  #drain(): readonly SessionOutput[] {
    const outputs = this.#out;
    this.#out = [];
    return outputs;
  }
}

/** Creates a session. That of an initiator begins with `start`, that of a responder with `receive`. */
export const createSession = (options: SessionOptions): Session => new SessionMachine(options);
