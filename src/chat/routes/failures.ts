/** Failed sessions, in the log and as events. */
import type { SessionError } from '../../session/errors.js';
import { formatAddress } from '../../wire/address.js';
import type { People } from '../people/people.js';
import { logLine, type Turn } from '../turn.js';
import type { NativeEffect } from './effects.js';
import type { LiveSession } from './live-session.js';

/** Reports a failed session: a changed key as an event, any other failure in the log. */
export function reportFailure(
  people: People,
  { address, direction, expected }: LiveSession,
  { code }: SessionError,
  turn: Turn<NativeEffect>,
): void {
  const fields = { code, address: formatAddress(address), direction };
  // A busy peer is normal. Any host can provoke the other failures, so each source has its ration.
  if (code === 'session/busy') turn.emit(logLine('debug', 'session-failed', fields));
  else {
    const source = `${code} ${direction} ${expected ?? address.host}`;
    turn.emit(logLine('warn', 'session-failed', fields, { source, isRestTold: true }));
  }
  if (code !== 'session/key-changed' || expected === null) return;
  const peer = people.name(expected);
  const message = `somebody with another key answers at the address of ${peer}; nothing was sent`;
  turn.emit({ to: 'feed', event: { type: 'error', code, message, peer } });
}
