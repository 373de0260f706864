/** Connections that were opened, by others or from here: each goes to the part that speaks its dialect. */
import type { Inquiries } from './doctor/inquiries.js';
import type { Input } from './effects.js';
import type { CoreTurn, Parts } from './parts.js';
import type { RouteReport } from './routes/route.js';

/** Takes a connection that the transport admitted. An invisible user takes none. */
export function accepted(
  { native, foreign }: Pick<Parts, 'native' | 'foreign'>,
  input: Extract<Input, { readonly type: 'accepted' }>,
  isInvisible: boolean,
  turn: CoreTurn,
): readonly RouteReport[] {
  const { connectionId, dialect, address } = input;
  if (isInvisible) {
    turn.emit({ to: 'transport', say: 'close', connectionId, reason: 'invisible', penaltyMs: 0 });
    return [];
  }
  if (dialect !== 'native') return foreign.accepted(connectionId, dialect, address, turn);
  native.accepted(connectionId, address, turn);
  return [];
}

/** Takes a connection that this side opened. One that nobody waits for any more is closed. */
export function dialled(
  { native, foreign, inquiries }: Pick<Parts, 'native' | 'foreign'> & { readonly inquiries: Inquiries },
  { connectionId, ownHost }: Extract<Input, { readonly type: 'dialled' }>,
  turn: CoreTurn,
): void {
  const isWanted = native.dialled(connectionId, turn) || foreign.dialled(connectionId, turn, ownHost);
  inquiries.dialled(connectionId, turn);
  if (!isWanted) turn.emit({ to: 'transport', say: 'discard', connectionId });
}
