/**
 * Decides which datagrams of discovery get a signature check. Pure: clocks are arguments, the secret is given at
 * creation. Source: faults section 4 (*Discovery*), session-protocol section 6.
 *
 * Cheap checks come first: size, budget of the source, shape, cookie, freshness, budget for signatures. A stranger
 * gets a challenge, which holds a cookie made from its address and a secret: no state is kept for it, and the sender
 * of a forged source address cannot answer. A known peer at a new address gets a challenge, too, since another host
 * may replay its record.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { unreachable } from '../../exhaustive.js';
import type { PeerId } from '../../ids.js';
import { isV6, sourceKey } from '../../wire/address-space.js';
import { beacon as wire } from '../../wire/limits.js';
import { beaconGate as limits } from './limits.js';
import { decodeBeacon, encodeChallenge, type BeaconRecord, type SignedBeacon } from '../../wire/beacon.js';
import { createFreshnessMemory } from './freshness.js';
import { peerIdOf } from '../people/identity.js';
import { createTokenBucket, type TokenBucket } from './token-bucket.js';

/** The source of a datagram. `isLocal`: an address of this machine, which many homes may share. */
export interface BeaconSource {
  readonly address: string;
  readonly port: number;
  readonly isLocal: boolean;
  /** Whether it came to the socket that our own beacons leave by, not to a well-known port. */
  readonly isReply?: boolean;
}

/** The two clocks at the time of a datagram. */
export interface Clocks {
  /** Monotonic, ms. */
  readonly nowMs: number;
  readonly wallClockMs: number;
}

/**
 * The standing of a peer. `contact`: has a budget of its own for challenges and signature checks. `rostered`: needs
 * no cookie at a known address. `unknown`: any other peer.
 */
export type Standing = 'contact' | 'rostered' | 'unknown';

/** The reason for which a datagram is dropped. */
export type DropReason =
  | 'size'
  | 'source-budget'
  | 'malformed'
  /** Our own announcement came back. */
  | 'own'
  /** The record was heard before, and comes from an address that is known for its peer. */
  | 'repeat'
  | 'stale'
  | 'port'
  /** The stranger got a challenge within the last second. */
  | 'challenged'
  | 'challenge-budget'
  /** A challenge whose answer would exceed the budget of its source. */
  | 'answered'
  /** A goodbye of a peer that is not in the roster. */
  | 'unknown-bye'
  | 'signature-budget'
  | 'bad-signature';

/** The treatment of one datagram. */
export type BeaconDecision =
  /** `repeated`: the peer whose last record was heard once more. */
  | { readonly type: 'drop'; readonly reason: DropReason; readonly repeated?: PeerId }
  /** Send `bytes` back to the source of the datagram. They are never longer than it. */
  | { readonly type: 'challenge'; readonly bytes: Uint8Array }
  /** A peer asks for proof that this address is ours: send an answer with `nonce`, at most `bytesMax` long. */
  | { readonly type: 'answer'; readonly nonce: Uint8Array; readonly bytesMax: number }
  /** Check the signature (`verifyBeacon`), then call `settle` with this decision. */
  | PendingBeacon
  /** An announcement of the oldest dialect; unsigned. */
  | { readonly type: 'foreign'; readonly username: string; readonly hasAddress: boolean };

/** A beacon whose signature has to be checked. */
export interface PendingBeacon {
  readonly type: 'verify';
  readonly beacon: SignedBeacon;
  readonly peerId: PeerId;
  /** Whether the sender echoed our cookie, and thus receives at this address. */
  readonly isAddressProven: boolean;
  readonly requestBytes: number;
}

/** The meaning of a beacon after the check of its signature. */
export type BeaconSettlement =
  | { readonly type: 'drop'; readonly reason: DropReason }
  | {
      readonly type: 'heard';
      readonly peerId: PeerId;
      readonly record: BeaconRecord;
      readonly isAddressProven: boolean;
      /** For a query, the nonce to echo. The answer must not be longer than `bytesMax`. */
      readonly answer: { readonly nonce: Uint8Array; readonly bytesMax: number } | null;
    }
  /** Another node has our identity: a copied home. */
  | { readonly type: 'twin' };

/** Arguments of the gate. */
export interface BeaconGateOptions {
  /** 32 random bytes, new with each start. */
  readonly secret: Uint8Array;
  readonly ownId: PeerId;
  readonly ownBootId: Uint8Array;
  readonly standingOf: (peerId: PeerId) => Standing;
  /**
   * Whether the roster has `host` for this peer. Then the address needs no proof, and a repeated record changes nothing.
   */
  readonly isKnownAddress: (peerId: PeerId, host: string) => boolean;
  /** Default: `decodeBeacon`. A simulation decodes a datagram once for all that hear it. */
  readonly decode?: typeof decodeBeacon;
}

/** The checks of discovery. `judge` a datagram, verify where it says so, then `settle`. */
export interface BeaconGate {
  judge(datagram: Uint8Array, source: BeaconSource, clocks: Clocks): BeaconDecision;
  /** Returns the meaning of a beacon whose signature was checked. */
  settle(pending: PendingBeacon, isGenuine: boolean, clocks: Clocks): BeaconSettlement;
}

interface SourceState {
  /** Of an IPv6 address the bucket of its network. */
  readonly bucket: TokenBucket;
  challengedAtMs: number;
  answeredAtMs: number;
}

/** The datagram that a challenge answers. */
interface Challenged {
  readonly state: SourceState;
  readonly standing: Standing;
  readonly bytes: number;
  readonly nowMs: number;
}

/** Creates a gate that remembers no source. */
export function createBeaconGate(options: BeaconGateOptions): BeaconGate {
  return new Gate(options);
}

class Gate implements BeaconGate {
  readonly #options: BeaconGateOptions;
  readonly #sources = createSourceTable();
  readonly #freshness = createFreshnessMemory();
  readonly #challenges = {
    port: perSecond(limits.challengesPerSecond),
    reply: perSecond(limits.replyChallengesPerSecond),
    contact: perSecond(limits.contactChallengesPerSecond),
  };
  readonly #budget = {
    contact: perSecond(limits.contactVerifyPerSecond),
    rostered: perSecond(limits.rosteredVerifyPerSecond),
    cookie: perSecond(limits.cookieVerifyPerSecond),
  };

  constructor(options: BeaconGateOptions) {
    this.#options = options;
  }

  judge(datagram: Uint8Array, source: BeaconSource, clocks: Clocks): BeaconDecision {
    if (datagram.length === 0 || datagram.length > wire.datagramBytesMax) return drop('size');
    const state = this.#sources.of(source);
    if (!state.bucket.take(clocks.nowMs)) return drop('source-budget');
    const decoded = (this.#options.decode ?? decodeBeacon)(datagram);
    if (decoded.isErr()) return drop('malformed');
    const heard = decoded.value;
    switch (heard.kind) {
      case 'foreign':
        return { type: 'foreign', username: heard.username, hasAddress: heard.hasAddress };
      case 'challenge':
        if (clocks.nowMs - state.answeredAtMs < limits.answerEveryMs) return drop('answered');
        state.answeredAtMs = clocks.nowMs;
        return { type: 'answer', nonce: heard.nonce, bytesMax: datagram.length };
      case 'native':
        return this.#judgeNative(heard, source, state, datagram.length, clocks);
      default:
        return unreachable(heard);
    }
  }

  settle(pending: PendingBeacon, isGenuine: boolean, clocks: Clocks): BeaconSettlement {
    if (!isGenuine) return drop('bad-signature');
    const { peerId, isAddressProven, requestBytes } = pending;
    const { record } = pending.beacon;
    if (peerId === this.#options.ownId) return { type: 'twin' };
    // Other beacons may have been settled since this one was judged.
    const age = this.#freshness.judge(peerId, record, isAddressProven, clocks.wallClockMs);
    if (age === 'stale' || age === 'unproven') return drop('stale');
    if (age === 'fresh') this.#freshness.accept(peerId, record);
    const isQuestion = record.kind === 'query' && age === 'fresh';
    const answer = isQuestion && record.nonce ? { nonce: record.nonce, bytesMax: requestBytes } : null;
    return { type: 'heard', peerId, record, isAddressProven, answer };
  }

  #judgeNative(
    beacon: SignedBeacon,
    source: BeaconSource,
    state: SourceState,
    bytes: number,
    clocks: Clocks,
  ): BeaconDecision {
    const { ownId, ownBootId, secret, standingOf, isKnownAddress } = this.#options;
    const { record } = beacon;
    const peerId = peerIdOf(record.idKey);
    if (peerId === ownId && timingSafeEqual(record.bootId, ownBootId)) return drop('own');
    if (record.kind !== 'bye' && !isPortAllowed(record.tcpPort)) return drop('port');
    const isProven = record.kind === 'answer' && isCookie(secret, record.nonce, source, clocks.nowMs);
    const standing = standingOf(peerId);
    const age = this.#freshness.judge(peerId, record, isProven, clocks.wallClockMs);
    if (age === 'stale') return drop('stale');
    if (age === 'repeat' && isKnownAddress(peerId, source.address))
      return { type: 'drop', reason: 'repeat', repeated: peerId };
    if (record.kind === 'bye' && standing === 'unknown') return drop('unknown-bye');
    // Any host can replay a record from another address, and a record from before our start seems fresh. A goodbye
    // needs no proof, since its sender is gone.
    const isPlaceKnown = isKnownAddress(peerId, source.address) || record.kind === 'bye';
    const isProofNeeded = standing === 'unknown' || age === 'unproven' || !isPlaceKnown;
    const isVerified = isProven || !isProofNeeded;
    if (!isVerified || !this.#mayVerify(standing, isProven, clocks.nowMs)) {
      if (isProven) return drop('signature-budget');
      return this.#challenge(source, { state, standing, bytes, nowMs: clocks.nowMs });
    }
    return { type: 'verify', beacon, peerId, isAddressProven: isProven, requestBytes: bytes };
  }

  /** Takes a signature check from the budgets that this beacon may use. */
  #mayVerify(standing: Standing, isProven: boolean, nowMs: number): boolean {
    if (isProven && this.#budget.cookie.take(nowMs)) return true;
    return standing !== 'unknown' && this.#budget[standing].take(nowMs);
  }

  #challenge(source: BeaconSource, { state, standing, bytes, nowMs }: Challenged): BeaconDecision {
    if (nowMs - state.challengedAtMs < limits.challengeEveryMs) return drop('challenged');
    // A cookie costs more than all earlier checks together, and a flood may use many sources.
    const ration = source.isReply === true ? this.#challenges.reply : this.#challenges.port;
    const isReserved = standing === 'contact' && this.#challenges.contact.take(nowMs);
    if (!isReserved && !ration.take(nowMs)) return drop('challenge-budget');
    const datagram = encodeChallenge(cookieOf(this.#options.secret, source, nowMs, 0), bytes);
    if (datagram === null) return drop('malformed');
    state.challengedAtMs = nowMs;
    return { type: 'challenge', bytes: datagram };
  }
}

const drop = (reason: DropReason): { readonly type: 'drop'; readonly reason: DropReason } => ({
  type: 'drop',
  reason,
});

const perSecond = (count: number): TokenBucket => createTokenBucket(count, count);

/** Whether the port is allowed. 0: the peer accepts no connections. */
const isPortAllowed = (port: number): boolean => port === 0 || port >= limits.tcpPortMin;

/** Keeps sources by address (on this machine by address and port), and forgets the longest silent one first. */
function createSourceTable(): { of(source: BeaconSource): SourceState } {
  const states = new Map<string, SourceState>();
  const networks = new Map<string, TokenBucket>();
  const bucketFor = (address: string): TokenBucket => {
    if (!isV6(address)) return createTokenBucket(limits.sourceRatePerSecond, limits.sourceBurst);
    const network = sourceKey(address);
    const shares = limits.networkShares;
    const bucket =
      networks.get(network) ??
      createTokenBucket(limits.sourceRatePerSecond * shares, limits.sourceBurst * shares);
    networks.delete(network);
    networks.set(network, bucket);
    const [oldest] = networks.keys();
    if (networks.size > limits.sourcesMax && oldest !== undefined) networks.delete(oldest);
    return bucket;
  };
  return {
    of(source) {
      const key = source.isLocal ? `${source.address} ${source.port}` : source.address;
      const state = states.get(key) ?? {
        bucket: bucketFor(source.address),
        challengedAtMs: Number.NEGATIVE_INFINITY,
        answeredAtMs: Number.NEGATIVE_INFINITY,
      };
      states.delete(key);
      states.set(key, state);
      if (states.size > limits.sourcesMax) {
        const [oldest] = states.keys();
        if (oldest !== undefined) states.delete(oldest);
      }
      return state;
    },
  };
}

/** Computes the nonce for `source` in the period of `nowMs`, or `periodsAgo` before it. */
function cookieOf(secret: Uint8Array, source: BeaconSource, nowMs: number, periodsAgo: number): Uint8Array {
  const period = Math.floor(nowMs / limits.cookiePeriodMs) - periodsAgo;
  const mac = createHmac('sha256', secret).update(`${source.address} ${source.port} ${period}`).digest();
  return new Uint8Array(mac.subarray(0, wire.nonceBytes));
}

function isCookie(
  secret: Uint8Array,
  nonce: Uint8Array | null,
  source: BeaconSource,
  nowMs: number,
): boolean {
  if (nonce === null) return false;
  return [0, 1].some((ago) => timingSafeEqual(nonce, cookieOf(secret, source, nowMs, ago)));
}
