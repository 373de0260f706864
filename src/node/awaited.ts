/** Sends a message and waits until it reaches a state, for embedders: one call in place of a reader of events. */
import { err, errAsync, ok, ResultAsync, type Result } from 'neverthrow';
import { deliveryRanks } from '../chat/delivery/entry.js';
import type { NodeEvent, StatusEvent } from '../chat/events.js';
import type { NodeError, NodeHandle, SendOptions, WaitFor } from './handle.js';

type Queue = (options: { readonly id?: string }) => ResultAsync<StatusEvent, NodeError>;

const aborted: NodeError = { code: 'runtime/aborted', actor: 'node', name: 'send' };

/**
 * Queues a message with `queue` and waits for `wait`. The program of a foreign peer has no receipts, so *sent* is the
 * last state there. Errors: those of `queue`; `runtime/aborted` by the signal, and the message stays queued;
 * `runtime/failed` when the message failed for good; `chat/key-changed` and `chat/blocked`; `api/lost` when the node
 * ended before.
 */
export function sendAwaited(
  node: Pick<NodeHandle, 'events' | 'find'>,
  peer: string,
  { id, wait = 'queued', signal }: SendOptions,
  queue: Queue,
): ResultAsync<StatusEvent, NodeError> {
  const named = id === undefined ? {} : { id };
  if (signal?.aborted === true) return errAsync(aborted);
  if (wait === 'queued') return queue(named);
  return new ResultAsync(follow(node, peer, wait, signal ?? null, () => queue(named)));
}

async function follow(
  node: Pick<NodeHandle, 'events' | 'find'>,
  peer: string,
  wait: WaitFor,
  signal: AbortSignal | null,
  queue: () => ResultAsync<StatusEvent, NodeError>,
): Promise<Result<StatusEvent, NodeError>> {
  const events = node.events()[Symbol.asyncIterator]();
  const stop = (): void => void events.return?.();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    // With the first event the reader is subscribed, and misses no state of the message.
    await events.next();
    const queued = await queue();
    if (queued.isErr()) return err(queued.error);
    const found = await node.find(peer);
    const isForeign = found.isOk() ? found.value.dialect !== 'native' : peer.includes('://');
    const wanted = isForeign ? deliveryRanks.sent : deliveryRanks[wait];
    // A repeated id is answered with the state that its message has reached, and may bring no further event.
    const reached = outcomeOf(queued.value, queued.value, wanted);
    if (reached !== null) return reached;
    for (;;) {
      const next = await events.next();
      if (signal?.aborted === true) return err(aborted);
      if (next.done === true || next.value.type === 'bye')
        return err({ code: 'api/lost', detail: 'the node ended before the message arrived' });
      const outcome = outcomeOf(next.value, queued.value, wanted);
      if (outcome !== null) return outcome;
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
}

/** Returns the outcome that an event brings; `null`: it is about something else, or the message is on its way. */
function outcomeOf(
  event: NodeEvent,
  { id, peer }: StatusEvent,
  wanted: number,
): Result<StatusEvent, NodeError> | null {
  if (event.type === 'error' && event.peer === peer) {
    if (event.code.endsWith('/key-changed')) return err({ code: 'chat/key-changed', peer, claimant: '' });
    if (event.code.endsWith('/blocked')) return err({ code: 'chat/blocked', peer });
  }
  if (event.type !== 'status' || event.id !== id) return null;
  if (event.state === 'failed')
    return err({
      code: 'runtime/failed',
      what: 'the delivery',
      detail: event.reason ?? 'no reason is known',
    });
  return deliveryRanks[event.state] >= wanted ? ok(event) : null;
}
