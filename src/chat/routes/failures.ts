/** Sessions that failed: what the log says of them, however many there are, and what those who watch are told. */
import { nameOf } from '../people/book.js';
import type { SessionError } from '../../session/errors.js';
import { dialing } from './limits.js';
import { formatAddress } from '../../wire/address.js';
import type { LiveSession, NodeContext, NodeState } from '../core.js';

/** A changed key is told to everybody who watches; the rest is for the log. */
export function reportFailure(
  state: NodeState,
  live: LiveSession,
  error: SessionError,
  context: NodeContext,
): void {
  logFailure(state, live, error, context);
  if (error.code !== 'session/key-changed' || live.expected === null) return;
  const name = nameOf(state.book, live.expected);
  const message = `somebody with another key answers at the address of ${name}; nothing was sent`;
  state.args.publish({ type: 'error', code: error.code, message, peer: name });
}

/** Some time after the first failure that was not logged. */
export function logUnloggedFailures({ sessionFaults }: NodeState, context: NodeContext): void {
  context.log('warn', 'sessions-failed-unlogged', { count: sessionFaults.takeUntold() });
}

function logFailure(
  { sessionFaults }: NodeState,
  { address, direction, expected }: LiveSession,
  { code }: SessionError,
  context: NodeContext,
): void {
  const fields = { code, address: formatAddress(address), direction };
  // A busy peer is no fault of anybody.
  if (code === 'session/busy') {
    context.log('debug', 'session-failed', fields);
    return;
  }
  const noted = sessionFaults.note(`${code} ${direction} ${expected ?? address.host}`, performance.now());
  if (noted === 'told') context.log('warn', 'session-failed', fields);
  if (noted === 'first-untold') context.after(dialing.failureLog.everyMs, 'logUnloggedFailures', {});
}
