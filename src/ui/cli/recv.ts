/** `parlance recv`: messages as they arrive. */
import { parsePeerId, resolvePeer, type MessageEvent, type NodeHandle, type PeerEvent } from '../../index.js';
import { controlApi } from '../../limits.js';
import { eventLine, messageLine } from './present.js';
import { until, usage, withNode, type RunContext } from './run.js';
import type { ExitCode } from './wording.js';

export interface RecvOptions {
  /** Ends after so many; `null`: goes on. */
  readonly count: number | null;
  readonly from: string | null;
  /** A `seq`, or the id of a message: only what came after it. */
  readonly since: string | null;
  readonly timeoutMs: number | null;
}

export function recv(context: RunContext, options: RecvOptions): Promise<ExitCode> {
  return withNode(context, async ({ node }) => {
    const sinceSeq = options.since === null ? undefined : await seqOf(node, options.since);
    if (sinceSeq === null) {
      return context.output.failure(
        usage('recv', `--since ${options.since}: no such seq or message id here`),
      );
    }
    return follow(context, options, node, sinceSeq);
  });
}

async function follow(
  context: RunContext,
  options: RecvOptions,
  node: NodeHandle,
  sinceSeq: number | undefined,
): Promise<ExitCode> {
  const { output, stopped } = context;
  const timedOut = new AbortController();
  const timer = options.timeoutMs === null ? null : setTimeout(() => timedOut.abort(), options.timeoutMs);
  const signal = AbortSignal.any([stopped, timedOut.signal]);
  let left = options.count ?? Number.POSITIVE_INFINITY;
  try {
    for await (const event of until(node.events(sinceSeq === undefined ? {} : { sinceSeq }), signal)) {
      if (event.type === 'ready' && output.isJson) await output.result(event, null);
      else if (event.type === 'ready') output.note(eventLine(event, output.colors) ?? '');
      else if (event.type === 'error') output.note(eventLine(event, output.colors) ?? '');
      else if (event.type === 'bye') return 0;
      else if (
        event.type === 'message' &&
        event.direction === 'in' &&
        (await isFrom(node, options.from, event))
      ) {
        await output.result(event, messageLine(event, output.colors));
        left -= 1;
        if (left <= 0) return 0;
      }
    }
    if (stopped.aborted) return 0;
    if (timedOut.signal.aborted) {
      return output.failure({
        code: 'command/timeout',
        what: 'no more messages came',
        waitedMs: options.timeoutMs ?? 0,
      });
    }
    return output.failure({ code: 'api/lost', detail: 'the stream of messages ended' });
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}

/** A peer may be asked for before it was heard of, so the word is resolved anew for each message. */
async function isFrom(node: NodeHandle, word: string | null, message: MessageEvent): Promise<boolean> {
  if (word === null || word === message.peer || word === message.peerId) return true;
  const rows = (await node.peers()).unwrapOr([]);
  return matching(word, rows).some((row) => row.id === message.peerId);
}

/** The rows of the list that `word` may mean. */
export function matching(word: string, rows: readonly PeerEvent[]): readonly PeerEvent[] {
  const byAddress = rows.filter((row) => `${row.address}:${row.port}` === word);
  if (byAddress.length > 0) return byAddress;
  const named = rows.flatMap((row) =>
    parsePeerId(row.id).match(
      (peerId) => [{ peerId, name: row.name }],
      () => [],
    ),
  );
  return resolvePeer(word, named).match(
    (target) => ('peerId' in target ? rows.filter((row) => row.id === target.peerId) : []),
    () => rows.filter((row) => row.name === word),
  );
}

/** `seq` of `word`; `null` when it is neither a number nor the id of a stored message. */
async function seqOf(node: NodeHandle, word: string): Promise<number | null> {
  if (/^\d{1,15}$/.test(word)) return Number(word);
  if (!/^[0-9a-f-]{36}$/i.test(word)) return null;
  let beforeSeq: number | undefined;
  for (;;) {
    const page = await node.history({
      limit: controlApi.historyLimitMax,
      ...(beforeSeq === undefined ? {} : { beforeSeq }),
    });
    const lines = page.unwrapOr([]);
    const found = lines.find((line) => line.id === word.toLowerCase());
    if (found !== undefined) return found.seq;
    const oldest = lines[0];
    if (oldest === undefined || oldest.seq <= 1) return null;
    beforeSeq = oldest.seq;
  }
}
