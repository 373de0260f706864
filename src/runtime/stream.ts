/**
 * A two-way stream of bytes over one MessagePort, with credit counted in bytes: how the bytes of a socket travel
 * between the thread that owns the socket (a socket cannot cross threads) and the actor that understands them.
 * Not a link: bytes are not kept for a restart, since a stream that lost its end has lost its meaning.
 */
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';

type Packet =
  | { readonly type: 'bytes'; readonly chunks: readonly Uint8Array[] }
  | { readonly type: 'consumed'; readonly bytes: number }
  | { readonly type: 'finished' }
  | { readonly type: 'end'; readonly reason: string };

/** The handlers of one end of a stream. */
export interface StreamHandlers {
  /** A chunk arrived, in order. Give its credit back with `consumed` once it is dealt with. */
  onBytes(chunk: Uint8Array): void;
  /** The other end consumed something; `outstandingBytes` is lower than before. */
  onDrain?(outstandingBytes: number): void;
  /** The other end writes nothing more, and still reads. */
  onFinished?(): void;
  /** Called once: the other end ended the stream, or is gone (`reason` is then `lost`). */
  onEnd(reason: string): void;
}

/** One end of a stream. */
export interface ByteStream {
  /** Sends with the next flush (same tick, one `postMessage`). Returns the bytes the other end has not consumed. */
  write(chunk: Uint8Array): number;
  outstandingBytes(): number;
  /** Gives back credit for `bytes` that were received. */
  consumed(bytes: number): void;
  /** Takes in at once what has arrived; the handlers are called within this call. */
  drain(): void;
  /** Flushes; no write may follow. Bytes of the other end still arrive. */
  finish(): void;
  /** Flushes and ends; the other end hears `reason`. Idempotent. */
  end(reason: string): void;
}

/** Takes over `port`. Apart from `drain`, no call to the returned stream calls a handler. */
export function openByteStream(port: MessagePort, handlers: StreamHandlers): ByteStream {
  const packets = openPackets(port);
  let outstanding = 0;
  let isOver = false;

  const over = (reason: string, isTold: boolean): void => {
    if (isOver) return;
    isOver = true;
    packets.stop();
    port.close();
    if (isTold) handlers.onEnd(reason);
  };
  const take = (packet: Packet): void => {
    if (isOver) return;
    switch (packet.type) {
      case 'bytes':
        for (const chunk of packet.chunks) if (!isOver) handlers.onBytes(chunk);
        return;
      case 'consumed':
        outstanding -= packet.bytes;
        handlers.onDrain?.(outstanding);
        return;
      case 'finished':
        handlers.onFinished?.();
        return;
      case 'end':
        over(packet.reason, true);
    }
  };
  port.on('message', take);
  port.on('close', () => over('lost', true));

  return {
    write(chunk) {
      outstanding += chunk.byteLength;
      // Bytes behind the end are never taken, and so never count as such.
      packets.bytes(chunk);
      return outstanding;
    },
    outstandingBytes: () => outstanding,
    consumed: packets.consumed,
    drain: () => takeArrived(port, take),
    finish: () => packets.last({ type: 'finished' }),
    end(reason) {
      packets.last({ type: 'end', reason });
      over(reason, false);
    },
  };
}

interface Packets {
  readonly bytes: (chunk: Uint8Array) => void;
  readonly consumed: (bytes: number) => void;
  /** Sends a packet behind all others, at once. */
  readonly last: (packet: Packet) => void;
  /** Nothing is sent from now on. */
  readonly stop: () => void;
}

/** Collects what one end sends within a tick. */
function openPackets(port: MessagePort): Packets {
  let pending: Uint8Array[] = [];
  let consumedBytes = 0;
  let isFlushPlanned = false;
  let isOver = false;

  const flush = (): void => {
    isFlushPlanned = false;
    if (isOver) return;
    if (consumedBytes > 0) post(port, { type: 'consumed', bytes: consumedBytes });
    consumedBytes = 0;
    if (pending.length === 0) return;
    const { chunks, buffers } = transferable(pending);
    pending = [];
    post(port, { type: 'bytes', chunks }, buffers);
  };
  const plan = (): void => {
    if (isFlushPlanned || isOver) return;
    isFlushPlanned = true;
    queueMicrotask(flush);
  };
  return {
    bytes(chunk) {
      if (isOver) return;
      pending.push(chunk);
      plan();
    },
    consumed(bytes) {
      consumedBytes += bytes;
      plan();
    },
    last(packet) {
      if (isOver) return;
      flush();
      post(port, packet);
    },
    stop: () => void (isOver = true),
  };
}

const post = (port: MessagePort, packet: Packet, transfer: readonly ArrayBuffer[] = []): void =>
  port.postMessage(packet, transfer);

function takeArrived(port: MessagePort, take: (packet: Packet) => void): void {
  for (
    let arrived: { message: Packet } | undefined = receiveMessageOnPort(port);
    arrived !== undefined;
    arrived = receiveMessageOnPort(port)
  )
    take(arrived.message);
}

/** A buffer may be transferred once only, and only when the chunk is all of it: pool windows are copied. */
function transferable(sent: readonly Uint8Array[]): {
  readonly chunks: readonly Uint8Array[];
  readonly buffers: ArrayBuffer[];
} {
  const chunks = sent.map((chunk) => (isWhole(chunk) ? chunk : chunk.slice()));
  const buffers = chunks.flatMap((chunk) => (chunk.buffer instanceof ArrayBuffer ? [chunk.buffer] : []));
  return { chunks, buffers: [...new Set(buffers)] };
}

const isWhole = (chunk: Uint8Array): boolean =>
  chunk.constructor === Uint8Array && chunk.byteLength === chunk.buffer.byteLength;
