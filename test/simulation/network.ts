/**
 * A network under virtual time: hosts, connections that keep the order of their bytes, and everything that goes wrong
 * with them. A connection may be cut (both ends learn it, and what was under way may be lost), fall silent (nobody
 * learns it), or be held up by a partition and go on afterwards.
 */
import type { Dice } from '../support/seeds.js';
import type { PeerId } from '../../src/ids.js';
import type { Address } from '../../src/wire/address.js';
import type { VirtualClock } from './clock.js';

export interface EndHandlers {
  readonly onBytes: (bytes: Uint8Array) => void;
  readonly onEnd: (reason: string) => void;
}

/** One end of a connection. */
export interface ConnectionEnd {
  readonly remote: Address;
  /** The identity that is really at the other end; null: a hostile host. */
  readonly owner: PeerId | null;
  write(bytes: Uint8Array): void;
  /** Ends the connection; bytes that were written before still arrive. */
  finish(): void;
  /** Ends the connection at once; the other end learns that it was reset. */
  reset(): void;
  /** Ends the connection without a word to the other end. */
  vanish(): void;
  /** Bytes that came before are handed over at once. */
  listen(handlers: EndHandlers): void;
}

export interface Host {
  readonly host: string;
  /** Null: a hostile host. */
  readonly peerId: PeerId | null;
  readonly onCaller: (end: ConnectionEnd) => void;
}

type Parcel = Uint8Array | 'end' | 'reset';

/** One direction of a connection. */
class Pipe {
  readonly from: string;
  readonly to: string;
  /** Parcels that arrived while the way was blocked, or before anybody listened. */
  readonly held: Parcel[] = [];
  lastAtMs = 0;
  /** Nothing arrives any more. */
  isDead = false;
  /** A packet of it is too large for the network. */
  isStuck = false;
  /** The writer has ended it. */
  isFinished = false;
  handlers: EndHandlers | null = null;

  constructor(from: string, to: string) {
    this.from = from;
    this.to = to;
  }
}

interface Connection {
  readonly there: Pipe;
  readonly back: Pipe;
}

export class Network {
  readonly #clock: VirtualClock;
  readonly #dice: Dice;
  readonly #hosts = new Map<string, Host>();
  readonly #connections = new Set<Connection>();
  /** Directions `from>to` that let nothing through. */
  readonly #blocked = new Set<string>();
  /** Hosts whose connections end at another host, as a forged ARP answer brings about. */
  readonly #diverted = new Map<string, string>();
  #ports = 50_000;
  /** Parcels that are longer get lost on their way, with all that follow them on their connection. */
  parcelBytesMax = Number.POSITIVE_INFINITY;
  /** Most ms that a parcel takes. */
  latencyMostMs = 3;

  constructor(clock: VirtualClock, dice: Dice) {
    this.#clock = clock;
    this.#dice = dice;
  }

  attach(host: Host): void {
    this.#hosts.set(host.host, host);
  }

  detach(host: string): void {
    this.#hosts.delete(host);
  }

  isBlocked = (from: string, to: string): boolean => this.#blocked.has(`${from}>${to}`);

  get hasBlocks(): boolean {
    return this.#blocked.size > 0;
  }

  delayMs = (): number => (1 + this.#dice(1_000)) * (this.latencyMostMs / 1_000);

  /** Lets nothing through from one host to another until `mend`. */
  block(from: string, to: string): void {
    this.#blocked.add(`${from}>${to}`);
  }

  /** Connections to one host arrive at another one until `mend`. */
  divert(host: string, to: string): void {
    this.#diverted.set(host, to);
  }

  /** All ways are free again, and what was held up arrives. */
  mend(): void {
    this.#blocked.clear();
    this.#diverted.clear();
    for (const { there, back } of this.#connections) for (const pipe of [there, back]) this.#release(pipe);
  }

  /** Connects one host to another; `opened` gets null after `deadlineMs`, or at once where nobody listens. */
  connect(
    { host: from, peerId }: Omit<Host, 'onCaller'>,
    to: Address,
    deadlineMs: number,
    opened: (end: ConnectionEnd | null) => void,
  ): void {
    const isHeard = !this.isBlocked(from, to.host) && !this.isBlocked(to.host, from);
    if (!isHeard) {
      this.#clock.after(deadlineMs, () => opened(null));
      return;
    }
    this.#clock.after(this.delayMs(), () => {
      const host = this.#hosts.get(this.#diverted.get(to.host) ?? to.host);
      if (host === undefined || to.port !== listeningPort) {
        this.#clock.after(this.delayMs(), () => opened(null));
        return;
      }
      const connection = { there: new Pipe(from, to.host), back: new Pipe(to.host, from) };
      this.#connections.add(connection);
      this.#ports = this.#ports >= 60_000 ? 50_000 : this.#ports + 1;
      const caller = { remote: { host: from, port: this.#ports }, owner: peerId };
      host.onCaller(this.#end(connection, 'back', caller));
      const called = { remote: to, owner: host.peerId };
      this.#clock.after(this.delayMs(), () => opened(this.#end(connection, 'there', called)));
    });
  }

  /** Resets connections between two hosts. `keepsTail`: what was under way still arrives first. */
  cut(one: string, other: string, keepsTail: boolean): void {
    for (const connection of this.#between(one, other)) {
      for (const pipe of [connection.there, connection.back]) {
        if (!keepsTail) pipe.isDead = true;
        pipe.isFinished = true;
        // Each end learns it in its own time.
        const atMs = Math.max(keepsTail ? pipe.lastAtMs : 0, this.#clock.nowMs + this.delayMs());
        this.#clock.at(atMs, () => this.#endOf(pipe, 'reset'));
      }
      this.#connections.delete(connection);
    }
  }

  /** Connections between two hosts lose everything from now on, and no end learns it. */
  silence(one: string, other: string): void {
    for (const { there, back } of this.#between(one, other)) {
      there.isDead = true;
      back.isDead = true;
    }
  }

  #between(one: string, other: string): readonly Connection[] {
    return [...this.#connections].filter(({ there }) => {
      const isThere = there.from === one && there.to === other;
      return isThere || (there.from === other && there.to === one);
    });
  }

  #end(
    connection: Connection,
    writes: keyof Connection,
    other: Pick<ConnectionEnd, 'remote' | 'owner'>,
  ): ConnectionEnd {
    const out = connection[writes];
    const into = connection[writes === 'there' ? 'back' : 'there'];
    const close = (last: 'end' | 'reset' | null): void => {
      if (last !== null) this.#send(out, last);
      out.isFinished = true;
      into.handlers = null;
      into.isDead = true;
      if (into.isFinished) this.#connections.delete(connection);
    };
    return {
      ...other,
      write: (bytes) => this.#send(out, bytes),
      finish: () => close('end'),
      reset: () => close('reset'),
      vanish: () => close(null),
      listen: (handlers) => {
        into.handlers = handlers;
        this.#release(into);
      },
    };
  }

  #send(pipe: Pipe, parcel: Parcel): void {
    if (pipe.isFinished || pipe.isDead || pipe.isStuck) return;
    // The system repeats the lost packet for minutes, and sends nothing else meanwhile.
    pipe.isStuck = typeof parcel !== 'string' && parcel.byteLength > this.parcelBytesMax;
    if (pipe.isStuck) return;
    pipe.lastAtMs = Math.max(pipe.lastAtMs, this.#clock.nowMs + this.delayMs());
    this.#clock.at(pipe.lastAtMs, () => {
      if (pipe.isDead) return;
      pipe.held.push(parcel);
      this.#release(pipe);
    });
  }

  /** Hands over what has arrived. */
  #release(pipe: Pipe): void {
    while (pipe.handlers !== null && !pipe.isDead && !this.isBlocked(pipe.from, pipe.to)) {
      const parcel = pipe.held.shift();
      if (parcel === undefined) return;
      if (typeof parcel === 'string') this.#endOf(pipe, parcel === 'end' ? 'closed' : 'reset');
      else pipe.handlers.onBytes(parcel);
    }
  }

  #endOf(pipe: Pipe, reason: string): void {
    const { handlers } = pipe;
    pipe.isDead = true;
    pipe.handlers = null;
    handlers?.onEnd(reason);
  }
}

/** Where every simulated node listens. */
export const listeningPort = 47_900;
