/** The last word about a transfer, which is repeated in each session until the peer has acknowledged it. Pure. */
import { isOver, type TransferRecord } from '../../chat/files/record.js';
import type { FileWords } from '../../dialects/files.js';
import { fromHex } from '../../wire/bytes.js';

/** Returns the last word; null: the transfer goes on. */
export function lastWord({ id, state, direction, reason, root }: TransferRecord): FileWords | null {
  if (!isOver({ state })) return null;
  if (state === 'done' && direction === 'in') return { type: 'stored', id, root: fromHex(root ?? '') };
  if (state === 'declined') return { type: 'consent', id, answer: 'decline', reason: reason ?? 'cancelled' };
  return { type: 'stop', id, reason: reason ?? (state === 'expired' ? 'expired' : 'cancelled') };
}
