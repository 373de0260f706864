/**
 * `history --delete`: removes messages from every file of the home. Messages that wait for their recipient are withdrawn
 * first. The other side, exports and backups keep theirs.
 */
import { catalogue, isBegunYes } from '../../../text/catalogue.js';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ok, type Result } from 'neverthrow';
import {
  escapeForTerminal,
  type HistoryOptions,
  type MessageEvent,
  type NodeError,
  type NodeHandle,
} from '../../../../index.js';
import { writePrivate } from '../../../../home/private-file.js';
import { cli } from '../../limits.js';
import { parseTime } from '../../options/time.js';
import { readMemory, writeMemory } from '../../prompt/memory.js';
import { ask } from '../../question.js';
import { usage, withHome, type RunContext } from '../../run.js';
import { peerName } from '../../screen/present.js';
import type { ExitCode } from '../../screen/wording.js';
import { changeWaiting, waitingFor } from '../outbox.js';

/** Arguments of the removal. */
export interface EraseOptions {
  readonly peer: string | null;
  /** Only messages that arrived before this time. */
  readonly before: string | null;
  /** Only the message with this id. */
  readonly id: string | null;
  readonly isConfirmed: boolean;
}

/** Removes messages after a question, or with `--yes`. */
export async function eraseHistory(context: RunContext, options: EraseOptions): Promise<ExitCode> {
  const { output, world } = context;
  const before = options.before === null ? ok(null) : parseTime(options.before, world.nowMs(), 'start');
  if (before.isErr()) return output.failure(usage('history', before.error));
  const id = options.id?.toLowerCase() ?? null;
  if (id !== null && !/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(id))
    return output.failure(usage('history', catalogue().commands.notWholeId(id)));
  return withHome(context, async ({ node, home }) => {
    const row = options.peer === null ? null : await node.find(options.peer);
    if (row?.isErr() === true) return output.failure(row.error);
    const peer = row?.isOk() === true ? row.value : null;
    const wanted: Wanted = { peerId: peer?.id ?? null, beforeMs: before.value, id };
    const found = await lookFor(node, wanted);
    if (found.isErr()) return output.failure(found.error);
    const { count } = found.value;
    if (count === 0) {
      await output.result({ type: 'erased', removed: 0 }, catalogue().commands.nothingToDelete);
      return 0;
    }
    const what = describe(count, peer);
    if (!options.isConfirmed) {
      const asked = await isConfirmed(context, what);
      if (asked === 'cannot-ask') return output.failure(usage('history', catalogue().commands.addYes(what)));
      if (asked === 'no') {
        output.note(catalogue().commands.nothingDeleted);
        return 0;
      }
    }
    const removed = await removeAll(node, wanted);
    if (removed.isErr()) return output.failure(removed.error);
    forget(home, found.value);
    await output.result({ type: 'erased', removed: removed.value }, catalogue().commands.deleted(what));
    output.note(catalogue().commands.othersKeep);
    const aside = readdirSync(home).filter((file) => /^history\.(?:damaged|empty)-.*\.db$/.test(file));
    for (const file of aside) output.note(catalogue().commands.setAside(escapeForTerminal(join(home, file))));
    return 0;
  });
}

/** The messages to remove. */
interface Wanted {
  readonly peerId: string | null;
  readonly beforeMs: number | null;
  readonly id: string | null;
}

/** The traces of these messages outside the history. */
interface Found {
  readonly count: number;
  /** Texts that the user typed. */
  readonly typed: ReadonlySet<string>;
  /** Ends of the lines of `chat_history.txt`. */
  readonly oldLines: ReadonlySet<string>;
}

async function lookFor(
  node: NodeHandle,
  { peerId, beforeMs, id }: Wanted,
): Promise<Result<Found, NodeError>> {
  const typed = new Set<string>();
  const oldLines = new Set<string>();
  const query: HistoryOptions = {
    ...(peerId === null ? {} : { peer: peerId }),
    ...(beforeMs === null ? {} : { untilMs: beforeMs - 1 }),
  };
  let count = 0;
  for (let afterSeq = 0; ;) {
    const page = await node.history({ ...query, afterSeq, limit: cli.historyPageLines });
    if (page.isErr()) return page.map(() => ({ count, typed, oldLines }));
    for (const message of page.value) {
      if (id !== null && message.id !== id) continue;
      count += 1;
      if (message.direction === 'out') for (const line of typedAs(message.text)) typed.add(line);
      if (message.dialect === 'cmp2204') oldLines.add(endOfOldLine(message));
    }
    const last = page.value.at(-1);
    if (last === undefined) return ok({ count, typed, oldLines });
    afterSeq = last.seq;
  }
}

/** A text that begins with a slash was typed with two. */
const typedAs = (text: string): readonly string[] => (text.startsWith('/') ? [text, `/${text}`] : [text]);

const endOfOldLine = ({ direction, text }: MessageEvent): string =>
  ` - ${direction === 'out' ? 'SENT' : 'RECEIVED'} - ${text}`;

async function isConfirmed(
  { world, output, stopped }: RunContext,
  what: string,
): Promise<'yes' | 'no' | 'cannot-ask'> {
  if (world.stdin.isTTY !== true || output.isJson) return 'cannot-ask';
  const answer = await ask(world, catalogue().commands.askDelete(what), stopped);
  return isBegunYes(answer ?? '') ? 'yes' : 'no';
}

/** Withdraws what waits, and removes the messages, a slice at a time. Returns how many were removed. */
async function removeAll(node: NodeHandle, wanted: Wanted): Promise<Result<number, NodeError>> {
  const { peerId, beforeMs, id } = wanted;
  const waiting = await waitingFor(node, peerId);
  if (waiting.isErr()) return waiting.map(() => 0);
  const isWanted = (message: MessageEvent): boolean =>
    (id === null || message.id === id) && (beforeMs === null || Date.parse(message.receivedAt) < beforeMs);
  for await (const done of changeWaiting(node, 'cancel', waiting.value.filter(isWanted)))
    if (done.isErr()) return done.map(() => 0);
  const unread = (await node.unread()).unwrapOr([]);
  let removed = 0;
  for (let afterSeq = 0; ;) {
    const slice = await node.erase({
      afterSeq,
      ...(peerId === null ? {} : { peer: peerId }),
      ...(beforeMs === null ? {} : { beforeMs }),
      ...(id === null ? {} : { id }),
    });
    if (slice.isErr()) return slice.map(() => removed);
    removed += slice.value.removed;
    afterSeq = slice.value.upToSeq;
    if (slice.value.isLast) break;
  }
  // The marks stay where they are; the numbers of unread messages are counted again.
  for (const { peer } of unread) if (peerId === null || peer.id === peerId) await node.markRead(peer.id, 0);
  return ok(removed);
}

/** Removes the texts from the input history of the prompt, and from the transcript of cmp2204. */
function forget(home: string, { typed, oldLines }: Found): void {
  const memory = readMemory(home);
  const history = memory.history.filter((line) => !typed.has(line));
  if (history.length < memory.history.length) writeMemory(home, { ...memory, history });
  if (oldLines.size === 0) return;
  const file = join(home, 'chat_history.txt');
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    const kept = lines.filter((line) => ![...oldLines].some((end) => line.endsWith(end)));
    if (kept.length < lines.length) writePrivate(file, kept.join('\n')).unwrapOr(undefined);
  } catch {
    // The home has no such transcript.
  }
}

/** Returns the number of messages in words, with the peer of their conversation. */
function describe(count: number, peer: Parameters<typeof peerName>[0] | null): string {
  const { messages, withPeer } = catalogue().commands;
  return peer === null ? messages(count) : withPeer(messages(count), peerName(peer));
}
