/**
 * The two handshakes of Parlance on top of Noise: which suite, what their payloads prove, and what is derived when they
 * are done. Shared by the initiator's and the responder's side. Source: session-protocol, sections 5.2, 5.3 and 5.6.
 */
import { err, ok, type Result } from 'neverthrow';
import type { SessionError } from './errors.js';
import { wireV1 } from '../wire/limits.js';
import { sessionV1 } from './limits.js';
import { copy, isSame, toHex } from '../wire/bytes.js';
import { certificateIdKey, decodePayload, encodePayload, verifyCertificate } from './certificate.js';
import { chaChaPoly, sha256 } from './noise/cipher.js';
import { generateDhKeyPair } from './noise/dh.js';
import { kem, warmUpKem, type Kem } from './noise/kem.js';
import { NoiseHandshake, type NoiseOutcome, type Role, type Suite } from './noise/handshake.js';
import { kkResume, xxHybrid } from './noise/patterns.js';
import { RecordOpener, RecordSealer, type Channel } from './records.js';
import type { LocalIdentity, PeerProof, Resumption, SessionOptions, SessionOutput } from './contract.js';
import { deriveResumption } from './tickets.js';
import { closeReasonOf } from './close.js';

/** What a side of a handshake needs to know of its session. */
export interface Setting {
  readonly options: SessionOptions;
  readonly localIdKey: Uint8Array;
  readonly kem: Kem;
}

/** What one step of a handshake leads to. `failed` is the last one; `established` hands the connection over. */
export type Progress =
  | { readonly type: 'output'; readonly output: SessionOutput }
  | { readonly type: 'established'; readonly channel: Channel }
  | { readonly type: 'failed'; readonly error: SessionError };

/** What is read next. `answer`: nothing, until the owner of the session has answered. */
export type Expected = 'preamble' | 'frame' | 'answer';

export const settingOf = (options: SessionOptions): Setting => ({
  options,
  localIdKey: certificateIdKey(options.local.certificate),
  kem: options.kem ?? kem,
});

/** Wall clock at `nowMs`: the session was told it once, and the monotonic clock since. */
export const wallClockAt = (options: SessionOptions, nowMs: number): number =>
  options.wallClockMs + (nowMs - options.nowMs);

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

/** Payload of messages 2 and 3. */
export const ownPayload = ({ certificate, ...announcement }: LocalIdentity): Uint8Array =>
  encodePayload(certificate, announcement);

/**
 * Who the other side is, by its payload. Errors: `session/malformed`, `session/bad-certificate`,
 * `session/own-identity` (our own key came back), `session/key-changed` (another than `expectedIdKey`), `session/downgrade` (both speak a higher
 * version than the one that runs).
 */
export function provePeer(
  setting: Setting,
  payload: Uint8Array,
  remoteStatic: Uint8Array,
  expectedIdKey: Uint8Array | null,
  nowMs: number,
): Result<PeerProof, SessionError> {
  return decodePayload(payload).andThen(({ certificate, announcement }) =>
    verifyCertificate(certificate, remoteStatic, wallClockAt(setting.options, nowMs)).andThen(
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

/** Ends the handshake: keys for records, and the next generation of tickets. */
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
    peer,
    ...lifetime,
  });
  return { channel: channelOf(outcome), resumption };
}

export const channelOf = (outcome: NoiseOutcome): Channel => ({
  sealer: new RecordSealer(chaChaPoly, outcome.sendKey),
  opener: new RecordOpener(chaChaPoly, outcome.receiveKey),
});

/** After a full handshake. */
export const freshLifetime = (setting: Setting, nowMs: number) => ({
  fullHandshakeAtMs: wallClockAt(setting.options, nowMs),
  resumesLeft: sessionV1.ticketResumesMax,
});

/** After a resume: the clock of the last full handshake goes on, and one resume is used up. */
export const resumedLifetime = (before: Resumption) => ({
  fullHandshakeAtMs: before.fullHandshakeAtMs,
  resumesLeft: before.resumesLeft - 1,
});

/** Does everything a first handshake would do slowly in a cold thread; call once when a worker starts. */
export function warmUp(): void {
  generateDhKeyPair();
  warmUpKem();
}

export const write = (bytes: Uint8Array): Progress => ({ type: 'output', output: { type: 'write', bytes } });
export const output = (value: SessionOutput): Progress => ({ type: 'output', output: value });
export const failure = (error: SessionError): Progress => ({ type: 'failed', error });
export const outOfOrder = (detail: string): Progress => failure({ code: 'session/order', detail });

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

/** The first record of the other end: its confirmation makes the session; instead it may say farewell. */
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
