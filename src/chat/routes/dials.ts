/**
 * Dials of native addresses. The addresses of a peer are raced (RFC 8305): each round tries all of them, the best
 * first, and the first session that is up ends the other attempts. An address that a user typed is dialled by itself.
 *
 *   race ─► dial … dial ─► opened ─► (handshake) ─► won        all attempts failed ─► the end of the round, reported once
 */
import { parseConnectionId, type ConnectionId, type PeerId } from '../../ids.js';
import { formatAddress, type Address } from '../../wire/address.js';
import type { TimerEffect, Turn } from '../turn.js';
import type { NativeDue } from './effects.js';
import type { RuntimeError } from '../../runtime/errors.js';
import type { DialError } from '../errors.js';
import type { RouteReport, TransportEffect } from './route.js';
import { dialing as limits } from './limits.js';
import type { AddressAnswer, SessionEnd } from './live-session.js';
import { busyForMs } from './verdicts.js';

/** A connection that is being opened. */
export interface Dial {
  /** The peer to reach; null for an address that was typed. */
  readonly expected: PeerId | null;
  readonly address: Address;
}

type DialTurn = Turn<TransportEffect | TimerEffect<NativeDue>>;

/** The attempts to reach one peer. */
interface Round {
  /** Best first. */
  waiting: readonly Address[];
  /** All addresses of the round, tried ones included. */
  readonly addresses: Set<string>;
  /** Connections that are being opened or whose handshake runs. */
  readonly attempts: Set<ConnectionId>;
  /** Earliest time of the next attempt (monotonic, ms). */
  nextAtMs: number;
  isTimerSet: boolean;
  /** The longest pause that a busy peer asked for, ms. */
  retryAfterMs: number;
}

/** The dials of a node: rounds to peers, and questions about addresses. */
export class Dials {
  /** Connections that are being opened. */
  readonly #underWay = new Map<ConnectionId, Dial>();
  /** Addresses that commands asked about and that are being dialled. */
  readonly #asked = new Set<string>();
  readonly #rounds = new Map<PeerId, Round>();
  /** Counts the outgoing connections that exist, which the transport bounds. */
  readonly #outgoing: () => number;
  /** Number of the last connection. */
  #lastNo = 0;

  constructor(sessionsOut: () => number) {
    this.#outgoing = () => sessionsOut() + this.#underWay.size;
  }

  /** Starts a round over these addresses, best first, unless one is under way. False: there is no address. */
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
    this.#tryNext(peerId, round, turn);
    return true;
  }

  /** Adds announced addresses of a peer to a round that is under way. */
  addAddresses(peerId: PeerId, addresses: readonly Address[], turn: DialTurn): void {
    const round = this.#rounds.get(peerId);
    const fresh = addresses.filter((address) => round?.addresses.has(formatAddress(address)) === false);
    if (round === undefined || fresh.length === 0) return;
    for (const address of fresh) round.addresses.add(formatAddress(address));
    round.waiting = [...fresh, ...round.waiting];
    this.#tryNext(peerId, round, turn);
  }

  /** Takes the timer of a round: starts the next attempt. */
  due(peerId: PeerId, turn: DialTurn): void {
    const round = this.#rounds.get(peerId);
    if (round === undefined) return;
    round.isTimerSet = false;
    this.#tryNext(peerId, round, turn);
  }

  /** Dials an address to learn which peer is there. A dial that is under way answers all questions about it. */
  ask(address: Address, turn: DialTurn): void {
    const key = formatAddress(address);
    if (this.#asked.has(key)) return;
    this.#asked.add(key);
    this.#dial({ expected: null, address }, limits.connectDeadlineMs, turn);
  }

  /**
   * Notes that a connection is open and its handshake starts. The round waits a little for it, since a second
   * handshake at once would burden the peer. Null: the connection was not dialled here.
   */
  opened(connectionId: ConnectionId, turn: DialTurn): Dial | null {
    const dial = this.#take(connectionId);
    if (dial === null || dial.expected === null) return dial;
    const round = this.#rounds.get(dial.expected);
    if (round !== undefined) round.nextAtMs = turn.now.monotonicMs + limits.handshakePatienceMs;
    return dial;
  }

  /** Notes that a connection could not be opened. Null: it was not dialled here. */
  notOpened = (connectionId: ConnectionId): Dial | null => this.#take(connectionId);

  /**
   * Notes a failed attempt. Reports the peer as unreached once all attempts have failed. `expected` is null for an address
   * that was typed.
   */
  failed(
    expected: PeerId | null,
    connectionId: ConnectionId,
    end: SessionEnd | DialError | RuntimeError,
    turn: DialTurn,
  ): readonly RouteReport[] {
    const round = expected === null ? undefined : this.#rounds.get(expected);
    if (expected === null || round?.attempts.delete(connectionId) !== true) return [];
    round.retryAfterMs = Math.max(
      round.retryAfterMs,
      busyForMs(end, () => turn.random()),
    );
    if (round.attempts.size > 0 || round.waiting.length > 0) return [];
    this.#rounds.delete(expected);
    return [{ type: 'unreached', peerId: expected, retryAfterMs: round.retryAfterMs }];
  }

  /** Ends the round, since the session `by` of it is up. Returns the connections whose handshakes are no longer needed. */
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

  /** Starts no further attempt, since the peer called us. Running ones settle by the rule for crossed dials. */
  wasCalledBy(peerId: PeerId): void {
    const round = this.#rounds.get(peerId);
    if (round === undefined) return;
    round.waiting = [];
    if (round.attempts.size === 0) this.#rounds.delete(peerId);
  }

  /** Returns the answer to the questions about this address; empty where there is none. */
  answersAt(address: Address, found: AddressAnswer['found']): readonly AddressAnswer[] {
    return this.#asked.delete(formatAddress(address)) ? [{ address, found }] : [];
  }

  /** Starts the next attempt where its time has come, and sets the timer for the one after it. */
  #tryNext(peerId: PeerId, round: Round, turn: DialTurn): void {
    const { monotonicMs: nowMs } = turn.now;
    const [address, ...others] = round.waiting;
    if (address === undefined) return;
    if (nowMs >= round.nextAtMs && this.#hasRoom(round)) {
      round.waiting = others;
      round.nextAtMs = nowMs + limits.attemptEveryMs;
      // A slow address must not hold up the others.
      const deadlineMs =
        round.addresses.size > limits.attemptsMax ? limits.crowdedDeadlineMs : limits.connectDeadlineMs;
      round.attempts.add(this.#dial({ expected: peerId, address }, deadlineMs, turn));
    }
    if (round.waiting.length === 0 || round.isTimerSet) return;
    round.isTimerSet = true;
    const afterMs = Math.max(limits.attemptEveryMs, round.nextAtMs - nowMs);
    turn.emit({ to: 'self', afterMs, due: { type: 'attempt', peerId } });
  }

  /**
   * Whether a further attempt may start. The first one of a round always may: the transport refuses dials beyond its
   * bound.
   */
  #hasRoom({ attempts }: Round): boolean {
    if (attempts.size === 0) return true;
    return attempts.size < limits.attemptsMax && this.#outgoing() < limits.outgoingMax;
  }

  #dial(dial: Dial, deadlineMs: number, turn: DialTurn): ConnectionId {
    this.#lastNo += 1;
    // The shape of the id is ours: a failure here is a bug.
    const connectionId = parseConnectionId(`o-${this.#lastNo}`)._unsafeUnwrap();
    this.#underWay.set(connectionId, dial);
    turn.emit({ to: 'transport', say: 'dial', connectionId, address: dial.address, deadlineMs });
    return connectionId;
  }

  #take(connectionId: ConnectionId): Dial | null {
    const dial = this.#underWay.get(connectionId) ?? null;
    this.#underWay.delete(connectionId);
    return dial;
  }
}
