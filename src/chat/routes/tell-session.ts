/** Sends orders to a native session. One that got the order to close takes no further utterances. */
import type { Utterance } from '../../dialects/dialect.js';
import type { CloseReason } from '../../session/contract.js';
import type { Turn } from '../turn.js';
import type { SessionEffect } from './effects.js';
import type { LiveSession } from './live-session.js';

/** An order to a session that is up. */
export type SessionOrder =
  | { readonly say: 'utter'; readonly utterances: readonly Utterance[] }
  | { readonly say: 'ping' | 'narrow' | 'attach-files' }
  | { readonly say: 'close'; readonly reason: CloseReason };

/** Sends an order, unless the session is closing. */
export function tellSession(live: LiveSession, order: SessionOrder, turn: Turn<SessionEffect>): void {
  live.isClosing ||= order.say === 'close';
  turn.emit({ to: 'session', sessionId: live.sessionId, ...order });
}

/** Makes sessions known to an actor of files that has started. */
export function attachFiles(sessions: readonly LiveSession[], turn: Turn<SessionEffect>): void {
  for (const live of sessions) tellSession(live, { say: 'attach-files' }, turn);
}

/** Closes sessions. */
export function closeAll(
  sessions: readonly LiveSession[],
  reason: CloseReason,
  turn: Turn<SessionEffect>,
): void {
  for (const live of sessions) tellSession(live, { say: 'close', reason }, turn);
}
