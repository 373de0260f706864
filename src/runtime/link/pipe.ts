/**
 * The two ways a packet travels between the ends of a link: over the wire of two threads, or directly when both ends
 * live in one thread. A listener only enqueues, so a direct packet never re-enters its sender.
 */
import type { Transferable } from 'node:worker_threads';

/** Takes a packet that cannot be cloned, of which nothing was sent. It may send a substitute with `postNow`. */
export type Refused<Out> = (packet: Out) => void;

/** The way to the other end of a link. */
export interface Pipe<Out> {
  /** Sends now or in the next microtask. `weight`: envelopes in it. */
  post(packet: Out, transfer: readonly Transferable[], weight: number, onRefused: Refused<Out> | null): void;
  /** Sends before every packet that was posted later; for `Refused`. Throws a `DataCloneError`. */
  postNow(packet: Out, transfer: readonly Transferable[]): void;
  /** Takes in what the other end sent before it was gone. */
  drain(): void;
  /** The other end hears `onClosed`, after every packet that was posted before. */
  close(): void;
}

/** The receiver of packets at one end. */
export interface PipeEnd<In> {
  onPacket(packet: In): void;
  /**
   * The other end is gone; not called after a `close` from this side. `isLost`: together with its thread, so that it
   * cannot account for its messages.
   */
  onClosed(isLost: boolean): void;
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
    post(packet, transfer, _weight, onRefused) {
      try {
        this.postNow(packet, transfer);
      } catch {
        onRefused?.(packet);
      }
    },
    postNow(packet, transfer) {
      if (isOpen) other.onPacket(isStrict ? structuredClone(packet, { transfer: [...transfer] }) : packet);
    },
    drain() {},
    close() {
      if (!isOpen) return;
      isOpen = false;
      other.onClosed(false);
    },
  });
  // The receiving end first: attaching the sending one delivers what has waited for the link.
  b.attach(pipeTo<B>(a));
  a.attach(pipeTo<A>(b));
}
