/** `parlance peers`: who is there. */
import type { NodeHandle, PeerEvent } from '../../index.js';
import { cli } from '../../limits.js';
import type { Attachment } from './attach.js';
import { peerLine } from './present.js';
import { matching } from './recv.js';
import { pause, until, withNode, type RunContext } from './run.js';
import type { ExitCode } from './wording.js';

export interface PeersOptions {
  readonly isWatching: boolean;
  /** Returns once this peer is reachable. */
  readonly wait: string | null;
  readonly timeoutMs: number;
}

export function peers(context: RunContext, options: PeersOptions): Promise<ExitCode> {
  return withNode(context, async (attachment) => {
    if (options.wait !== null) return waitFor(context, attachment.node, options.wait, options.timeoutMs);
    if (options.isWatching) return watch(context, attachment.node);
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

async function watch({ output, stopped }: RunContext, node: NodeHandle): Promise<ExitCode> {
  for await (const event of until(node.events(), stopped)) {
    if (event.type === 'bye') return 0;
    if (event.type === 'ready') {
      const rows = (await node.peers()).unwrapOr([]);
      await output.results(
        rows,
        rows.map((row) => peerLine(row, output.colors)),
      );
    } else if (event.type === 'peer') await output.result(event, peerLine(event, output.colors));
  }
  return stopped.aborted ? 0 : output.failure({ code: 'api/lost', detail: 'the stream of events ended' });
}

async function waitFor(
  { output, stopped }: RunContext,
  node: NodeHandle,
  word: string,
  timeoutMs: number,
): Promise<ExitCode> {
  const timedOut = AbortSignal.timeout(timeoutMs);
  const reachable = async (): Promise<PeerEvent | null> => {
    const rows = (await node.peers()).unwrapOr([]);
    return matching(word, rows).find((row) => row.state === 'online') ?? null;
  };
  for await (const event of until(node.events(), AbortSignal.any([stopped, timedOut]))) {
    if (event.type !== 'ready' && event.type !== 'peer') continue;
    const peer = await reachable();
    if (peer === null) continue;
    await output.result(peer, peerLine(peer, output.colors));
    return 0;
  }
  return output.failure({ code: 'command/timeout', what: `"${word}" is not reachable`, waitedMs: timeoutMs });
}
