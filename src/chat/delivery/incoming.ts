/** Lines that came in, from whatever program: to the disk, then to those who watch. */
import type { NewLine } from './entry.js';
import { nameOf } from '../people/book.js';
import type { Utterance } from '../../dialects/dialect.js';
import type { ErrorCode } from '../../errors.js';
import { directConversation, type MessageId, type PeerId } from '../../ids.js';
import { incoming as limits } from './limits.js';
import { tell } from '../routes/native.js';
import { commitLines } from './shown.js';
import type { LiveSession, NodeContext, NodeState } from '../core.js';

/** `null`: the disk has them. Otherwise why not; `consequence` is told to those who watch. */
export async function storeIncoming(
  state: NodeState,
  lines: readonly NewLine[],
  consequence: string,
  context: NodeContext,
): Promise<ErrorCode | null> {
  const committed = await commitLines(state, lines, context);
  if (committed.isOk()) return null;
  const { code } = committed.error;
  context.log('error', 'message-not-stored', { code });
  const message = `a message arrived and could not be stored; ${consequence}`;
  state.args.publish({ type: 'error', code, message });
  return code;
}

/**
 * Words of a native session. Returns those to confirm: without a commit there is no receipt, and the sender keeps the
 * words. What crashes the history each time is not handed to it again: its sender would bring it back until the node
 * gives up. Which one of several it was shows when they come again, each by itself.
 */
export async function commitIncoming(
  state: NodeState,
  live: LiveSession,
  lines: readonly NewLine[],
  context: NodeContext,
): Promise<readonly MessageId[]> {
  const { poison } = state;
  const wanted = lines.filter(({ id }) => poison.get(id) !== 'set-aside');
  // All at once: in the order in which they are handed over they are also committed.
  const portions = portionsOf(wanted, ({ id }) => poison.has(id));
  const confirmed = await Promise.all(
    portions.map((portion) => commitPortion(state, live, portion, context)),
  );
  return confirmed.flat();
}

async function commitPortion(
  state: NodeState,
  live: LiveSession,
  lines: readonly NewLine[],
  context: NodeContext,
): Promise<readonly MessageId[]> {
  const code = await storeIncoming(state, lines, 'it stays with its sender', context);
  const ids = lines.map(({ id }) => id);
  if (code === null) {
    for (const id of ids) state.poison.delete(id);
    return ids;
  }
  if (code === 'runtime/poison') {
    for (const id of ids) remember(state.poison, id, ids.length === 1 ? 'set-aside' : 'suspect');
    // What came with it and after it goes on.
    if (ids.length === 1) return [];
  }
  live.isRefused = true;
  tell(live, 'close', { reason: 'park' }, context);
  return [];
}

/** In order; who is alone is a portion by itself. */
function portionsOf(
  lines: readonly NewLine[],
  isAlone: (line: NewLine) => boolean,
): readonly (readonly NewLine[])[] {
  const portions: NewLine[][] = [];
  let open: NewLine[] | null = null;
  for (const line of lines) {
    if (isAlone(line)) {
      portions.push([line]);
      open = null;
    } else if (open === null) portions.push((open = [line]));
    else open.push(line);
  }
  return portions;
}

function remember(poison: NodeState['poison'], id: MessageId, verdict: Verdict): void {
  poison.set(id, verdict);
  if (poison.size <= limits.poisonIdsMax) return;
  for (const oldest of poison.keys()) {
    poison.delete(oldest);
    return;
  }
}

type Verdict = 'suspect' | 'set-aside';

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
