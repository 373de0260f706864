/**
 * The two ways a packet travels between the ends of a link: over a MessagePort, or directly when both ends live in
 * one thread. Whoever listens only enqueues, so a direct packet never re-enters its sender.
 */
import { receiveMessageOnPort, type MessagePort, type Transferable } from 'node:worker_threads';

export interface Pipe<Out> {
  /** Throws a `DataCloneError` when the packet holds something that cannot be cloned; nothing was sent then. */
  post(packet: Out, transfer: readonly Transferable[]): void;
  /** Takes in what the other end sent before it was gone. */
  drain(): void;
  /** The other end hears `onClosed`, after every packet that was posted before. */
  close(): void;
}

export interface PipeEnd<In> {
  onPacket(packet: In): void;
  /** The other end is gone; not called after a `close` from this side. */
  onClosed(): void;
}

export function portPipe<In, Out>(port: MessagePort, end: PipeEnd<In>): Pipe<Out> {
  let isOpen = true;
  port.on('message', (packet: In) => {
    if (isOpen) end.onPacket(packet);
  });
  port.on('close', () => {
    if (!isOpen) return;
    isOpen = false;
    end.onClosed();
  });
  return {
    post: (packet, transfer) => port.postMessage(packet, transfer),
    drain() {
      for (
        let received: { message: In } | undefined = receiveMessageOnPort(port);
        received !== undefined;
        received = receiveMessageOnPort(port)
      )
        end.onPacket(received.message);
    },
    close() {
      isOpen = false;
      port.close();
    },
  };
}

/**
 * Joins two ends that live in this thread. Packets pass by reference: what is in them must not be changed later. With
 * `isStrict` they are cloned and their transferred objects move, as between two threads.
 */
export function joinLocally<A, B>(
  a: PipeEnd<B> & { attach(pipe: Pipe<A>): void },
  b: PipeEnd<A> & { attach(pipe: Pipe<B>): void },
  isStrict: boolean,
): void {
  let isOpen = true;
  const pipeTo = <Out>(other: PipeEnd<Out>): Pipe<Out> => ({
    post(packet, transfer) {
      if (isOpen) other.onPacket(isStrict ? structuredClone(packet, { transfer: [...transfer] }) : packet);
    },
    drain() {},
    close() {
      if (!isOpen) return;
      isOpen = false;
      other.onClosed();
    },
  });
  // The receiving end first: attaching the sending one delivers what has waited for the link.
  b.attach(pipeTo<B>(a));
  a.attach(pipeTo<A>(b));
}
