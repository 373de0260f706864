/**
 * A socket joined with the stream that carries its bytes to another thread. Bytes that one side has not taken yet
 * hold back the other, so neither a peer that never reads nor one that never stops can fill memory.
 */
import type { Socket } from 'node:net';
import type { MessagePort } from 'node:worker_threads';
import { transport as limits } from './limits.js';
import { OpeningMeter } from '../../admission/opening-meter.js';
import { openByteStream, type ByteStream } from '../../runtime/stream.js';
import { finishSocket } from '../tcp/finish.js';

/** The reports of a joined socket. */
export interface JointEvents {
  /** Bytes went in or out. */
  onActive(): void;
  /** The first message of a native caller is whole. Called at most once. */
  onOpened?(): void;
  /** The first bytes of the caller wait for the session. Called at most once. */
  onHeard?(): void;
  /** The session has read bytes. */
  onRead?(): void;
  /** The session has written its first bytes. Called at most once. */
  onAnswered?(): void;
  /** The connection is over for the peer, so its slot is free. Called once. */
  onOver(reason: string): void;
}

/** A socket joined with a stream. */
export interface Joint {
  /** Ends at once and loses unsent bytes. The session gets `reason`. */
  destroy(reason: string): void;
  /** Sends the written bytes, then ends. The session gets `reason`. */
  end(reason: string): void;
}

/** Joins `socket`, which must have an `error` listener, with `port`. `first`: bytes that were read before. */
export function joinSocket(
  socket: Socket,
  port: MessagePort,
  first: Uint8Array | null,
  events: JointEvents,
): Joint {
  let isEnding = false;
  let isOver = false;
  let isAnswered = false;
  let failure: string | null = null;
  let flushTimer: NodeJS.Timeout | undefined;

  const over = (reason: string): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(flushTimer);
    events.onOver(reason);
  };
  const destroy = (reason: string): void => {
    stream.end(reason);
    socket.destroy();
    over(reason);
  };
  const end = (reason: string): void => {
    if (isEnding || isOver) return;
    isEnding = true;
    // The order to end can overtake the last bytes of the session.
    stream.drain();
    stream.end(reason);
    flushTimer = setTimeout(() => socket.destroy(), limits.flushMs);
    finishSocket(socket, () => over(reason));
  };

  const stream = openByteStream(port, {
    onBytes(chunk) {
      if (!isAnswered) events.onAnswered?.();
      isAnswered = true;
      events.onActive();
      // Bytes that the system refused must not count as consumed.
      socket.write(chunk, (error) => (error ? undefined : stream.consumed(chunk.byteLength)));
      if (socket.writableLength > limits.unsentBytesMax) destroy('overrun');
    },
    onDrain(outstandingBytes) {
      events.onRead?.();
      if (outstandingBytes <= limits.streamLowBytes && socket.isPaused()) socket.resume();
    },
    onFinished: () => void socket.end(),
    onEnd(reason) {
      if (reason === 'lost') destroy(reason);
      else end(reason);
    },
  });
  const forward = forwarder(socket, stream, events);

  socket.on('data', (chunk: Buffer) => {
    if (!isEnding) forward(chunk);
  });
  socket.on('error', (error: NodeJS.ErrnoException) => (failure = error.code ?? 'error'));
  socket.on('end', () => end('closed'));
  socket.on('close', () => {
    const reason = failure === null ? 'closed' : 'reset';
    stream.end(reason);
    over(reason);
  });
  if (first !== null && first.byteLength > 0) forward(first);
  // A caller may have ended its half while it waited for its slot.
  if (socket.readableEnded) queueMicrotask(() => end('closed'));
  else if (stream.outstandingBytes() <= limits.streamHighBytes) socket.resume();
  return { destroy, end };
}

/** Returns a function that passes bytes of the socket on, and stops reading where too many wait. */
function forwarder(socket: Socket, stream: ByteStream, events: JointEvents): (chunk: Uint8Array) => void {
  const meter = new OpeningMeter();
  let isHeard = false;
  return (chunk) => {
    if (!isHeard) events.onHeard?.();
    isHeard = true;
    events.onActive();
    if (meter.take(chunk)) events.onOpened?.();
    // A plain view of the whole buffer is transferred; a `Buffer` would be copied.
    const outstanding = stream.write(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    if (outstanding > limits.streamHighBytes) socket.pause();
  };
}
