/** `unread` and `read`: the messages that the user has not read. */
import { catalogue } from '../../text/catalogue.js';
import { type MessageEvent, type NodeError, type NodeHandle, type UnreadInfo } from '../../../index.js';
import { err, ok, type Result } from 'neverthrow';
import { cli } from '../limits.js';
import { Naming, peerLabel } from '../screen/naming.js';
import { clock, messageLine, messageText, peerName } from '../screen/present.js';
import type { Output } from '../screen/output.js';
import { withHome, type RunContext } from '../run.js';
import type { ExitCode } from '../screen/wording.js';

/** Lists the conversations with unread messages; the marks stay. */
export function unread(context: RunContext): Promise<ExitCode> {
  const { output } = context;
  return withHome(context, async ({ node }) => {
    const conversations = await node.unread();
    if (conversations.isErr()) return output.failure(conversations.error);
    for (const conversation of conversations.value) {
      const oldest = await messagesAfter(node, conversation.peer.id, conversation.readSeq, 1);
      await list(output, conversation, oldest.unwrapOr([])[0]);
    }
    if (conversations.value.length === 0) output.note(catalogue().commands.nothingUnread);
    return 0;
  });
}

async function list(
  output: Output,
  { peer, unread: count, readSeq }: UnreadInfo,
  oldest: MessageEvent | undefined,
): Promise<void> {
  const { name, id, tag } = peer;
  const since = oldest === undefined ? {} : { since: oldest.receivedAt };
  const words =
    oldest === undefined
      ? ''
      : catalogue().commands.since(
          clock(oldest.receivedAt),
          messageText(oldest.text, { graphemesMax: cli.previewGraphemes }),
        );
  await output.result(
    { type: 'unread', peer: name, peerId: id, name, id, tag, unread: count, afterSeq: readSeq, ...since },
    `${String(count).padStart(5)} ${output.colors.bold(peerName(peer))}${words}`,
  );
}

/** Prints the unread messages of a peer and marks them as read. */
export function read(context: RunContext, word: string): Promise<ExitCode> {
  const { output, stopped } = context;
  return withHome(context, async ({ node }) => {
    const found = await node.find(word);
    if (found.isErr()) return output.failure(found.error);
    const { id } = found.value;
    const conversations = await node.unread();
    if (conversations.isErr()) return output.failure(conversations.error);
    const conversation = conversations.value.find(({ peer }) => peer.id === id);
    if (conversation === undefined) {
      output.note(catalogue().commands.nothingUnreadFrom(peerName(found.value)));
      return 0;
    }
    const naming = new Naming((await node.peers()).unwrapOr([]));
    for (let afterSeq = conversation.readSeq; ;) {
      const page = await messagesAfter(node, id, afterSeq, cli.historyPageLines);
      if (page.isErr()) return output.failure(page.error);
      const last = page.value.at(-1);
      if (last === undefined) return 0;
      await output.results(
        page.value,
        page.value.map((message) => messageLine(message, output.colors, naming)),
      );
      // Messages that did not reach the reader stay unread.
      if (stopped.aborted || !(await output.written())) return 0;
      const marked = await node.markRead(id, last.seq);
      if (marked.isErr()) return output.failure(marked.error);
      afterSeq = last.seq;
    }
  });
}

/** Reads the messages that the peer sent after a `seq`, oldest first. */
export async function messagesAfter(
  node: Pick<NodeHandle, 'history'>,
  peer: string,
  afterSeq: number,
  limit: number,
): Promise<Result<readonly MessageEvent[], NodeError>> {
  const page = await node.history({ peer, afterSeq, limit, direction: 'in' });
  return page.isErr() ? err(page.error) : ok(page.value);
}

/** Counts unread messages: `3 unread: Alice 2, Dave 1`; null: nothing is unread. */
export function unreadLine(conversations: readonly UnreadInfo[]): string | null {
  const total = conversations.reduce((sum, { unread: count }) => sum + count, 0);
  if (total === 0) return null;
  const words = conversations.map(({ peer, unread: count }) => `${peerLabel(peer)} ${count}`);
  return catalogue().commands.unread(total, words.join(', '));
}
