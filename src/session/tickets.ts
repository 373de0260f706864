/**
 * Tickets, by which two peers resume a session: secrets that both derive from a finished handshake, and the book that
 * keeps them. Only the id of a ticket travels. Source: session-protocol, sections 5.3 and 5.5.
 */
import { wireV1 } from '../wire/limits.js';
import { session as sessionLimits, sessionV1 } from './limits.js';
import { copy, toHex } from '../wire/bytes.js';
import { label, sha256 } from './noise/cipher.js';
import type { PeerProof, Resumption } from './contract.js';

/** Derives the exporter secret, `exp = HMAC(ck, "parlance/1 exporter\0" | h)`. The caller wipes it. */
export const exporterSecret = (chainingKey: Uint8Array, transcriptHash: Uint8Array): Uint8Array =>
  sha256.hmac(chainingKey, [label('parlance/1 exporter\0', transcriptHash)]);

/** Derives one key of the exporter secret, `X(label) = HMAC(exp, label | 0x01)`. */
export const exportKey = (exporter: Uint8Array, name: 'resumption' | 'group-wrap' | 'sas'): Uint8Array =>
  sha256.hmac(exporter, [label(name, one)]);

/** Derives id and key of the ticket for one direction: `lo>hi` where the peer with the lower identity key dials. */
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

/** Derives the tickets of both directions, and wipes `chainingKey`, which has no further use. */
export function deriveResumption(options: {
  readonly chainingKey: Uint8Array;
  readonly transcriptHash: Uint8Array;
  readonly localIdKey: Uint8Array;
  readonly peer: PeerProof;
  readonly fullHandshakeAtMs: number;
  readonly resumesLeft: number;
  readonly localSerial: number;
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
    localSerial: options.localSerial,
  };
}

/**
 * Whether a ticket may be used: at most 24 h and 64 resumes after the last full handshake. A clock that was set back
 * does not prolong this without end.
 */
export const isUsable = (resumption: Resumption, wallClockMs: number): boolean =>
  resumption.resumesLeft > 0 &&
  Math.abs(wallClockMs - resumption.fullHandshakeAtMs) < sessionV1.ticketAgeMaxMs;

/** Fills the secrets of both tickets with zeros. */
export function wipeResumption(resumption: Resumption): void {
  for (const secret of [resumption.rms, resumption.dial.psk, resumption.accept.psk]) secret.fill(0);
}

/**
 * The tickets of one node, in RAM only. Secrets that leave the book are wiped, so it must own what it is given: where
 * a session runs in the same thread, hand it a `copyResumption`.
 */
export class TicketBook {
  /**
   * Generations of tickets by the hex of the peer's identity key, newest first. The order of the map is that of use.
   */
  readonly #peers = new Map<string, readonly Resumption[]>();
  /** Tickets by the hex of the id that a caller would present. */
  readonly #byTicket = new Map<string, Resumption>();
  /** Peer (hex of its idKey) → the highest certificate serial seen of it anywhere. */
  readonly #serials = new Map<string, number>();
  /** Serial of the own certificate; 0: any. */
  #localSerial = 0;

  get size(): number {
    return this.#peers.size;
  }

  /**
   * Keeps the generation of an `up`, which replaces all earlier ones. A full book forgets the peer used least
   * recently.
   */
  keep(resumption: Resumption): void {
    if (this.isOutdated(resumption)) return wipeResumption(resumption);
    this.seen(resumption.peer.idKey, resumption.peer.certificateSerial);
    this.#put(resumption, []);
  }

  /** True where either side has a newer static key than the ticket was made with: a full handshake is due. */
  isOutdated({ peer, localSerial }: Pick<Resumption, 'peer' | 'localSerial'>): boolean {
    return (
      localSerial < this.#localSerial ||
      peer.certificateSerial < (this.#serials.get(toHex(peer.idKey)) ?? Number.NEGATIVE_INFINITY)
    );
  }

  /** The own static key was replaced: no earlier ticket is of use to either side. */
  renewed(localSerial: number): void {
    this.#localSerial = localSerial;
    for (const peer of this.#peers.keys()) this.#drop(peer, []);
  }

  /** This peer has been seen with a certificate of this serial. Tickets under an older one are forgotten. */
  seen(idKey: Uint8Array, serial: number): void {
    const peer = toHex(idKey);
    const before = this.#serials.get(peer) ?? Number.NEGATIVE_INFINITY;
    if (serial < before) return;
    this.#serials.delete(peer);
    this.#serials.set(peer, serial);
    const [oldest] = this.#serials.keys();
    if (this.#serials.size > sessionV1.ticketsMax && oldest !== undefined) this.#serials.delete(oldest);
    const generations = this.#peers.get(peer);
    if (generations === undefined || serial === before) return;
    const current = generations.filter((generation) => !this.isOutdated(generation));
    this.#drop(peer, current);
    const [newest, ...others] = current;
    if (newest !== undefined) this.#put(newest, others);
  }

  /**
   * Keeps the generation of a `resumable` beside the earlier ones. Their number is bounded, so that a replayed first
   * message cannot fill the book; at worst the peer needs a full handshake.
   */
  offer(resumption: Resumption): void {
    if (this.isOutdated(resumption)) return wipeResumption(resumption);
    const before = this.#peers.get(toHex(resumption.peer.idKey)) ?? [];
    const [current, ...offered] = before.toReversed();
    const kept = offered.toReversed().slice(0, sessionLimits.ticketGenerationsMax - 2);
    this.#put(resumption, current === undefined ? kept : [...kept, current]);
  }

  /** Finds the ticket that a responder asks for with `find-ticket`. */
  find(ticketId: Uint8Array, wallClockMs: number): Resumption | null {
    const found = this.#byTicket.get(toHex(ticketId));
    return found !== undefined && isUsable(found, wallClockMs) ? found : null;
  }

  /** Returns a copy of the last generation that `keep` stored, which both sides know, for dialling. */
  dial(idKey: Uint8Array, wallClockMs: number): Resumption | null {
    const current = this.#peers.get(toHex(idKey))?.at(-1);
    return current !== undefined && isUsable(current, wallClockMs) ? copyResumption(current) : null;
  }

  /** Forgets a peer that was blocked or has a new static key. */
  forget(idKey: Uint8Array): void {
    this.#drop(toHex(idKey), []);
  }

  /** Returns the ids that would be accepted, for the reserved slot of the transport. */
  ticketIds(): readonly string[] {
    return [...this.#byTicket.keys()];
  }

  /** Forgets expired tickets. Call it now and then. */
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

/** Copies a resumption together with its secrets. */
export const copyResumption = (resumption: Resumption): Resumption => ({
  ...resumption,
  rms: copy(resumption.rms),
  dial: { ticketId: copy(resumption.dial.ticketId), psk: copy(resumption.dial.psk) },
  accept: { ticketId: copy(resumption.accept.ticketId), psk: copy(resumption.accept.psk) },
});

/** Compares two keys as big-endian numbers. */
function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < sessionV1.keyBytes; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const one = Uint8Array.of(1);
