/**
 * The peers that transfers wait for: when each is dialled. A peer that went away is tried again with growing pauses, and
 * at once when it announces itself. A session that was parked for somebody else's word leaves the slot to it first.
 */
import type { PeerId } from '../../ids.js';
import type { Turn } from '../turn.js';
import type { TransfersEffect } from './effects.js';
import { times as limits } from './limits.js';

type WantedTurn = Pick<Turn<TransfersEffect>, 'now' | 'random' | 'emit'>;

interface Attempt {
  pauseMs: number;
  dialledAtMs: number;
  /** Number of the timer that counts. */
  timer: number;
}

/** The dials for transfers. */
export class WantedPeers {
  readonly #attempts = new Map<PeerId, Attempt>();
  /** Ends of sessions that were parked a moment ago, monotonic ms. */
  readonly #parkedAtMs = new Map<PeerId, number>();
  #timers = 0;

  /** Sets the peers that are wanted. Returns those to dial now. */
  set(peerIds: readonly PeerId[], turn: WantedTurn): readonly PeerId[] {
    const wanted = new Set(peerIds);
    for (const peerId of this.#attempts.keys()) if (!wanted.has(peerId)) this.#attempts.delete(peerId);
    return peerIds.filter((peerId) => {
      if (this.#attempts.has(peerId)) return false;
      if (!this.#isParked(peerId, turn.now.monotonicMs)) return this.#try(peerId, turn);
      this.#wait(peerId, turn);
      return false;
    });
  }

  /** The peer announced itself. True: dial it now. */
  present(peerId: PeerId, turn: WantedTurn): boolean {
    const attempt = this.#attempts.get(peerId);
    if (attempt === undefined) return false;
    if (turn.now.monotonicMs - attempt.dialledAtMs < limits.dialPauseMinMs) return false;
    attempt.pauseMs = limits.dialPauseMinMs;
    return this.#try(peerId, turn);
  }

  /** A timer has fired. True: dial the peer now. */
  due(peerId: PeerId, timer: number, turn: WantedTurn): boolean {
    return this.#attempts.get(peerId)?.timer === timer && this.#try(peerId, turn);
  }

  /** A session with the peer was parked: where a transfer wants the next one, it waits. */
  parked(peerId: PeerId, turn: WantedTurn): void {
    const nowMs = turn.now.monotonicMs;
    for (const other of this.#parkedAtMs.keys())
      if (!this.#isParked(other, nowMs)) this.#parkedAtMs.delete(other);
    this.#parkedAtMs.set(peerId, nowMs);
    if (this.#attempts.has(peerId)) this.#wait(peerId, turn);
  }

  #isParked(peerId: PeerId, nowMs: number): boolean {
    const parkedAtMs = this.#parkedAtMs.get(peerId);
    return parkedAtMs !== undefined && nowMs - parkedAtMs < limits.dialPauseMinMs;
  }

  /** Waits a pause before the first dial. */
  #wait(peerId: PeerId, turn: WantedTurn): void {
    this.#timers += 1;
    const attempt = {
      pauseMs: limits.dialPauseMinMs,
      dialledAtMs: turn.now.monotonicMs,
      timer: this.#timers,
    };
    this.#attempts.set(peerId, attempt);
    this.#plan(peerId, this.#timers, limits.dialPauseMinMs, turn);
  }

  #try(peerId: PeerId, turn: WantedTurn): true {
    const before = this.#attempts.get(peerId);
    const pauseMs = before?.pauseMs ?? limits.dialPauseMinMs;
    this.#timers += 1;
    const nextMs = Math.min(2 * pauseMs, limits.dialPauseMaxMs);
    this.#attempts.set(peerId, {
      pauseMs: nextMs,
      dialledAtMs: turn.now.monotonicMs,
      timer: this.#timers,
    });
    this.#plan(peerId, this.#timers, pauseMs, turn);
    return true;
  }

  /** Half of a pause is by chance, so that two ends do not dial each other in step. */
  #plan(peerId: PeerId, nth: number, pauseMs: number, turn: WantedTurn): void {
    const afterMs = pauseMs / 2 + (turn.random() * pauseMs) / 2;
    turn.emit({ to: 'self', afterMs, due: { type: 'transfer-dial', peerId, nth } });
  }
}
