/**
 * What lets two peers resume a session: secrets that both derive from a finished handshake, and the book of them. No
 * ticket ever travels. Source: session-protocol, sections 5.3 and 5.5.
 */
import { wireV1 } from '../wire/limits.js';
import { session as sessionLimits, sessionV1 } from './limits.js';
import { copy, toHex } from '../wire/bytes.js';
import { label, sha256 } from './noise/cipher.js';
import type { PeerProof, Resumption } from './contract.js';

/** `exp = HMAC(ck, "parlance/1 exporter\0" | h)`. The caller wipes it. */
export const exporterSecret = (chainingKey: Uint8Array, transcriptHash: Uint8Array): Uint8Array =>
  sha256.hmac(chainingKey, [label('parlance/1 exporter\0', transcriptHash)]);

/** `X(label) = HMAC(exp, label | 0x01)`. */
export const exportKey = (exporter: Uint8Array, name: 'resumption' | 'group-wrap' | 'sas'): Uint8Array =>
  sha256.hmac(exporter, [label(name, one)]);

/** Id and key of the ticket for one direction, by who dials. */
export function deriveTicket(
  rms: Uint8Array,
  direction: 'lo>hi' | 'hi>lo',
): { readonly ticketId: Uint8Array; readonly psk: Uint8Array } {
  const id = sha256.hmac(rms, [label('ticket id ', direction, one)]);
  return {
    ticketId: copy(id, 0, wireV1.ticketIdBytes),
    psk: copy(sha256.hmac(rms, [label('ticket psk ', direction, one)])),
  };
}

/** Wipes `chainingKey`, the last use of which this is. */
export function deriveResumption(options: {
  readonly chainingKey: Uint8Array;
  readonly transcriptHash: Uint8Array;
  readonly localIdKey: Uint8Array;
  readonly peer: PeerProof;
  readonly fullHandshakeAtMs: number;
  readonly resumesLeft: number;
}): Resumption {
  const exporter = exporterSecret(options.chainingKey, options.transcriptHash);
  const rms = copy(exportKey(exporter, 'resumption'));
  options.chainingKey.fill(0);
  exporter.fill(0);
  const isLower = compare(options.localIdKey, options.peer.idKey) < 0;
  return {
    rms,
    peer: options.peer,
    dial: deriveTicket(rms, isLower ? 'lo>hi' : 'hi>lo'),
    accept: deriveTicket(rms, isLower ? 'hi>lo' : 'lo>hi'),
    fullHandshakeAtMs: options.fullHandshakeAtMs,
    resumesLeft: options.resumesLeft,
  };
}

/** 24 h and 64 resumes after the last full handshake. A clock that was set back does not prolong it without end. */
export const isUsable = (resumption: Resumption, wallClockMs: number): boolean =>
  resumption.resumesLeft > 0 &&
  Math.abs(wallClockMs - resumption.fullHandshakeAtMs) < sessionV1.ticketAgeMaxMs;

export function wipeResumption(resumption: Resumption): void {
  for (const secret of [resumption.rms, resumption.dial.psk, resumption.accept.psk]) secret.fill(0);
}

/**
 * The tickets of one node, in RAM only. Secrets that leave the book are wiped, so it must own what it is given: where
 * a session runs in the same thread, hand it a `copyResumption`.
 */
export class TicketBook {
  /** Peer (hex of its idKey) → generations, newest first. Map order is order of use, oldest first. */
  readonly #peers = new Map<string, readonly Resumption[]>();
  /** Hex of the id another side would present → peer. */
  readonly #byTicket = new Map<string, Resumption>();

  get size(): number {
    return this.#peers.size;
  }

  /** After `up`: this generation replaces all there were. The peer not used for longest falls out of a full book. */
  keep(resumption: Resumption): void {
    this.#put(resumption, []);
  }

  /**
   * After `resumable`: this generation beside those there are. Bounded, so that a recorded first message, replayed,
   * cannot fill the book; at worst it costs the peer a full handshake.
   */
  offer(resumption: Resumption): void {
    const before = this.#peers.get(toHex(resumption.peer.idKey)) ?? [];
    const [current, ...offered] = before.toReversed();
    const kept = offered.toReversed().slice(0, sessionLimits.ticketGenerationsMax - 2);
    this.#put(resumption, current === undefined ? kept : [...kept, current]);
  }

  /** For a responder's `find-ticket`. */
  find(ticketId: Uint8Array, wallClockMs: number): Resumption | null {
    const found = this.#byTicket.get(toHex(ticketId));
    return found !== undefined && isUsable(found, wallClockMs) ? found : null;
  }

  /** For dialling: the newest generation that this side is sure of, with secrets of its own. */
  dial(idKey: Uint8Array, wallClockMs: number): Resumption | null {
    const current = this.#peers.get(toHex(idKey))?.at(-1);
    return current !== undefined && isUsable(current, wallClockMs) ? copyResumption(current) : null;
  }

  /** The peer was blocked, or has a new static key. */
  forget(idKey: Uint8Array): void {
    this.#drop(toHex(idKey), []);
  }

  /** Ids that would be accepted, for the transport's reserved slot. */
  ticketIds(): readonly string[] {
    return [...this.#byTicket.keys()];
  }

  /** Forgets what has expired; call now and then. */
  expire(wallClockMs: number): void {
    for (const [peer, generations] of this.#peers)
      if (!generations.some((generation) => isUsable(generation, wallClockMs))) this.#drop(peer, []);
  }

  #put(newest: Resumption, others: readonly Resumption[]): void {
    const peer = toHex(newest.peer.idKey);
    this.#drop(peer, [newest, ...others]);
    const generations = [newest, ...others];
    this.#peers.set(peer, generations);
    for (const generation of generations) this.#byTicket.set(toHex(generation.accept.ticketId), generation);
    for (const oldest of this.#peers.keys()) {
      if (this.#peers.size <= sessionV1.ticketsMax) break;
      this.#drop(oldest, []);
    }
  }

  #drop(peer: string, survivors: readonly Resumption[]): void {
    for (const generation of this.#peers.get(peer) ?? []) {
      this.#byTicket.delete(toHex(generation.accept.ticketId));
      if (!survivors.includes(generation)) wipeResumption(generation);
    }
    this.#peers.delete(peer);
  }
}

/** With secrets of its own. */
export const copyResumption = (resumption: Resumption): Resumption => ({
  ...resumption,
  rms: copy(resumption.rms),
  dial: { ticketId: copy(resumption.dial.ticketId), psk: copy(resumption.dial.psk) },
  accept: { ticketId: copy(resumption.accept.ticketId), psk: copy(resumption.accept.psk) },
});

/** As big-endian numbers. */
function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < sessionV1.keyBytes; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const one = Uint8Array.of(1);
