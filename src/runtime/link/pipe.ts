/**
 * The two ways a packet travels between the ends of a link: over the wire of two threads, or directly when both ends
 * live in one thread. A listener only enqueues, so a direct packet never re-enters its sender.
 */
import type { Transferable } from 'node:worker_threads';
import type { EnvelopeCode } from './envelope.js';
import type { Batch, Progress } from './protocol.js';

/** Takes a packet that cannot be cloned, of which nothing was sent. It may send a substitute with `postNow`. */
export type Refused<Out> = (packet: Out) => void;

/** A receiving end in the same thread, which takes envelopes one by one. */
export interface DirectEnd extends PipeEnd<Batch> {
  accept(seq: number, code: EnvelopeCode, body: unknown): void;
  /** After the last one: they are to be handled. */
  wake(): void;
}

/** The way to the other end of a link. */
export interface Pipe<Out> {
  /** Null: the other end is in another thread, or gets copies. */
  readonly direct: DirectEnd | null;
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

/** One direction between two ends in one thread. */
class LocalPipe<Out> implements Pipe<Out> {
  readonly #other: PipeEnd<Out>;
  readonly #isStrict: boolean;
  /** Shared by both directions. */
  readonly #state: { isOpen: boolean };
  readonly direct: DirectEnd | null;

  constructor(other: PipeEnd<Out>, direct: DirectEnd | null, isStrict: boolean, state: { isOpen: boolean }) {
    this.#other = other;
    this.direct = direct;
    this.#isStrict = isStrict;
    this.#state = state;
  }

  post(
    packet: Out,
    transfer: readonly Transferable[],
    _weight: number,
    onRefused: Refused<Out> | null,
  ): void {
    try {
      this.postNow(packet, transfer);
    } catch {
      onRefused?.(packet);
    }
  }

  postNow(packet: Out, transfer: readonly Transferable[]): void {
    if (!this.#state.isOpen) return;
    this.#other.onPacket(this.#isStrict ? structuredClone(packet, { transfer: [...transfer] }) : packet);
  }

  drain(): void {}

  close(): void {
    if (!this.#state.isOpen) return;
    this.#state.isOpen = false;
    this.#other.onClosed(false);
  }
}

/**
 * Joins two ends that live in this thread. Packets pass by reference: what is in them must not be changed later. With
 * `isStrict` they are cloned and their transferred objects move, as between two threads.
 */
export function joinLocally(
  sender: PipeEnd<Progress> & { attach(pipe: Pipe<Batch>): void },
  receiver: DirectEnd & { attach(pipe: Pipe<Progress>): void },
  isStrict: boolean,
): void {
  const state = { isOpen: true };
  // The receiving end first: attaching the sending one delivers what has waited for the link.
  receiver.attach(new LocalPipe<Progress>(sender, null, isStrict, state));
  sender.attach(new LocalPipe<Batch>(receiver, isStrict ? null : receiver, isStrict, state));
}
