/**
 * The side that dials, until both are proved to each other: a full handshake, or a resume that a TICKET_UNKNOWN turns
 * into a full one. Source: session-protocol, sections 5.1, 5.2, 5.5 and 5.6.
 */
import { unreachable } from '../exhaustive.js';
import type { SessionError } from './errors.js';
import { session as sessionLimits, sessionV1 } from './limits.js';
import { concat, isSame } from '../wire/bytes.js';
import { encodeMessage, encodePreamble, type ControlFrame, type NativeFrame } from '../wire/frames.js';
import {
  conclude,
  failure,
  freshLifetime,
  fullHandshake,
  outOfOrder,
  output,
  ownPayload,
  readConfirmation,
  provePeer,
  resumedLifetime,
  resumeHandshake,
  wallClockAt,
  wipeChannel,
  write,
  type Expected,
  type Progress,
  type Setting,
} from './handshake.js';
import type { NoiseHandshake } from './noise/handshake.js';
import type { PeerProof, Resumption } from './contract.js';
import { copyResumption, isUsable, wipeResumption } from './tickets.js';
import type { Channel } from './records.js';

type State =
  | { readonly at: 'start' }
  | { readonly at: 'resume-2'; readonly noise: NoiseHandshake; readonly resumption: Resumption }
  | { readonly at: 'full-2'; readonly noise: NoiseHandshake }
  | { readonly at: 'judging'; readonly noise: NoiseHandshake; readonly peer: PeerProof }
  | {
      readonly at: 'confirm';
      readonly channel: Channel;
      readonly peer: PeerProof;
      readonly resumption: Resumption;
    }
  | { readonly at: 'over' };

const nothing = new Uint8Array(0);

/** The handshake of the dialling side. */
export class Initiator {
  readonly #setting: Setting;
  readonly #expectedIdKey: Uint8Array | null;
  #resumption: Resumption | null;
  #state: State = { at: 'start' };
  #restarts = 0;
  /** Every byte on the wire before the frame of this attempt's first message. */
  #prologue: Uint8Array = nothing;
  /** Bytes that this attempt has sent since. */
  #sent: Uint8Array = nothing;

  constructor(setting: Setting, expectedIdKey: Uint8Array | null, resumption: Resumption | null) {
    this.#setting = setting;
    this.#expectedIdKey = expectedIdKey;
    // A ticket of another peer would prove the wrong identity.
    const fits =
      resumption !== null && (expectedIdKey === null || isSame(resumption.peer.idKey, expectedIdKey));
    this.#resumption = fits ? copyResumption(resumption) : null;
  }

  get expected(): Expected {
    return this.#state.at === 'judging' ? 'answer' : 'frame';
  }

  start(nowMs: number): readonly Progress[] {
    if (this.#state.at !== 'start') return [];
    const resumption = this.#resumption;
    if (resumption === null || !isUsable(resumption, wallClockAt(this.#setting.options, nowMs)))
      return this.#startFull();
    const preamble = encodePreamble({ mode: 'resume', ticketId: resumption.dial.ticketId });
    this.#prologue = preamble;
    const noise = resumeHandshake(this.#setting, 'initiator', preamble, resumption);
    return this.#sendFirst(noise, preamble, { at: 'resume-2', noise, resumption });
  }

  frame(frame: NativeFrame, nowMs: number): readonly Progress[] {
    if (frame.type === 'control') return this.#control(frame.control, frame.wire);
    const state = this.#state;
    switch (state.at) {
      case 'full-2':
        return this.#readCertificate(state.noise, frame.body, nowMs);
      case 'resume-2':
        return this.#resumed(state.noise, state.resumption, frame.body);
      case 'confirm':
        return this.#confirmed(state, frame.body);
      case 'start':
      case 'judging':
      case 'over':
        return [outOfOrder('an early message')];
      default:
        return unreachable(state);
    }
  }

  /**
   * Answers the verdict on the peer. Message 3 goes out only to a welcome peer, so an impostor never learns our
   * identity.
   */
  judged(error: SessionError | null, nowMs: number): readonly Progress[] {
    const state = this.#state;
    if (state.at !== 'judging') return [];
    if (error !== null) return [failure(error)];
    const written = state.noise.write(ownPayload(this.#setting.options.local));
    if (written.isErr()) return [failure(written.error)];
    const { noise, peer } = state;
    const { channel, resumption } = conclude(this.#setting, noise, peer, freshLifetime(this.#setting, nowMs));
    this.#state = { at: 'confirm', channel, peer, resumption };
    return [write(encodeMessage(written.value))];
  }

  wipe(): void {
    const state = this.#state;
    if ('noise' in state) state.noise.wipe();
    if (state.at === 'confirm') {
      wipeChannel(state.channel);
      wipeResumption(state.resumption);
    }
    if (this.#resumption !== null) wipeResumption(this.#resumption);
    this.#resumption = null;
    this.#state = { at: 'over' };
  }

  #startFull(): readonly Progress[] {
    const preamble = encodePreamble({ mode: 'full' });
    this.#prologue = concat([this.#prologue, preamble]);
    const noise = fullHandshake(this.#setting, 'initiator', this.#prologue);
    return this.#sendFirst(noise, preamble, { at: 'full-2', noise });
  }

  #sendFirst(noise: NoiseHandshake, preamble: Uint8Array, state: State): readonly Progress[] {
    const written = noise.write(nothing);
    if (written.isErr()) return [failure(written.error)];
    this.#sent = encodeMessage(written.value);
    this.#state = state;
    return [write(concat([preamble, this.#sent]))];
  }

  #control(control: ControlFrame, wire: Uint8Array): readonly Progress[] {
    const { at } = this.#state;
    if (at !== 'full-2' && at !== 'resume-2') return [outOfOrder('a control frame after a message')];
    switch (control.control) {
      case 'busy':
        return [failure({ code: 'session/busy', retryAfterMs: busyWaitMs(control.retryAfterSeconds) })];
      case 'unsupported-version':
        return [failure({ code: 'session/unsupported-version', offered: control.versions })];
      case 'ticket-unknown':
        if (at !== 'resume-2' || this.#restarts >= sessionV1.restartsPerConnectionMax)
          return [outOfOrder('no ticket was shown')];
        this.#restarts += 1;
        this.#prologue = concat([this.#prologue, this.#sent, wire]);
        return this.#startFull();
      default:
        return unreachable(control);
    }
  }

  #readCertificate(noise: NoiseHandshake, body: Uint8Array, nowMs: number): readonly Progress[] {
    const proved = noise
      .read(body)
      .andThen((payload) =>
        provePeer(this.#setting, payload, noise.remoteStatic ?? nothing, this.#expectedIdKey, nowMs),
      );
    if (proved.isErr()) return [failure(proved.error)];
    this.#state = { at: 'judging', noise, peer: proved.value };
    return [output({ type: 'judge-peer', peer: proved.value })];
  }

  #resumed(noise: NoiseHandshake, before: Resumption, body: Uint8Array): readonly Progress[] {
    const read = noise.read(body);
    if (read.isErr()) return [failure(read.error)];
    if (read.value.length > 0) return [failure({ code: 'session/malformed', detail: 'a payload' })];
    const { peer } = before;
    const { channel, resumption } = conclude(this.#setting, noise, peer, resumedLifetime(before));
    // The responder accepts the session once a record of ours opens, so one is sent at once.
    const confirm = channel.sealer.frames([{ type: 'confirm', content: nothing, hasMore: false }]);
    if (confirm.isErr()) return [failure(confirm.error)];
    this.#state = { at: 'over' };
    return [
      write(confirm.value),
      { type: 'established', channel },
      output({ type: 'up', peer, isResumed: true, resumption }),
    ];
  }

  #confirmed(state: Extract<State, { at: 'confirm' }>, body: Uint8Array): readonly Progress[] {
    const { isUp, progress } = readConfirmation({ ...state, isResumed: false }, body);
    // The session owns the channel from now on, so the handshake does not wipe it.
    if (isUp) this.#state = { at: 'over' };
    return progress;
  }
}

const busyWaitMs = (seconds: number): number => Math.min(seconds * 1_000, sessionLimits.busyWaitMaxMs);
