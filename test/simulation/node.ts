/**
 * One simulated node: a disk and an identity that outlive its runs, and the run that is there now. A user talks to it
 * by the calls of the core, and watches its events.
 */
import type { Result } from 'neverthrow';
import type { AskedInput, Commands } from '../../src/chat/asked.js';
import type { NodeEvent } from '../../src/chat/events.js';
import type { Fault } from '../../src/chat/turn.js';
import { messageIdFromBytes, type MessageId, type PeerId } from '../../src/ids.js';
import type { Dice } from '../support/seeds.js';
import type { VirtualClock } from './clock.js';
import { keyIsOldAtMs } from '../../src/session/certificate.js';
import { keyedIdentity, realIdentity, type KeyedIdentity } from './keyed-identity.js';
import type { Network } from './network.js';
import type { Datagram } from './presence-shell.js';
import { NodeRun } from './run.js';
import { Disk, type HistoryFaults } from './store.js';

/** Faults within one node. */
export interface NodeFaults extends HistoryFaults {
  /** Share of receipts that get lost, of 100. */
  receiptLossPercent: number;
  /** Most time that a sync to disk takes. */
  syncMostMs: number;
}

/** The world around a node, as far as it needs it. */
export interface Surroundings {
  readonly clock: VirtualClock;
  readonly dice: Dice;
  readonly network: Network;
  /** Whether keys, signatures and ciphers are the real ones. */
  readonly isReal: boolean;
  /** Features of the programs of all nodes (`wire/features.ts`). */
  readonly features: number;
  announce(from: string, bytes: Uint8Array, to: string | null): void;
  watch(node: SimulatedNode, event: NodeEvent): void;
  /** Tells what happens, for those who look into a history that failed. */
  trace(node: SimulatedNode, what: string, content: object): void;
  /** Readers of events read on from what they saw last. */
  resume(node: SimulatedNode): void;
}

/** 2026-01-01, where every simulation begins. */
const epochMs = 1_767_225_600_000;

export class SimulatedNode {
  readonly label: string;
  readonly world: Surroundings;
  readonly disk = new Disk();
  readonly faults: NodeFaults = {
    isFull: false,
    answersToLose: 0,
    commitsToFail: 0,
    receiptLossPercent: 0,
    syncMostMs: 8,
  };
  readonly peerId: PeerId;
  host: string;
  /** As it is called, kept over its runs. */
  name: string;
  /** How far its calendar is off. */
  wallOffsetMs = 0;
  #runs = 0;
  #ids = 0;
  #run: NodeRun | null = null;
  #identity: KeyedIdentity;
  #certificateSerial: number;
  readonly #number: number;
  readonly #secret: string;

  /**
   * `copyOf`: the node whose home was copied, for both of the two; null: the home is its own, and there is one of it.
   */
  constructor(world: Surroundings, number: number, copyOf: number | null) {
    const original = copyOf ?? number;
    this.world = world;
    // Far in the past, so each node replaces its key while it runs. Copies have the key of the day of copying.
    this.#certificateSerial = copyOf === null ? 1 : epochMs;
    this.#number = number;
    this.#secret = `secret of ${original}`;
    this.label = `node${number}`;
    this.name = `node${original}`;
    this.host = hostOf(10, number + 1);
    this.#identity = this.#freshIdentity();
    this.peerId = this.#identity.peerId;
  }

  get identity(): KeyedIdentity {
    return this.#identity;
  }

  get run(): NodeRun | null {
    return this.#run;
  }

  /** The static key is old by the calendar of this node: another one is made, and outlives the run. */
  renewKey(): void {
    this.#certificateSerial = Math.max(this.#certificateSerial + 1, this.wallMs());
    this.#identity = this.#identityOf(this.#identity.bootIdHex);
  }

  get key() {
    return {
      certificateSerial: this.#certificateSerial,
      keyIsOldAtMs: keyIsOldAtMs(this.#certificateSerial),
    };
  }

  wallMs = (): number => Math.floor(epochMs + this.world.clock.nowMs + this.wallOffsetMs);

  newMessageId(): MessageId {
    this.#ids += 1;
    const bytes = new Uint8Array(16);
    new DataView(bytes.buffer).setUint32(0, this.#number);
    new DataView(bytes.buffer).setUint32(12, this.#ids);
    return messageIdFromBytes(bytes);
  }

  /** Starts the process, unless it runs. */
  start(): void {
    if (this.#run !== null) return;
    this.#identity = this.#freshIdentity();
    // A history removes what is overdue before it serves anybody.
    if (!this.faults.isFull) this.disk.expire(this.wallMs());
    this.world.resume(this);
    this.#run = new NodeRun(this);
    this.#run.open();
  }

  /** The process dies. `isHeard`: the system lives on and closes its sockets. */
  crash(isHeard: boolean): void {
    this.#run?.die(isHeard);
    this.#run = null;
  }

  /** The user ends the process. */
  stop(): void {
    this.#run?.stop();
    this.#run = null;
  }

  /** This host has another address from now on; its connections are gone. */
  move(host: string): void {
    const { network } = this.world;
    network.detach(this.host);
    this.#run?.endSessions(false);
    this.host = host;
    this.#run?.listen();
  }

  hear(datagram: Datagram): void {
    this.#run?.hear(datagram);
  }

  /** Asks the node; a node that is down answers nothing. */
  ask<N extends keyof Commands>(
    name: N,
    body: Commands[N]['body'],
    answered: (result: Result<Commands[N]['reply'], Fault>) => void,
  ): void {
    // The name decides which body and reply belong together.
    this.#run?.command({ type: 'asked', name, body } as unknown as AskedInput, answered as never);
  }

  #freshIdentity(): KeyedIdentity {
    this.#runs += 1;
    const boot = new Uint8Array(8);
    new DataView(boot.buffer).setUint32(0, this.#number + 1);
    new DataView(boot.buffer).setUint32(4, this.#runs);
    const bootIdHex = Buffer.from(boot).toString('hex');
    return this.#identityOf(bootIdHex);
  }

  #identityOf(bootIdHex: string): KeyedIdentity {
    const make = this.world.isReal ? realIdentity : keyedIdentity;
    return make(this.#secret, bootIdHex, this.#certificateSerial, this.world.features);
  }
}

/** Address number `at` of the network `first.0.0.0`. */
export const hostOf = (first: number, at: number): string =>
  `${first}.${at >>> 16}.${(at >>> 8) & 255}.${at & 255}`;
