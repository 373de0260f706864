/** The ports between threads: one for each pair of threads that exchange messages. */
import { MessageChannel } from 'node:worker_threads';
import type { Channel } from '../link/wire.js';
import type { Host } from '../thread/host.js';
import type { ThreadHost } from '../thread/thread-host.js';

type AnyHost = Host | ThreadHost;

interface Joined {
  readonly wire: number;
  readonly a: AnyHost;
  readonly b: AnyHost;
}

/** All wires of one system. */
export class Wires {
  readonly #byId = new Map<number, Joined>();
  readonly #of = new Map<AnyHost, Map<AnyHost, Joined>>();
  #made = 0;
  #channels = 0;

  /** Number of wires, for figures. */
  get count(): number {
    return this.#byId.size;
  }

  /** A new channel between two threads, which are joined when they are not yet. */
  channel(a: AnyHost, b: AnyHost): Channel {
    this.#channels += 1;
    const { wire } = this.#of.get(a)?.get(b) ?? this.#join(a, b);
    return { wire, nth: this.#channels };
  }

  /** Its port closed, although nobody closed it. */
  lost(wire: number): void {
    const joined = this.#byId.get(wire);
    if (joined !== undefined) this.#forget(joined);
  }

  threadGone(host: AnyHost): void {
    for (const [other, joined] of this.#of.get(host) ?? []) {
      this.#forget(joined);
      other.closeWire(joined.wire);
    }
  }

  closeAll(): void {
    for (const joined of this.#byId.values()) {
      this.#forget(joined);
      joined.a.closeWire(joined.wire);
      joined.b.closeWire(joined.wire);
    }
  }

  #join(a: AnyHost, b: AnyHost): Joined {
    this.#made += 1;
    const joined: Joined = { wire: this.#made, a, b };
    this.#byId.set(joined.wire, joined);
    this.#tableOf(a).set(b, joined);
    this.#tableOf(b).set(a, joined);
    const { port1, port2 } = new MessageChannel();
    a.openWire(joined.wire, port1);
    b.openWire(joined.wire, port2);
    return joined;
  }

  #tableOf(host: AnyHost): Map<AnyHost, Joined> {
    const table = this.#of.get(host) ?? new Map<AnyHost, Joined>();
    this.#of.set(host, table);
    return table;
  }

  #forget({ wire, a, b }: Joined): void {
    this.#byId.delete(wire);
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      this.#of.get(one)?.delete(other);
      if (this.#of.get(one)?.size === 0) this.#of.delete(one);
    }
  }
}
