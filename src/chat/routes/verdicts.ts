/** Verdicts on sessions: the reason of a refusal, and the meaning of an end for commands that waited. Pure. */
import type { RuntimeError } from '../../runtime/errors.js';
import type { DialError } from '../errors.js';
import type { SessionError } from '../../session/errors.js';
import type { PeerId } from '../../ids.js';
import type { PeerProof } from '../../session/contract.js';
import { toHex } from '../../wire/bytes.js';
import { peerIdOf } from '../people/identity.js';
import type { People } from '../people/people.js';
import { dialing as limits } from './limits.js';
import type { LiveSession, SessionEnd } from './live-session.js';

/** Returns the reason to refuse a peer; null: it is welcome. A changed key comes before any other reason. */
export function refusalOf(
  live: LiveSession | undefined,
  peer: PeerProof,
  ownId: PeerId,
  people: People,
): SessionError | null {
  if (live === undefined) return { code: 'session/order', detail: 'this session has ended already' };
  const peerId = peerIdOf(peer.idKey);
  if (live.expected !== null && live.expected !== peerId)
    return { code: 'session/key-changed', expected: live.expected, got: toHex(peer.idKey) };
  if (peerId === ownId) return { code: 'session/own-identity' };
  if (people.isBlocked(peerId)) return { code: 'session/blocked' };
  const pinned = people.contact(peerId)?.certificateSerial ?? 0;
  const announced = people.presence(peerId)?.certificateSerial ?? 0;
  if (peer.certificateSerial < Math.max(pinned, announced)) return { code: 'session/serial-rollback' };
  return null;
}

/** Returns the failure that a waiting command gets. */
export function reasonOf(end: SessionEnd): SessionError {
  if (end.type === 'failed') return end.error;
  const detail = end.type === 'lost' ? `the connection was lost (${end.reason})` : 'it closed';
  return { code: 'session/order', detail };
}

/** Returns the pause that a busy peer asked for, ms; 0: none. A reset counts as BUSY: a full node has no other word. */
export function busyForMs(end: SessionEnd | DialError | RuntimeError, random: () => number): number {
  if ('type' in end && end.type === 'failed' && end.error.code === 'session/busy')
    return end.error.retryAfterMs;
  const isReset = 'type' in end ? end.type === 'lost' && end.reason === 'reset' : 'isReset' in end;
  const { resetRetryMinMs: leastMs, resetRetryMaxMs: mostMs } = limits;
  return isReset ? Math.round(leastMs + random() * (mostMs - leastMs)) : 0;
}

/**
 * Whether the caller is to blame for the end of a handshake. Of a handshake that took too long the transport judges,
 * since it alone knows on which side the time passed.
 */
export const isCallersFault = (end: SessionEnd): boolean =>
  end.type === 'failed' && end.error.code !== 'session/deadline';
