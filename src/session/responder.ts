/**
 * The side that was dialled, until both are proved to each other. Until then the other end is a stranger: the
 * responder looks a ticket up before it computes anything, and reveals nothing to a caller that cannot finish message
 * 1. Source: session-protocol, sections 5.1, 5.2, 5.5 and 5.6.
 */
import { err } from 'neverthrow';
import { unreachable } from '../exhaustive.js';
import type { SessionError } from './errors.js';
import { concat, copy } from '../wire/bytes.js';
import { encodeControl, encodeMessage, type NativeFrame, type Preamble } from '../wire/frames.js';
import {
  channelOf,
  conclude,
  failure,
  freshLifetime,
  fullHandshake,
  outOfOrder,
  readConfirmation,
  output,
  ownPayload,
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
import { encodeClose } from './close.js';
import type { Channel } from './records.js';

type State =
  | { readonly at: 'preamble' }
  | { readonly at: 'full-1' }
  | { readonly at: 'resume-1'; readonly ticketId: Uint8Array }
  /** `frame`: the whole first frame, kept until the owner has looked the ticket up. */
  | { readonly at: 'ticket'; readonly frame: Uint8Array }
  | { readonly at: 'full-3'; readonly noise: NoiseHandshake }
  | { readonly at: 'judging'; readonly noise: NoiseHandshake; readonly peer: PeerProof }
  | {
      readonly at: 'first-record';
      readonly channel: Channel;
      readonly peer: PeerProof;
      readonly resumption: Resumption;
    }
  | { readonly at: 'over' };

const nothing = new Uint8Array(0);

/** The handshake of the accepting side. */
export class Responder {
  readonly #setting: Setting;
  #state: State = { at: 'preamble' };
  #restarts = 0;
  /** Every byte on the wire before the frame of this attempt's first message. */
  #prologue: Uint8Array = nothing;

  constructor(setting: Setting) {
    this.#setting = setting;
  }

  get expected(): Expected {
    switch (this.#state.at) {
      case 'preamble':
        return 'preamble';
      case 'ticket':
      case 'judging':
        return 'answer';
      case 'full-1':
      case 'resume-1':
      case 'full-3':
      case 'first-record':
      case 'over':
        return 'frame';
      default:
        return unreachable(this.#state);
    }
  }

  preamble(preamble: Preamble, wire: Uint8Array): readonly Progress[] {
    this.#prologue = concat([this.#prologue, wire]);
    switch (preamble.mode) {
      case 'full':
        this.#state = { at: 'full-1' };
        return [];
      case 'resume':
        if (this.#restarts > 0) return [outOfOrder('a second ticket')];
        this.#state = { at: 'resume-1', ticketId: preamble.ticketId };
        return [];
      case 'other-version': {
        const versions = this.#setting.options.local.wireVersions;
        return [
          write(encodeControl({ control: 'unsupported-version', versions })),
          failure({ code: 'session/unsupported-version', offered: [preamble.version] }),
        ];
      }
      default:
        return unreachable(preamble);
    }
  }

  frame(frame: NativeFrame, nowMs: number): readonly Progress[] {
    if (frame.type === 'control') return [outOfOrder('a control frame from the initiator')];
    const state = this.#state;
    switch (state.at) {
      case 'full-1':
        return this.#answerFull(frame.body);
      case 'resume-1':
        this.#state = { at: 'ticket', frame: copy(frame.wire) };
        return [output({ type: 'find-ticket', ticketId: state.ticketId })];
      case 'full-3':
        return this.#readCertificate(state.noise, frame.body, nowMs);
      case 'first-record':
        return this.#promote(state, frame.body);
      case 'preamble':
      case 'ticket':
      case 'judging':
      case 'over':
        return [outOfOrder('an early message')];
      default:
        return unreachable(state);
    }
  }

  ticket(found: Resumption | null, nowMs: number): readonly Progress[] {
    const state = this.#state;
    if (state.at !== 'ticket') return [];
    if (found !== null && isUsable(found, wallClockAt(this.#setting.options, nowMs)))
      return this.#answerResume(copyResumption(found), state.frame.subarray(2));
    const control = encodeControl({ control: 'ticket-unknown' });
    this.#restarts += 1;
    // In wire order: the failed attempt, then our answer. The next preamble is added when it comes.
    this.#prologue = concat([this.#prologue, state.frame, control]);
    this.#state = { at: 'preamble' };
    return [write(control)];
  }

  judged(error: SessionError | null, nowMs: number): readonly Progress[] {
    const state = this.#state;
    if (state.at !== 'judging') return [];
    if (error !== null) return [failure(error)];
    const { noise, peer } = state;
    const { channel, resumption } = conclude(this.#setting, noise, peer, freshLifetime(this.#setting, nowMs));
    const confirm = channel.sealer.frames([{ type: 'confirm', content: nothing, hasMore: false }]);
    if (confirm.isErr()) return [failure(confirm.error)];
    this.#state = { at: 'over' };
    return [
      write(confirm.value),
      { type: 'established', channel },
      output({ type: 'up', peer, isResumed: false, resumption }),
    ];
  }

  wipe(): void {
    const state = this.#state;
    if ('noise' in state) state.noise.wipe();
    if (state.at === 'first-record') wipeChannel(state.channel);
    this.#state = { at: 'over' };
  }

  #answerFull(body: Uint8Array): readonly Progress[] {
    const noise = fullHandshake(this.#setting, 'responder', this.#prologue);
    const read = noise.read(body);
    if (read.isErr()) return [failure(read.error)];
    if (read.value.length > 0) return [failure({ code: 'session/malformed', detail: 'a payload' })];
    const written = noise.write(ownPayload(this.#setting.options.local));
    if (written.isErr()) return [failure(written.error)];
    this.#state = { at: 'full-3', noise };
    return [write(encodeMessage(written.value))];
  }

  #readCertificate(noise: NoiseHandshake, body: Uint8Array, nowMs: number): readonly Progress[] {
    const read = noise.read(body);
    if (read.isErr()) return [failure(read.error)];
    const proved = provePeer(this.#setting, read.value, noise.remoteStatic ?? nothing, null, nowMs);
    if (proved.isErr())
      return proved.error.code === 'session/downgrade'
        ? [...this.#closeDowngraded(noise), failure(proved.error)]
        : [failure(proved.error)];
    this.#state = { at: 'judging', noise, peer: proved.value };
    return [output({ type: 'judge-peer', peer: proved.value })];
  }

  /** Closes with `downgrade`, the one failure that is sent to the peer: it is to call again with a higher version. */
  #closeDowngraded(noise: NoiseHandshake): readonly Progress[] {
    const outcome = noise.finish();
    outcome.chainingKey.fill(0);
    const channel = channelOf(outcome);
    const close = channel.sealer.frames([encodeClose('downgrade')]);
    wipeChannel(channel);
    return close.isOk() ? [write(close.value)] : [];
  }

  #answerResume(before: Resumption, message: Uint8Array): readonly Progress[] {
    const noise = resumeHandshake(this.#setting, 'responder', this.#prologue, before);
    const answer = noise.read(message).andThen((payload) => {
      return payload.length > 0
        ? err<Uint8Array, SessionError>({ code: 'session/malformed', detail: 'a payload' })
        : noise.write(nothing);
    });
    wipeResumption(before);
    if (answer.isErr()) return [failure(answer.error)];
    const { peer } = before;
    const { channel, resumption } = conclude(this.#setting, noise, peer, resumedLifetime(before));
    this.#state = { at: 'first-record', channel, peer, resumption };
    // The initiator knows the new generation once the answer arrives, so the generation must be kept here before.
    return [
      output({ type: 'resumable', resumption: copyResumption(resumption) }),
      write(encodeMessage(answer.value)),
    ];
  }

  /**
   * Makes the session on the first record. A replayed message 1 never gets here, since its sender cannot seal one.
   */
  #promote(state: Extract<State, { at: 'first-record' }>, body: Uint8Array): readonly Progress[] {
    const { isUp, progress } = readConfirmation({ ...state, isResumed: true }, body);
    // The session owns the channel from now on, so the handshake does not wipe it.
    if (isUp) this.#state = { at: 'over' };
    return progress;
  }
}
