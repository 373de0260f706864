/**
 * A hostile host in a simulated network. It records what it hears, and replays, forges, floods, stalls, answers BUSY for
 * others and cuts up what it relays. It has no key of any node.
 */
import { encodeBusy } from '../../src/dialects/native.js';
import type { Dice } from '../support/seeds.js';
import type { VirtualClock } from './clock.js';
import { keyedBusy } from './keyed-session.js';
import { listeningPort, type ConnectionEnd, type Network } from './network.js';
import { hostOf } from './node.js';

const recordedMax = 64;
const floodEveryMs = 20;

export class Hostile {
  readonly host = '10.66.0.1';
  readonly #clock: VirtualClock;
  readonly #dice: Dice;
  readonly #network: Network;
  readonly #announce: (from: string, bytes: Uint8Array, to: string | null) => void;
  /** Beacons of others. */
  readonly #heard: Uint8Array[] = [];
  /** First bytes of callers that were diverted here. */
  readonly #openings: Uint8Array[] = [];

  constructor(options: {
    readonly clock: VirtualClock;
    readonly dice: Dice;
    readonly network: Network;
    readonly announce: (from: string, bytes: Uint8Array, to: string | null) => void;
  }) {
    this.#clock = options.clock;
    this.#dice = options.dice;
    this.#network = options.network;
    this.#announce = options.announce;
    this.#network.attach({ host: this.host, peerId: null, onCaller: (end) => this.#answer(end) });
  }

  hear(bytes: Uint8Array, from: string): void {
    if (from === this.host || this.#heard.length >= recordedMax) return;
    this.#heard.push(bytes);
  }

  /** Sends beacons of others again, from its own address or from a forged one. */
  replay(count: number): void {
    for (let n = 0; n < count; n += 1) {
      const bytes = this.#heard[this.#dice(Math.max(1, this.#heard.length))];
      if (bytes !== undefined) this.#announce(this.#source(), bytes, null);
    }
    // It hears newer ones from now on.
    this.#heard.splice(0, Math.ceil(this.#heard.length / 2));
  }

  /** Sends beacons that it has changed, and bytes that are none. */
  forge(count: number): void {
    for (let n = 0; n < count; n += 1) {
      const heard = this.#heard[this.#dice(Math.max(1, this.#heard.length))];
      const bytes = heard === undefined ? this.#noise(200) : Uint8Array.from(heard);
      for (let flip = 0; flip <= this.#dice(3); flip += 1) bytes[this.#dice(bytes.length)] = this.#dice(256);
      this.#announce(this.#source(), bytes, null);
    }
  }

  /** Opens connections one after the other: silent ones, noise, and openings of others that are cut or whole. */
  flood(target: string, count: number): void {
    for (let n = 0; n < count; n += 1)
      this.#clock.after(n * floodEveryMs, () => {
        const to = { host: target, port: listeningPort };
        this.#network.connect({ host: this.#source(), peerId: null }, to, 1_000, (end) => {
          if (end !== null) this.#speak(end);
        });
      });
  }

  /** Calls for one host arrive here until the network is whole again. */
  takeOver(host: string): void {
    this.#network.divert(host, this.host);
  }

  #speak(end: ConnectionEnd): void {
    end.listen({ onBytes: () => {}, onEnd: () => {} });
    const opening = this.#openings[this.#dice(Math.max(1, this.#openings.length))] ?? null;
    const kind = this.#dice(4);
    if (kind === 1) end.write(this.#noise(1 + this.#dice(300)));
    if (kind === 2) end.write(Uint8Array.of(0x50, 0x41, 0x52, 0x4c, 1, 0, ...this.#noise(40)));
    if (kind === 3 && opening !== null) end.write(opening.slice(0, 1 + this.#dice(opening.length)));
    this.#clock.after(this.#dice(20_000), () => end.finish());
  }

  /** Stalls, lies that it is busy for hours, speaks noise or hangs up. */
  #answer(end: ConnectionEnd): void {
    end.listen({
      onBytes: (bytes) => {
        if (this.#openings.length < recordedMax) this.#openings.push(bytes);
      },
      onEnd: () => {},
    });
    const kind = this.#dice(5);
    if (kind === 1) end.write(encodeBusy(65_535_000));
    if (kind === 2) end.write(keyedBusy(65_535_000));
    if (kind === 3) end.write(this.#noise(100));
    if (kind > 0) end.finish();
  }

  #source(): string {
    return this.#dice(2) === 0 ? this.host : hostOf(10, 0x42_01_00 + this.#dice(8));
  }

  #noise(bytes: number): Uint8Array {
    return Uint8Array.from({ length: bytes }, () => this.#dice(256));
  }
}
