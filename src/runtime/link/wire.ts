/**
 * One end of the port that all links between two threads share. Each connection of a link is a channel. The packets
 * of all links in one turn travel as one message, channels and packets side by side.
 *
 * Both ends of a channel are opened by the supervisors, in the order of their numbers. A packet may overtake the
 * order to open its channel, since that comes over another port: it waits here.
 */
import { receiveMessageOnPort, type MessagePort, type Transferable } from 'node:worker_threads';
import { postMoving } from './moving.js';
import type { Pipe, PipeEnd } from './pipe.js';

/** The number of a wire and of a channel on it. */
export interface Channel {
  readonly wire: number;
  readonly nth: number;
}

/** In place of a packet: the other end has closed the channel. */
const closed = null;
const none: readonly Transferable[] = [];

interface Frame {
  readonly nth: number;
  readonly packet: unknown;
  readonly transfer: readonly Transferable[];
  readonly refused: (() => void) | null;
}

/** One end of the port between two threads. */
export class Wire {
  readonly #port: MessagePort;
  readonly #weightMax: number;
  readonly #onTurn: () => void;
  readonly #ends = new Map<number, PipeEnd<unknown>>();
  /** Packets of channels that are not open yet. */
  readonly #early = new Map<number, unknown[]>();
  #newest = 0;
  #frames: Frame[] = [];
  #weight = 0;
  #isPlanned = false;

  /** `weightMax`: envelopes after which a message leaves at once. `onTurn`: a message has arrived. */
  constructor(port: MessagePort, weightMax: number, onTurn: () => void, onClosed: () => void) {
    this.#port = port;
    this.#weightMax = weightMax;
    this.#onTurn = onTurn;
    port.on('message', (message: readonly unknown[]) => this.#take(message));
    port.on('close', () => {
      onClosed();
      const ends = [...this.#ends.values()];
      this.#ends.clear();
      for (const end of ends) end.onClosed(true);
    });
  }

  /**
   * Opens a channel. `attach` gives the pipe to its end, which forgets then what it knew of an earlier channel: so it
   * comes before the packets that waited here, whose names would be forgotten otherwise.
   */
  open<In, Out>(nth: number, end: PipeEnd<In>, attach: (pipe: Pipe<Out>) => void): void {
    this.#newest = Math.max(this.#newest, nth);
    this.#ends.set(nth, end);
    const pipe: Pipe<Out> = {
      direct: null,
      post: (packet, transfer, weight, onRefused) => {
        this.#frames.push({
          nth,
          packet,
          transfer,
          refused: onRefused === null ? null : () => onRefused(packet),
        });
        this.#weight += weight;
        if (this.#weight >= this.#weightMax) this.flush();
        else this.#plan();
      },
      postNow: (packet, transfer) => postMoving(this.#port, [nth, packet], transfer),
      drain: () => this.#drain(),
      close: () => {
        if (this.#ends.delete(nth)) this.refuse(nth);
      },
    };
    attach(pipe);
    for (const packet of this.#early.get(nth) ?? []) this.#hand(nth, packet);
    this.#forgetEarly(nth);
  }

  /** Tells the other end that there is nobody at this one. */
  refuse(nth: number): void {
    this.#newest = Math.max(this.#newest, nth);
    this.#forgetEarly(nth);
    this.#frames.push({ nth, packet: closed, transfer: none, refused: null });
    this.#plan();
  }

  /** Posts what waits. Called at the latest in the next microtask. */
  flush(): void {
    this.#isPlanned = false;
    const frames = this.#frames;
    if (frames.length === 0) return;
    this.#frames = [];
    this.#weight = 0;
    const message: unknown[] = [];
    let transfer = none;
    for (const frame of frames) {
      message.push(frame.nth, frame.packet);
      if (frame.transfer.length > 0) transfer = [...transfer, ...frame.transfer];
    }
    try {
      postMoving(this.#port, message, transfer);
    } catch {
      for (const frame of frames) this.#postAlone(frame);
    }
  }

  close(): void {
    // A port that this side closes drops what it has not read.
    this.#drain();
    this.flush();
    this.#port.close();
  }

  /** Orders come in the order of their numbers, so an older channel that is not open never will be. */
  #forgetEarly(nth: number): void {
    for (const early of this.#early.keys()) if (early <= nth) this.#early.delete(early);
  }

  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    queueMicrotask(this.#flushNow);
  }

  readonly #flushNow = (): void => {
    if (this.#isPlanned) this.flush();
  };

  /** Something in a message cannot be cloned: the other frames shall not suffer from it. */
  #postAlone({ nth, packet, transfer, refused }: Frame): void {
    try {
      postMoving(this.#port, [nth, packet], transfer);
    } catch {
      refused?.();
    }
  }

  #take(message: readonly unknown[]): void {
    this.#onTurn();
    for (let i = 0; i < message.length; i += 2) this.#hand(Number(message[i]), message[i + 1]);
  }

  #hand(nth: number, packet: unknown): void {
    const end = this.#ends.get(nth);
    if (end === undefined) {
      if (nth <= this.#newest) return;
      const early = this.#early.get(nth) ?? [];
      early.push(packet);
      this.#early.set(nth, early);
      return;
    }
    if (packet !== closed) {
      end.onPacket(packet);
      return;
    }
    this.#ends.delete(nth);
    end.onClosed(false);
  }

  /** Takes in what the other thread said before it was gone. */
  #drain(): void {
    for (
      let received: { message: readonly unknown[] } | undefined = receiveMessageOnPort(this.#port);
      received !== undefined;
      received = receiveMessageOnPort(this.#port)
    )
      this.#take(received.message);
  }
}
