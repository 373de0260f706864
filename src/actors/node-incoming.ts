/** Lines that came in, from whatever program: to the disk, then to those who watch. */
import type { NewLine } from '../chat/conversation.js';
import { messageEventOf } from '../chat/transcript.js';
import type { NodeContext, NodeState } from './node-state.js';

/** False when the disk did not take them; `consequence` is then told to those who watch. */
export async function storeIncoming(
  state: NodeState,
  lines: readonly NewLine[],
  consequence: string,
  context: NodeContext,
): Promise<boolean> {
  const appended = await context.links.history.call('append', { lines });
  if (appended.isErr()) {
    const { code } = appended.error;
    context.log('error', 'message-not-stored', { code });
    const message = `a message arrived and could not be stored; ${consequence}`;
    state.args.publish({ type: 'error', code, message });
    return false;
  }
  lines.forEach((line, at) => {
    const seq = appended.value.stored[at]?.seq ?? 0;
    // Not by `isDuplicate`: after a crash between commit and reply the history knows a line that nobody has seen.
    if (seq <= state.shownSeq) return;
    state.shownSeq = seq;
    state.args.publish(messageEventOf({ ...line, seq }));
  });
  return true;
}
