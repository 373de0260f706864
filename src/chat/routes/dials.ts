/**
 * Dials of native addresses. The addresses of a peer are raced (RFC 8305): each round tries all of them, the best first,
 * and the first session that is up ends the other attempts. An address that somebody typed is dialled by itself.
 *
 *   race ─► dial … dial ─► opened ─► (handshake) ─► won        all attempts failed ─► the end of the round, told once
 */
import { parseConnectionId, type ConnectionId, type PeerId } from '../../ids.js';
import { formatAddress, type Address } from '../../wire/address.js';
import type { TimerEffect, Turn } from '../turn.js';
import type { NativeDue } from './effects.js';
import type { TransportEffect } from './route.js';
import { dialing as limits } from './limits.js';
import type { AddressAnswer } from './live-session.js';

export interface Dial {
  /** The peer that is meant; null for an address that was typed. */
  readonly expected: PeerId | null;
  readonly address: Address;
}

type DialTurn = Turn<TransportEffect | TimerEffect<NativeDue>>;

/** The attempts to reach one peer. */
interface Round {
  /** Best first. */
  waiting: readonly Address[];
  /** All addresses of the round, those that were tried included. */
  readonly addresses: Set<string>;
  /** Connections that are being opened or whose handshake runs. */
  readonly attempts: Set<ConnectionId>;
  /** No further attempt starts before (monotonic, ms). */
  nextAtMs: number;
  isTimerSet: boolean;
  /** The longest time that an attempt was asked to stay away. */
  retryAfterMs: number;
}

export class Dials {
  /** Connections that are being opened. */
  readonly #underWay = new Map<ConnectionId, Dial>();
  /** Addresses that somebody asked about and that are being dialled. */
  readonly #asked = new Set<string>();
  readonly #rounds = new Map<PeerId, Round>();
  /** Connections of peers that we opened and that still exist; the transport bounds them. */
  readonly #outgoing: () => number;
  #given = 0;

  constructor(sessionsOut: () => number) {
    this.#outgoing = () => sessionsOut() + this.#underWay.size;
  }

  /** Tries all these addresses, best first. A round that is under way serves. False: there is no address. */
  race(peerId: PeerId, addresses: readonly Address[], turn: DialTurn): boolean {
    if (this.#rounds.has(peerId)) return true;
    if (addresses.length === 0) return false;
    const round: Round = {
      waiting: addresses,
      addresses: new Set(addresses.map(formatAddress)),
      attempts: new Set(),
      nextAtMs: turn.now.monotonicMs,
      isTimerSet: false,
      retryAfterMs: 0,
    };
    this.#rounds.set(peerId, round);
    this.#goOn(peerId, round, turn);
    return true;
  }

  /** The peer is heard at these addresses: a round that is under way tries those that it has not tried yet. */
  heard(peerId: PeerId, addresses: readonly Address[], turn: DialTurn): void {
    const round = this.#rounds.get(peerId);
    const fresh = addresses.filter((address) => round?.addresses.has(formatAddress(address)) === false);
    if (round === undefined || fresh.length === 0) return;
    for (const address of fresh) round.addresses.add(formatAddress(address));
    round.waiting = [...fresh, ...round.waiting];
    this.#goOn(peerId, round, turn);
  }

  /** The time for the next attempt of a round may have come. */
  due(peerId: PeerId, turn: DialTurn): void {
    const round = this.#rounds.get(peerId);
    if (round === undefined) return;
    round.isTimerSet = false;
    this.#goOn(peerId, round, turn);
  }

  /** Dials an address to learn which peer is there. A dial that is under way answers all who ask. */
  ask(address: Address, turn: DialTurn): void {
    const key = formatAddress(address);
    if (this.#asked.has(key)) return;
    this.#asked.add(key);
    this.#dial({ expected: null, address }, limits.connectDeadlineMs, turn);
  }

  /**
   * A connection is open, and its handshake starts. The round waits a little for the handshake: an honest one is done by
   * then, and two that end together would cost the peer a second handshake. Null: this is no dial of ours.
   */
  opened(connectionId: ConnectionId, turn: DialTurn): Dial | null {
    const dial = this.#taken(connectionId);
    if (dial === null || dial.expected === null) return dial;
    const round = this.#rounds.get(dial.expected);
    if (round !== undefined) round.nextAtMs = turn.now.monotonicMs + limits.handshakePatienceMs;
    return dial;
  }

  /** A connection could not be opened. Null: this is no dial of ours. */
  notOpened = (connectionId: ConnectionId): Dial | null => this.#taken(connectionId);

  /** An attempt at the peer failed. */
  failed(peerId: PeerId, connectionId: ConnectionId, retryAfterMs: number): Failed {
    const round = this.#rounds.get(peerId);
    if (round?.attempts.delete(connectionId) !== true) return null;
    round.retryAfterMs = Math.max(round.retryAfterMs, retryAfterMs);
    if (round.attempts.size > 0 || round.waiting.length > 0) return null;
    this.#rounds.delete(peerId);
    return { retryAfterMs: round.retryAfterMs };
  }

  /** A session that we opened is up: the round ends. Returns the connections whose handshakes are of no use any more. */
  won(peerId: PeerId, by: ConnectionId, turn: DialTurn): readonly ConnectionId[] {
    const round = this.#rounds.get(peerId);
    this.#rounds.delete(peerId);
    const others = [...(round?.attempts ?? [])].filter((connectionId) => connectionId !== by);
    return others.filter((connectionId) => {
      const isOpening = this.#underWay.delete(connectionId);
      if (isOpening)
        turn.emit({ to: 'transport', say: 'close', connectionId, reason: 'reached', penaltyMs: 0 });
      return !isOpening;
    });
  }

  /** The peer called us: attempts that run settle by the rule for crossed dials, and no further one starts. */
  wasCalledBy(peerId: PeerId): void {
    const round = this.#rounds.get(peerId);
    if (round === undefined) return;
    round.waiting = [];
    if (round.attempts.size === 0) this.#rounds.delete(peerId);
  }

  /** The answer for those who asked about this address; empty where nobody did. */
  answersAt(address: Address, found: AddressAnswer['found']): readonly AddressAnswer[] {
    return this.#asked.delete(formatAddress(address)) ? [{ address, found }] : [];
  }

  /** Starts the next attempt where its time has come, and sets the timer for the one after it. */
  #goOn(peerId: PeerId, round: Round, turn: DialTurn): void {
    const { monotonicMs: nowMs } = turn.now;
    const [address, ...others] = round.waiting;
    if (address === undefined) return;
    if (nowMs >= round.nextAtMs && this.#hasRoom(round)) {
      round.waiting = others;
      round.nextAtMs = nowMs + limits.attemptEveryMs;
      // An address that takes long must not keep the others waiting.
      const deadlineMs =
        round.addresses.size > limits.attemptsMax ? limits.crowdedDeadlineMs : limits.connectDeadlineMs;
      round.attempts.add(this.#dial({ expected: peerId, address }, deadlineMs, turn));
    }
    if (round.waiting.length === 0 || round.isTimerSet) return;
    round.isTimerSet = true;
    const afterMs = Math.max(limits.attemptEveryMs, round.nextAtMs - nowMs);
    turn.emit({ to: 'self', afterMs, due: { type: 'attempt', peerId } });
  }

  /** The first attempt of a round is always made: the transport refuses what is too much. */
  #hasRoom({ attempts }: Round): boolean {
    if (attempts.size === 0) return true;
    return attempts.size < limits.attemptsMax && this.#outgoing() < limits.outgoingMax;
  }

  #dial(dial: Dial, deadlineMs: number, turn: DialTurn): ConnectionId {
    this.#given += 1;
    // The shape of the id is ours: a failure here is a bug.
    const connectionId = parseConnectionId(`o-${this.#given}`)._unsafeUnwrap();
    this.#underWay.set(connectionId, dial);
    turn.emit({ to: 'transport', say: 'dial', connectionId, address: dial.address, deadlineMs });
    return connectionId;
  }

  #taken(connectionId: ConnectionId): Dial | null {
    const dial = this.#underWay.get(connectionId) ?? null;
    this.#underWay.delete(connectionId);
    return dial;
  }
}

/** How a round ended in which nobody was reached; null: it goes on, or has ended before. */
type Failed = { readonly retryAfterMs: number } | null;
