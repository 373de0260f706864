/**
 * The peers that transfers wait for: when each is dialled. A peer that went away is tried again with growing pauses, and
 * at once when it announces itself. A session that was parked for somebody else's word leaves the slot to it first.
 */
import type { PeerId } from '../../ids.js';
import type { Turn } from '../turn.js';
import type { TransfersEffect } from './effects.js';
import { times as limits } from './limits.js';

interface Attempt {
  pauseMs: number;
  dialledAtMs: number;
  /** Number of the timer that counts. */
  timer: number;
}

/** The dials for transfers. */
export class WantedPeers {
  readonly #attempts = new Map<PeerId, Attempt>();
  #timers = 0;

  /** Sets the peers that are wanted. Returns those to dial now. */
  set(peerIds: readonly PeerId[], turn: Turn<TransfersEffect>): readonly PeerId[] {
    const wanted = new Set(peerIds);
    for (const peerId of this.#attempts.keys()) if (!wanted.has(peerId)) this.#attempts.delete(peerId);
    return peerIds.filter((peerId) => !this.#attempts.has(peerId) && this.#try(peerId, turn));
  }

  /** The peer announced itself. True: dial it now. */
  present(peerId: PeerId, turn: Turn<TransfersEffect>): boolean {
    const attempt = this.#attempts.get(peerId);
    if (attempt === undefined) return false;
    if (turn.now.monotonicMs - attempt.dialledAtMs < limits.dialPauseMinMs) return false;
    attempt.pauseMs = limits.dialPauseMinMs;
    return this.#try(peerId, turn);
  }

  /** A timer has fired. True: dial the peer now. */
  due(peerId: PeerId, timer: number, turn: Turn<TransfersEffect>): boolean {
    return this.#attempts.get(peerId)?.timer === timer && this.#try(peerId, turn);
  }

  /** A session with the peer was parked: wait before the next one. */
  parked(peerId: PeerId, turn: Turn<TransfersEffect>): void {
    this.#timers += 1;
    this.#attempts.set(peerId, {
      pauseMs: limits.dialPauseMinMs,
      dialledAtMs: turn.now.monotonicMs,
      timer: this.#timers,
    });
    this.#plan(peerId, this.#timers, limits.dialPauseMinMs, turn);
  }

  #try(peerId: PeerId, turn: Turn<TransfersEffect>): true {
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
  #plan(peerId: PeerId, nth: number, pauseMs: number, turn: Turn<TransfersEffect>): void {
    const afterMs = pauseMs / 2 + (turn.random() * pauseMs) / 2;
    turn.emit({ to: 'self', afterMs, due: { type: 'transfer-dial', peerId, nth } });
  }
}
