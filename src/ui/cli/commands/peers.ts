/** `parlance peers`: who is there. */
import { controlApi } from '../../api/limits.js';
import { cli } from '../limits.js';
import type { Attachment } from '../attach.js';
import { peerLine } from '../screen/present.js';
import { LastWords, pause, until, withNode, withNodes, type RunContext } from '../run.js';
import type { ExitCode } from '../screen/wording.js';

export interface PeersOptions {
  readonly isWatching: boolean;
  /** Returns once this peer is reachable. */
  readonly wait: string | null;
  /** Ends the waiting or watching; `null`: the default for waiting, no end for watching. */
  readonly timeoutMs: number | null;
}

export function peers(context: RunContext, options: PeersOptions): Promise<ExitCode> {
  const { wait, isWatching, timeoutMs } = options;
  if (wait !== null) {
    const waitMs = timeoutMs ?? controlApi.timeoutMs;
    return withNodes(context, waitMs, async (attachment, timedOut) => {
      const outcome = await waitFor(context, attachment, wait, timedOut);
      if (outcome !== 'timed-out') return outcome;
      const what = `"${wait}" is not reachable`;
      return context.output.failure({ code: 'command/timeout', what, waitedMs: waitMs });
    });
  }
  if (isWatching) {
    return withNodes(context, timeoutMs, (attachment, timedOut) => watch(context, attachment, timedOut));
  }
  return withNode(context, async (attachment) => {
    await untilAnswered(context, attachment);
    const { output } = context;
    const rows = await attachment.node.peers();
    if (rows.isErr()) return output.failure(rows.error);
    await output.results(
      rows.value,
      rows.value.map((row) => peerLine(row, output.colors)),
    );
    if (rows.value.length === 0) output.note('nobody is there yet');
    return 0;
  });
}

/** A node that has just started has asked who is there: the answers take a moment. */
async function untilAnswered({ stopped }: RunContext, { ageMs }: Attachment): Promise<void> {
  const leftMs = cli.discoveryMs - ageMs();
  if (leftMs > 0) await pause(leftMs, stopped);
}

async function watch(
  { output, stopped }: RunContext,
  { node, isOwn }: Attachment,
  timedOut: AbortSignal,
): Promise<ExitCode | 'again'> {
  const lastWords = new LastWords();
  for await (const event of until(node.events(), AbortSignal.any([stopped, timedOut]))) {
    if (event.type === 'bye') break;
    lastWords.hear(event);
    if (event.type === 'ready') {
      const rows = (await node.peers()).unwrapOr([]);
      await output.results(
        rows,
        rows.map((row) => peerLine(row, output.colors)),
      );
    } else if (event.type === 'peer') await output.result(event, peerLine(event, output.colors));
  }
  if (stopped.aborted || timedOut.aborted) return 0;
  return isOwn ? output.failure(lastWords.fault()) : 'again';
}

async function waitFor(
  { output, stopped }: RunContext,
  { node, isOwn }: Attachment,
  word: string,
  timedOut: AbortSignal,
): Promise<ExitCode | 'again' | 'timed-out'> {
  const lastWords = new LastWords();
  for await (const event of until(node.events(), AbortSignal.any([stopped, timedOut]))) {
    if (event.type === 'bye') break;
    lastWords.hear(event);
    if (event.type !== 'ready' && event.type !== 'peer') continue;
    const found = await node.find(word);
    // No waiting makes clear which of two is meant; whoever bears the name of a contact who is away is not that one.
    if (found.isErr() && found.error.code === 'chat/ambiguous-peer') return output.failure(found.error);
    if (found.isErr() || found.value.state !== 'online') continue;
    await output.result(found.value, peerLine(found.value, output.colors));
    return 0;
  }
  if (stopped.aborted) return output.failure({ code: 'command/stopped' });
  if (timedOut.aborted) return 'timed-out';
  return isOwn ? output.failure(lastWords.fault()) : 'again';
}
