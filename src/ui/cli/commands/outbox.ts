/** `outbox`: the messages that wait for their peers. */
import { catalogue } from '../../text/catalogue.js';
import { err, ok, type Result } from 'neverthrow';
import {
  escapeForTerminal,
  escapeName,
  type MessageEvent,
  type NodeError,
  type NodeHandle,
  type StatusEvent,
} from '../../../index.js';
import { cli } from '../limits.js';
import type { OutboxVerb } from '../options/verbs.js';
import { usage, withHome, withNode, type RunContext } from '../run.js';
import { clock, statusLine } from '../screen/present.js';
import type { ExitCode } from '../screen/wording.js';

/** Runs one verb of `outbox`. `id`: a whole id, or at least four last characters of one; null: all messages. */
export function outbox(context: RunContext, verb: OutboxVerb, id: string | null): Promise<ExitCode> {
  const { output } = context;
  // A retry needs the network; the other verbs need only the home.
  const attached = verb === 'retry' ? withNode<ExitCode> : withHome<ExitCode>;
  return attached(context, async ({ node }) => {
    const waiting = await waitingFor(node, null);
    if (waiting.isErr()) return output.failure(waiting.error);
    const chosen = id === null ? ok(waiting.value) : withId(waiting.value, id);
    if (chosen.isErr()) return output.failure(usage('outbox', chosen.error));
    if (chosen.value.length === 0) {
      output.note(catalogue().commands.nothingWaits);
      return 0;
    }
    if (verb === 'list') {
      await output.results(
        chosen.value,
        chosen.value.map((message) => waitingLine(message)),
      );
      for (const line of waitLines(chosen.value)) output.note(line);
      return 0;
    }
    for await (const done of changeWaiting(node, verb, chosen.value)) {
      if (done.isErr()) return output.failure(done.error);
      const { statuses, messages } = done.value;
      await output.results(
        statuses,
        statuses.map((status) => `${shortId(status.id)}  ${statusLine(status, output.colors)}`),
      );
      const late = messages.length - statuses.length;
      if (late > 0) output.note(catalogue().commands.deliveredAlready(late));
    }
    return 0;
  });
}

/** The messages to one peer that a verb was carried out on, and the statuses that it gave them. */
export interface Changed {
  readonly messages: readonly MessageEvent[];
  readonly statuses: readonly StatusEvent[];
}

/** Withdraws or retries waiting messages, peer by peer. Ends after the first failure. */
export async function* changeWaiting(
  node: Pick<NodeHandle, 'withdraw' | 'retry'>,
  verb: Exclude<OutboxVerb, 'list'>,
  waiting: readonly MessageEvent[],
): AsyncGenerator<Result<Changed, NodeError>> {
  for (const [peerId, messages] of groupedByPeer(waiting)) {
    const done =
      verb === 'cancel'
        ? await withdrawAll(node, peerId, messages)
        : (await node.retry(peerId)).map(() => messages.map(statusOf));
    yield done.map((statuses) => ({ messages, statuses }));
    if (done.isErr()) return;
  }
}

/** Reads what waits for a peer, or (null) for all, oldest first. */
export async function waitingFor(
  node: Pick<NodeHandle, 'outbox'>,
  peer: string | null,
): Promise<Result<readonly MessageEvent[], NodeError>> {
  const messages: MessageEvent[] = [];
  for (let afterSeq = 0; ;) {
    const page = await node.outbox({ afterSeq, ...(peer === null ? {} : { peer }) });
    if (page.isErr()) return err(page.error);
    messages.push(...page.value.messages);
    const last = page.value.messages.at(-1);
    if (page.value.isLast || last === undefined) return ok(messages);
    afterSeq = last.seq;
  }
}

/** Withdraws messages to a peer, in chunks. Returns those that were still in the outbox. */
export async function withdrawAll(
  node: Pick<NodeHandle, 'withdraw'>,
  peerId: string,
  messages: readonly MessageEvent[],
): Promise<Result<readonly StatusEvent[], NodeError>> {
  const done: StatusEvent[] = [];
  for (let at = 0; at < messages.length; at += cli.withdrawChunkIds) {
    const ids = messages.slice(at, at + cli.withdrawChunkIds).map(({ id }) => id);
    const statuses = await node.withdraw(peerId, ids);
    if (statuses.isErr()) return err(statuses.error);
    done.push(...statuses.value);
  }
  return ok(done);
}

/** Counts waiting messages, one line for each peer: `2 wait for Dave; they go out when Dave and you are here`. */
export const waitLines = (messages: readonly MessageEvent[]): readonly string[] =>
  [...groupedByPeer(messages).values()].map((waiting) => {
    const name = escapeName(waiting.at(-1)?.peer ?? '');
    return catalogue().commands.waitFor(waiting.length, name);
  });

function groupedByPeer(messages: readonly MessageEvent[]): ReadonlyMap<string, readonly MessageEvent[]> {
  const byPeer = new Map<string, MessageEvent[]>();
  for (const message of messages)
    byPeer.set(message.peerId, [...(byPeer.get(message.peerId) ?? []), message]);
  return byPeer;
}

/** Finds the message of an id or of its end. Errors: in words. */
export function withId(
  messages: readonly MessageEvent[],
  word: string,
): Result<readonly MessageEvent[], string> {
  const end = word.toLowerCase();
  if (end.length < cli.shortIdChars) return err(catalogue().commands.idShort(word, cli.shortIdChars));
  const found = messages.filter(({ id }) => id.endsWith(end));
  if (found.length === 0) return err(catalogue().commands.noSuchWaits(word));
  return found.length === 1 ? ok(found) : err(catalogue().commands.endOfIds(word, found.length));
}

const shortId = (id: string): string => id.slice(-cli.shownIdChars);

const statusOf = ({ id, peer }: MessageEvent): StatusEvent => ({ type: 'status', id, peer, state: 'queued' });

/** Formats a waiting message as one line. */
export function waitingLine({ id, peer, text, receivedAt, state }: MessageEvent): string {
  const preview = escapeForTerminal(text, { graphemesMax: cli.previewGraphemes });
  return `${shortId(id)}  ${clock(receivedAt)}  → ${escapeName(peer)}: ${preview}  (${state ?? 'queued'})`;
}
