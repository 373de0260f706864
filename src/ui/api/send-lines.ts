/**
 * Bulk sending of lines to one peer: batched, in order, at the pace of the node. A full outbox is waited for, since it
 * empties as its messages are delivered. `send` on a pipe and the streaming route of the API use it.
 */
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import type { StatusEvent } from '../../chat/events.js';
import type { NodeError } from '../../node/handle.js';
import { controlApi } from './limits.js';

/** A line and the id of its message. */
export interface NamedLine {
  readonly id: string;
  readonly text: string;
}

/** Arguments of `sendLines`. */
export interface SendLinesOptions {
  /** Queues all lines of a batch, or none. */
  readonly send: (lines: readonly NamedLine[]) => ResultAsync<readonly StatusEvent[], NodeError>;
  /** Groups of lines as they arrive; empty lines are skipped. */
  readonly lines: AsyncIterable<readonly NamedLine[]>;
  /** Callback per batch, in order, with the statuses of its messages. */
  readonly onQueued: (statuses: readonly StatusEvent[]) => void | Promise<void>;
  /** Pause until the outbox may have room again. */
  readonly untilRoom: (delayMs: number) => Promise<void>;
  /** Decision to give up after the outbox was full for `blockedMs`. */
  readonly isOver: (blockedMs: number) => boolean;
  readonly nowMs: () => number;
}

/** The failure that ended the sending. */
export interface SendLinesFailure {
  readonly error: NodeError;
  /** Number of lines that were read and not queued, the failed batch included. */
  readonly unsent: number;
}

/** Sends the lines and resolves with the number of queued messages. A batch is queued as a whole or not at all. */
export async function sendLines(options: SendLinesOptions): Promise<Result<number, SendLinesFailure>> {
  let queued = 0;
  for await (const group of options.lines) {
    for (const batch of batches(group)) {
      const sent = await sendBatch(options, batch);
      if (sent.isErr()) return err({ error: sent.error, unsent: batch.length });
      queued += batch.length;
      await options.onQueued(sent.value);
    }
  }
  return ok(queued);
}

async function sendBatch(
  options: SendLinesOptions,
  batch: readonly NamedLine[],
): Promise<Result<readonly StatusEvent[], NodeError>> {
  const blockedSinceMs = options.nowMs();
  for (;;) {
    const sent = await options.send(batch);
    if (sent.isOk() || sent.error.code !== 'chat/outbox-full') return sent;
    if (options.isOver(options.nowMs() - blockedSinceMs)) return sent;
    await options.untilRoom(controlApi.outboxPollMs);
  }
}

/** Cuts lines into batches that fit one request. Empty lines are skipped. */
export function* batches<T extends NamedLine>(lines: readonly T[]): Generator<readonly T[], void, undefined> {
  let batch: T[] = [];
  let bytes = 0;
  for (const line of lines) {
    if (line.text === '') continue;
    const lineBytes = Buffer.byteLength(line.text);
    const isFull =
      batch.length >= controlApi.sendBatchLinesMax || bytes + lineBytes > controlApi.sendBatchBytesMax;
    if (isFull && batch.length > 0) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(line);
    bytes += lineBytes;
  }
  if (batch.length > 0) yield batch;
}
