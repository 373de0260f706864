/**
 * Paths that lose large packets and tell nobody, such as a tunnel with a smaller MTU than its ends believe. A handshake
 * passes, and then a large message and all that follow it stay unanswered until the session ends. The next session
 * with that peer therefore writes in small pieces, each of which fits a packet of its own.
 */
import type { MessageId, PeerId } from '../../ids.js';
import type { Entry } from '../delivery/entry.js';
import { bytesOf } from '../delivery/entry.js';
import type { Turn } from '../turn.js';
import type { NativeEffect } from './effects.js';
import { narrowPaths as limits } from './limits.js';
import type { LiveSession } from './live-session.js';
import { tellSession } from './tell-session.js';

/** Notes entries that go out on a session, for `NarrowPaths.ended`. */
export function noteSent(
  live: LiveSession,
  entries: readonly Pick<Entry, 'id' | 'content'>[],
  nowMs: number,
): void {
  if (live.unconfirmed.size === 0) live.unansweredSinceMs = nowMs;
  for (const { id, content } of entries) live.unconfirmed.set(id, bytesOf(content));
}

/** Notes receipts of the peer: the path carries what went out. */
export function noteConfirmed(live: LiveSession, ids: readonly MessageId[], nowMs: number): void {
  let isProgress = false;
  for (const id of ids) isProgress = live.unconfirmed.delete(id) || isProgress;
  if (isProgress) live.unansweredSinceMs = nowMs;
}

/** The peers that a narrow path leads to. Bounded; in memory only. */
export class NarrowPaths {
  /** Time at which a session with the peer ended with large unanswered messages (monotonic, ms). */
  readonly #suspectedAtMs = new Map<PeerId, number>();
  /** Time until which sessions with the peer write in pieces (monotonic, ms). */
  readonly #untilMs = new Map<PeerId, number>();

  /** Takes the end of the current session with a peer. */
  ended({ peerId, unansweredSinceMs, unconfirmed }: LiveSession, nowMs: number): void {
    if (peerId === null || nowMs - unansweredSinceMs < limits.suspectAfterMs) return;
    // Several small messages may have gone out in one large packet, so their sum counts.
    const bytes = [...unconfirmed.values()].reduce((sum, each) => sum + each, 0);
    if (bytes < limits.suspectBytes) return;
    remember(this.#suspectedAtMs, peerId, nowMs);
  }

  /**
   * Takes a session that is up. A host that was gone for a while comes back later than the one behind a narrow path, which
   * answers the next handshake at once. Returns whether the path to the peer has just turned out to be narrow.
   */
  up(live: LiveSession, peerId: PeerId, turn: Turn<NativeEffect>): boolean {
    const { monotonicMs: nowMs } = turn.now;
    const isNews = nowMs - (this.#suspectedAtMs.get(peerId) ?? -Infinity) < limits.backWithinMs;
    this.#suspectedAtMs.delete(peerId);
    const isKnown = nowMs < (this.#untilMs.get(peerId) ?? -Infinity);
    if (isNews) remember(this.#untilMs, peerId, nowMs + limits.rememberedMs);
    if (isNews || isKnown) tellSession(live, { say: 'narrow' }, turn);
    return isNews && !isKnown;
  }
}

function remember(times: Map<PeerId, number>, peerId: PeerId, atMs: number): void {
  times.delete(peerId);
  times.set(peerId, atMs);
  for (const oldest of times.keys()) {
    if (times.size <= limits.peersMax) break;
    times.delete(oldest);
  }
}
