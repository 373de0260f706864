/** `parlance peers`: lists the peers, watches them, or waits for one. */
import { catalogue } from '../../text/catalogue.js';
import { controlApi } from '../../api/limits.js';
import { cli } from '../limits.js';
import { ok, type Result } from 'neverthrow';
import type { NodeError, PeerEvent, PeerState } from '../../../index.js';
import { attachOrListen, type Attachment } from '../attach.js';
import { peerLine } from '../screen/present.js';
import { EndReason, pause, until, withNodes, type RunContext } from '../run.js';
import type { ExitCode } from '../screen/wording.js';

/** Arguments of `peers`. */
export interface PeersOptions {
  readonly isWatching: boolean;
  /** Peer to wait for until it is reachable. */
  readonly wait: string | null;
  /** Time for waiting or watching, in ms; `null`: the default for waiting, no end for watching. */
  readonly timeoutMs: number | null;
}

/** Prints the peers, once or at each change. */
export function peers(context: RunContext, options: PeersOptions): Promise<ExitCode> {
  const { wait, isWatching, timeoutMs } = options;
  if (wait !== null) {
    const waitMs = timeoutMs ?? controlApi.timeoutMs;
    return withNodes(context, waitMs, async (attachment, timedOut) => {
      const outcome = await waitFor(context, attachment, wait, timedOut);
      if (outcome !== 'timed-out') return outcome;
      const what = catalogue().commands.isNotReachable(wait);
      return context.output.failure({ code: 'command/timeout', what, waitedMs: waitMs });
    });
  }
  if (isWatching) {
    return withNodes(context, timeoutMs, (attachment, timedOut) => watch(context, attachment, timedOut));
  }
  return list(context, timeoutMs ?? cli.listenMs);
}

/** Lists the peers of the running node; without one, those that are heard within `listenMs` and the contacts. */
async function list(context: RunContext, listenMs: number): Promise<ExitCode> {
  const { output, world, common, stopped } = context;
  const print = (rows: readonly PeerEvent[]): Promise<void> =>
    output.results(
      rows,
      rows.map((row) => peerLine(row, output.colors)),
    );
  const shown = new Map<string, PeerState>();
  const onRow = (row: PeerEvent): void => {
    if (shown.get(row.id) === row.state) return;
    shown.set(row.id, row.state);
    print([row]).catch(() => undefined);
  };
  const found = await attachOrListen(world, { common }, onRow);
  if (found.isErr()) return output.failure(found.error);
  let rows: Result<readonly PeerEvent[], NodeError>;
  if (found.value.type === 'attached') {
    const { attachment } = found.value;
    await untilAnswered(context, attachment);
    rows = await attachment.node.peers();
    await attachment.release();
  } else {
    const { listening } = found.value;
    output.note(catalogue().commands.listeningFor(listenMs / 1_000));
    await pause(listenMs, stopped);
    rows = ok(listening.rows().filter(({ id }) => !shown.has(id)));
    await listening.close();
  }
  if (rows.isErr()) return output.failure(rows.error);
  await print(rows.value);
  if (rows.value.length + shown.size === 0) output.note(catalogue().commands.nobodyKnown);
  return 0;
}

/** Waits until peers had time to answer the first beacon of a node that started just now. */
async function untilAnswered({ stopped }: RunContext, { ageMs }: Attachment): Promise<void> {
  const leftMs = cli.discoveryMs - ageMs();
  if (leftMs > 0) await pause(leftMs, stopped);
}

async function watch(
  { output, stopped }: RunContext,
  { node }: Attachment,
  timedOut: AbortSignal,
): Promise<ExitCode | 'again'> {
  const endReason = new EndReason();
  for await (const event of until(node.events(), AbortSignal.any([stopped, timedOut]))) {
    if (event.type === 'bye') break;
    endReason.read(event);
    if (event.type === 'ready') {
      const rows = (await node.peers()).unwrapOr([]);
      await output.results(
        rows,
        rows.map((row) => peerLine(row, output.colors)),
      );
    } else if (event.type === 'peer') await output.result(event, peerLine(event, output.colors));
  }
  if (stopped.aborted || timedOut.aborted) return 0;
  const fault = endReason.fault();
  return fault === null ? 'again' : output.failure(fault);
}

async function waitFor(
  { output, stopped }: RunContext,
  { node }: Attachment,
  word: string,
  timedOut: AbortSignal,
): Promise<ExitCode | 'again' | 'timed-out'> {
  const endReason = new EndReason();
  for await (const event of until(node.events(), AbortSignal.any([stopped, timedOut]))) {
    if (event.type === 'bye') break;
    endReason.read(event);
    if (event.type !== 'ready' && event.type !== 'peer') continue;
    const found = await node.find(word);
    // Waiting does not decide between two peers of one name. A stranger with the name of an absent contact is not it.
    if (found.isErr() && found.error.code === 'chat/ambiguous-peer') return output.failure(found.error);
    if (found.isErr() || found.value.state !== 'online') continue;
    await output.result(found.value, peerLine(found.value, output.colors));
    return 0;
  }
  if (stopped.aborted) return output.failure({ code: 'command/stopped' });
  if (timedOut.aborted) return 'timed-out';
  const fault = endReason.fault();
  return fault === null ? 'again' : output.failure(fault);
}
