/** Lines that came in, from whatever program: to the disk, then to those who watch. */
import type { NewLine } from '../chat/conversation.js';
import { nameOf } from '../chat/peer-book.js';
import type { Utterance } from '../dialects/dialect.js';
import { directConversation, type MessageId, type PeerId } from '../ids.js';
import { tell } from './node-sessions.js';
import { commitLines } from './node-shown.js';
import type { LiveSession, NodeContext, NodeState } from './node-state.js';

/** False when the disk did not take them; `consequence` is then told to those who watch. */
export async function storeIncoming(
  state: NodeState,
  lines: readonly NewLine[],
  consequence: string,
  context: NodeContext,
): Promise<boolean> {
  const committed = await commitLines(state, lines, context);
  if (committed.isOk()) return true;
  const { code } = committed.error;
  context.log('error', 'message-not-stored', { code });
  const message = `a message arrived and could not be stored; ${consequence}`;
  state.args.publish({ type: 'error', code, message });
  return false;
}

/** Words of a native session. Returns those to confirm: all, or none. */
export async function commitIncoming(
  state: NodeState,
  live: LiveSession,
  lines: readonly NewLine[],
  context: NodeContext,
): Promise<readonly MessageId[]> {
  if (await storeIncoming(state, lines, 'it stays with its sender', context))
    return lines.map(({ id }) => id);
  // The sender keeps the words and comes back later: without a commit there is no receipt.
  live.isRefused = true;
  tell(live, 'close', { reason: 'park' }, context);
  return [];
}

export function incomingLine(
  state: NodeState,
  peerId: PeerId,
  id: MessageId,
  { text, sentAtMs }: Extract<Utterance, { type: 'text' }>,
): NewLine {
  return {
    id,
    direction: 'in',
    peerId,
    peer: nameOf(state.book, peerId),
    conversation: directConversation(peerId),
    text,
    sentAtMs,
    receivedAtMs: Date.now(),
    dialect: 'native',
    encryption: 'noise',
    verified: state.book.contacts.get(peerId)?.trust === 'verified',
    state: 'delivered',
  };
}
