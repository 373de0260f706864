/**
 * The two handshakes of Parlance on top of Noise: their suites, the proof in their payloads, and the keys derived at
 * their end. The initiator and the responder share this file. Source: session-protocol, sections 5.2, 5.3 and 5.6.
 */
import { err, ok, type Result } from 'neverthrow';
import type { SessionError } from './errors.js';
import { wireV1 } from '../wire/limits.js';
import { sessionV1 } from './limits.js';
import { copy, isSame, toHex } from '../wire/bytes.js';
import {
  certificateIdKey,
  certificateSerial,
  decodePayload,
  encodePayload,
  verifyCertificate,
} from './certificate.js';
import { chaChaPoly, sha256 } from './noise/cipher.js';
import { generateDhKeyPair } from './noise/dh.js';
import { kem, warmUpKem, type Kem } from './noise/kem.js';
import { NoiseHandshake, type NoiseOutcome, type Role, type Suite } from './noise/handshake.js';
import { kkResume, xxHybrid } from './noise/patterns.js';
import { RecordOpener, RecordSealer, type Channel } from './records.js';
import type { LocalIdentity, PeerProof, Resumption, SessionOptions, SessionOutput } from './contract.js';
import { deriveResumption } from './tickets.js';
import { closeReasonOf } from './close.js';

/** The facts of the session that both sides of a handshake need. */
export interface Setting {
  readonly options: SessionOptions;
  readonly localIdKey: Uint8Array;
  readonly localSerial: number;
  readonly kem: Kem;
}

/** The result of one step of a handshake. `failed` is the last one; `established` hands the connection over. */
export type Progress =
  | { readonly type: 'output'; readonly output: SessionOutput }
  | { readonly type: 'established'; readonly channel: Channel }
  | { readonly type: 'failed'; readonly error: SessionError };

/** The input that a side reads next. `answer`: nothing is read until the owner of the session has answered. */
export type Expected = 'preamble' | 'frame' | 'answer';

/** Derives the facts that both sides share from the options. */
export const settingOf = (options: SessionOptions): Setting => ({
  options,
  localIdKey: certificateIdKey(options.local.certificate),
  localSerial: certificateSerial(options.local.certificate),
  kem: options.kem ?? kem,
});

/** Returns the wall clock at `nowMs`: the one at the start of the session, moved on by the monotonic clock. */
export const wallClockAt = (options: SessionOptions, nowMs: number): number =>
  options.wallClockMs + (nowMs - options.nowMs);

const certificateClockAt = (options: SessionOptions, nowMs: number): number =>
  (options.certificateClockMs ?? options.wallClockMs) + (nowMs - options.nowMs);

/** Begins a full handshake (XXhfs): the static keys travel in it. */
export function fullHandshake(setting: Setting, role: Role, prologue: Uint8Array): NoiseHandshake {
  return new NoiseHandshake({
    pattern: xxHybrid,
    suite: { ...resumeSuite, kem: setting.kem, keyAgreement: `25519+${setting.kem.name}` },
    prologue,
    remoteStatic: null,
    psks: [],
    ...common(setting, role),
  });
}

/** Begins a resume (KKpsk0): both static keys and a shared secret are known. */
export function resumeHandshake(
  setting: Setting,
  role: Role,
  prologue: Uint8Array,
  resumption: Resumption,
): NoiseHandshake {
  return new NoiseHandshake({
    pattern: kkResume,
    suite: resumeSuite,
    prologue,
    remoteStatic: resumption.peer.staticPublic,
    psks: [role === 'initiator' ? resumption.dial.psk : resumption.accept.psk],
    ...common(setting, role),
  });
}

/** Encodes our payload of messages 2 and 3. */
export const ownPayload = ({ certificate, ...announcement }: LocalIdentity): Uint8Array =>
  encodePayload(certificate, announcement);

/**
 * Verifies the payload of the peer and the identity in it. Errors: `session/malformed`, `session/bad-certificate`,
 * `session/own-identity` (our own key came back), `session/key-changed` (not `expectedIdKey`), `session/downgrade`
 * (both sides speak a higher version than the present one).
 */
export function provePeer(
  setting: Setting,
  payload: Uint8Array,
  remoteStatic: Uint8Array,
  expectedIdKey: Uint8Array | null,
  nowMs: number,
): Result<PeerProof, SessionError> {
  return decodePayload(payload).andThen(({ certificate, announcement }) =>
    verifyCertificate(certificate, remoteStatic, certificateClockAt(setting.options, nowMs)).andThen(
      ({ idKey, serial }): Result<PeerProof, SessionError> => {
        if (isSame(idKey, setting.localIdKey)) return err({ code: 'session/own-identity' });
        if (expectedIdKey !== null && !isSame(idKey, expectedIdKey))
          return err({ code: 'session/key-changed', expected: toHex(expectedIdKey), got: toHex(idKey) });
        const { wireVersions } = announcement;
        if (!wireVersions.includes(wireV1.version)) return failed('session/malformed', 'versions');
        const highest = Math.max(
          ...wireVersions.filter((version) => setting.options.local.wireVersions.includes(version)),
        );
        if (highest > wireV1.version) return err({ code: 'session/downgrade' });
        return ok({
          idKey,
          staticPublic: copy(remoteStatic),
          certificateSerial: serial,
          bootIdHex: toHex(announcement.bootId),
          wireVersions,
          features: announcement.features ?? 0,
          nextHex: announcement.next === null ? null : toHex(announcement.next),
        });
      },
    ),
  );
}

/** Ends the handshake: derives the keys for records and the next generation of tickets. */
export function conclude(
  setting: Setting,
  noise: NoiseHandshake,
  peer: PeerProof,
  lifetime: { readonly fullHandshakeAtMs: number; readonly resumesLeft: number },
): { readonly channel: Channel; readonly resumption: Resumption } {
  const outcome = noise.finish();
  const resumption = deriveResumption({
    chainingKey: outcome.chainingKey,
    transcriptHash: outcome.transcriptHash,
    localIdKey: setting.localIdKey,
    localSerial: setting.localSerial,
    peer,
    ...lifetime,
  });
  return { channel: channelOf(outcome), resumption };
}

/** Makes a sealer and an opener of the keys of a handshake. */
export const channelOf = (outcome: NoiseOutcome): Channel => ({
  sealer: new RecordSealer(chaChaPoly, outcome.sendKey),
  opener: new RecordOpener(chaChaPoly, outcome.receiveKey),
});

/** Returns the lifetime of the tickets after a full handshake. */
export const freshLifetime = (setting: Setting, nowMs: number) => ({
  fullHandshakeAtMs: wallClockAt(setting.options, nowMs),
  resumesLeft: sessionV1.ticketResumesMax,
});

/**
 * Returns the lifetime of the tickets after a resume: the time of the last full handshake stays, and one resume is
 * used up.
 */
export const resumedLifetime = (before: Resumption) => ({
  fullHandshakeAtMs: before.fullHandshakeAtMs,
  resumesLeft: before.resumesLeft - 1,
});

/**
 * Runs the slow parts of a first handshake once, so that a cold thread answers fast. Call it when a worker starts.
 */
export function warmUp(): void {
  generateDhKeyPair();
  warmUpKem();
}

/** A step that sends bytes. */
export const write = (bytes: Uint8Array): Progress => ({ type: 'output', output: { type: 'write', bytes } });
/** A step that emits an output of the session. */
export const output = (value: SessionOutput): Progress => ({ type: 'output', output: value });
/** A step that ends the session. */
export const failure = (error: SessionError): Progress => ({ type: 'failed', error });
/** A step that ends the session with `session/order`. */
export const outOfOrder = (detail: string): Progress => failure({ code: 'session/order', detail });

/** Wipes the keys of both directions. */
export function wipeChannel(channel: Channel): void {
  channel.sealer.wipe();
  channel.opener.wipe();
}

const resumeSuite: Suite = { aead: chaChaPoly, hash: sha256, kem: null, keyAgreement: '25519' };

const common = ({ options }: Setting, role: Role) => ({
  role,
  localStatic: { privateKey: options.local.staticKey, publicKey: options.local.staticPublic },
  generateKeyPair: options.generateKeyPair ?? generateDhKeyPair,
  random: options.random,
});

const failed = (code: 'session/order' | 'session/malformed', detail: string) =>
  err<never, SessionError>({ code, detail });

/** Reads the first record of the peer: a confirmation, which makes the session, or a close. */
export function readConfirmation(
  pending: {
    readonly channel: Channel;
    readonly peer: PeerProof;
    readonly resumption: Resumption;
    readonly isResumed: boolean;
  },
  body: Uint8Array,
): { readonly isUp: boolean; readonly progress: readonly Progress[] } {
  const { channel, peer, resumption, isResumed } = pending;
  const ended = (progress: Progress) => ({ isUp: false, progress: [progress] });
  const opened = channel.opener.open(body);
  if (opened.isErr()) return ended(failure(opened.error));
  const { type, content } = opened.value;
  if (type === 'close') {
    const reason = closeReasonOf(content);
    return reason === null
      ? ended(failure({ code: 'session/malformed', detail: 'close reason' }))
      : ended(output({ type: 'closed', reason }));
  }
  if (type !== 'confirm' || content.length > 0) return ended(outOfOrder('no confirmation'));
  const up = output({ type: 'up', peer, isResumed, resumption });
  return { isUp: true, progress: [{ type: 'established', channel }, up] };
}
