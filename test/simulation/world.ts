/**
 * A simulated network of nodes: made from a number of nodes and one seed, it goes the same way each time. Steps are what
 * users do and what goes wrong; the ledger holds what users see against the invariants after every event.
 */
import assert from 'node:assert/strict';
import type { NodeEvent } from '../../src/chat/events.js';
import { dice } from '../support/seeds.js';
import type { Dice } from '../support/seeds.js';
import { VirtualClock } from './clock.js';
import { Ledger } from './ledger.js';
import { Network } from './network.js';
import { SimulatedNode, type Surroundings } from './node.js';

export interface WorldOptions {
  readonly nodes: number;
  readonly seed: number;
  /** The last node runs on a copy of the first one's home. */
  readonly hasCopy?: boolean;
  /** Gets every input and every effect, with the time and the node. */
  readonly trace?: (atMs: number, label: string, what: string, content: object) => void;
}

/**
 * Sessions of one node in a minute that faults and users can explain: each cut, park or dial of a user makes one or two.
 * A node that makes more dials in a loop.
 */
const sessionsPerMinuteMax = 150;
const minuteMs = 60_000;

export class World {
  readonly clock = new VirtualClock();
  readonly ledger = new Ledger();
  readonly dice: Dice;
  readonly network: Network;
  readonly nodes: readonly SimulatedNode[];
  /** Of 100 announcements: how many get lost, and how many arrive twice. */
  beaconLossPercent = 0;
  beaconDoublePercent = 0;
  /** The most sessions that a node had within a minute. */
  mostSessionsPerMinute = 0;
  readonly #watchers = new Map<SimulatedNode, (event: NodeEvent) => void>();
  /** When the sessions of a node came up, within the last minute. */
  readonly #sessionsAtMs = new Map<SimulatedNode, number[]>();
  #texts = 0;
  #hosts = 0;

  constructor({ nodes, seed, hasCopy = false, trace }: WorldOptions) {
    this.dice = dice(seed);
    this.network = new Network(this.clock, this.dice);
    const surroundings: Surroundings = {
      clock: this.clock,
      dice: this.dice,
      network: this.network,
      announce: (from, announcement, to) => {
        for (const other of this.nodes) {
          if (other === from || (to !== null && other.host !== to)) continue;
          if (this.network.isBlocked(from.host, other.host)) continue;
          if (this.dice(100) < this.beaconLossPercent) continue;
          const copies = this.dice(100) < this.beaconDoublePercent ? 2 : 1;
          for (let copy = 0; copy < copies; copy += 1)
            this.clock.after(this.network.delayMs(), () => other.hear(announcement));
        }
      },
      watch: (node, event) => {
        this.ledger.saw(node.label, event);
        this.#watchers.get(node)?.(event);
      },
      trace: (node, what, content) => {
        if ('type' in content && content.type === 'sessionUp') this.#countSession(node);
        trace?.(this.clock.nowMs, node.label, what, content);
      },
      resume: (node) => this.ledger.resume(node.label),
    };
    this.nodes = Array.from({ length: nodes }, (_, number) => {
      const isCopied = hasCopy && (number === 0 || number === nodes - 1);
      return new SimulatedNode(surroundings, number, isCopied ? 0 : null);
    });
    for (const node of this.nodes) this.ledger.enter(node);
    for (const node of this.nodes) node.start();
    // Everybody has heard of everybody.
    this.clock.advance(500);
  }

  /** Calls `seen` with every event of a node, over all its runs. */
  watch(node: SimulatedNode, seen: (event: NodeEvent) => void): void {
    this.#watchers.set(node, seen);
  }

  node(choice: number): SimulatedNode {
    const node = this.nodes[choice % this.nodes.length];
    if (node === undefined) throw new Error('a world has nodes');
    return node;
  }

  /** Sends texts in one call; the peer is named by its identity, or by its address. */
  send(from: SimulatedNode, to: SimulatedNode, count: number, isByAddress = false, padding = ''): void {
    if (from.peerId === to.peerId || from.run === null) return;
    const messages = Array.from({ length: count }, () => {
      this.#texts += 1;
      return { id: from.newMessageId(), text: `text ${this.#texts}${padding}` };
    });
    // Somebody else may listen at the address by the time that it is dialled.
    const peerId = isByAddress ? null : to.peerId;
    for (const { id, text } of messages) this.ledger.asked(from.label, peerId, id, text);
    const peer = isByAddress ? `${to.host}:47900` : to.peerId;
    from.ask('send', { peer, messages, via: null }, (result) => {
      if (result.isErr()) return;
      for (const { id } of messages) this.ledger.queued(id);
    });
  }

  /** The host gets an address that nobody has had. */
  move(node: SimulatedNode): void {
    this.#hosts += 1;
    node.move(`10.1.0.${this.#hosts}`);
  }

  /** Everything works from now on. */
  heal(): void {
    this.beaconLossPercent = 0;
    this.beaconDoublePercent = 0;
    this.network.latencyMostMs = 3;
    this.network.parcelBytesMax = Number.POSITIVE_INFINITY;
    this.network.mend();
    for (const node of this.nodes) {
      node.faults.isFull = false;
      node.faults.answersToLose = 0;
      node.faults.commitsToFail = 0;
      node.faults.receiptLossPercent = 0;
      node.faults.syncMostMs = 8;
      node.start();
    }
    for (const node of this.nodes)
      for (const other of this.nodes)
        if (other.peerId !== node.peerId) node.ask('block', { peer: other.peerId, blocked: false }, () => {});
  }

  /** Lets time pass until all that was queued is delivered, at most `mostMs`. */
  settle(mostMs: number): void {
    const untilMs = this.clock.nowMs + mostMs;
    let missing = this.ledger.missing();
    for (let step = 1; missing !== null && this.clock.nowMs < untilMs; step *= 2) {
      this.clock.advance(Math.min(step * 20, 10_000));
      missing = this.ledger.missing();
    }
    assert.equal(missing, null, `${missing} (I1)`);
    for (const { label, run } of this.nodes)
      assert.ok((run?.outboxTimers ?? 0) <= 8, `${label} has ${run?.outboxTimers} timers of outboxes`);
  }

  #countSession(node: SimulatedNode): void {
    const { nowMs } = this.clock;
    const recent = (this.#sessionsAtMs.get(node) ?? []).filter((atMs) => atMs > nowMs - minuteMs);
    recent.push(nowMs);
    this.#sessionsAtMs.set(node, recent);
    this.mostSessionsPerMinute = Math.max(this.mostSessionsPerMinute, recent.length);
    assert.ok(
      recent.length <= sessionsPerMinuteMax,
      `${node.label} had ${recent.length} sessions within a minute`,
    );
  }
}
