/**
 * A simulated network of nodes: made from a number of nodes and one seed, it goes the same way each time. Steps are what
 * users do and what goes wrong; the ledger holds what users see against the invariants after every event.
 */
import assert from 'node:assert/strict';
import { admission } from '../../src/admission/limits.js';
import { addressBehind } from '../../src/chat/people/name.js';
import type { NodeEvent } from '../../src/chat/events.js';
import { dialing } from '../../src/chat/routes/limits.js';
import { dice } from '../support/seeds.js';
import type { Dice } from '../support/seeds.js';
import { VirtualClock } from './clock.js';
import { Ledger } from './ledger.js';
import { Network } from './network.js';
import { Sent } from './presence-shell.js';
import { hostOf, SimulatedNode, type Surroundings } from './node.js';
import { Hostile } from './hostile.js';

export interface WorldOptions {
  readonly nodes: number;
  readonly seed: number;
  /** The last node runs on a copy of the first one's home. */
  readonly hasCopy?: boolean;
  /** Keys, signatures and ciphers are the real ones, and not keyed hashes. */
  readonly isReal?: boolean;
  /** Features of the programs of all nodes (`wire/features.ts`). Default: texts alone. */
  readonly features?: number;
  /** Nodes that hear each other's beacons: the first of them, the next, and so on. Default: all. */
  readonly segment?: number;
  /** The first node and each other one hear each other, and no others do. */
  readonly isStar?: boolean;
  /** Most sessions of a node within a minute. Default: what faults and users explain. */
  readonly sessionsPerMinuteMax?: number;
  /** Gets every input and every effect, with the time and the node. */
  readonly trace?: (atMs: number, label: string, what: string, content: object) => void;
}

/**
 * Sessions of one node in a minute that faults and users can explain: each cut, park or dial of a user makes one or two.
 * A node that makes more dials in a loop.
 */
const sessionsPerMinuteDefault = 150;
const minuteMs = 60_000;
/** Connections that a node holds when all is delivered: its slots, its dials and those that are being closed. */
const connectionsMost = admission.connectionsMax + dialing.outgoingMax + 4;
const callsMost = 16;
/** Most time that a text stays beyond its own: a look at the clock, and a commit. */
const overdueMost = 5_000;

export class World {
  readonly clock = new VirtualClock();
  readonly ledger = new Ledger();
  readonly dice: Dice;
  readonly network: Network;
  readonly nodes: readonly SimulatedNode[];
  readonly hostile: Hostile;
  /** The nodes that hear the beacons of each node. */
  readonly #neighbours = new Map<SimulatedNode, readonly SimulatedNode[]>();
  readonly #atHost = new Map<string, SimulatedNode>();
  /** Counts what happened, and in which order: two runs of a seed end with the same number. */
  #fingerprint = 0;
  /** Of 100 announcements: how many get lost, and how many arrive twice. */
  beaconLossPercent = 0;
  beaconDoublePercent = 0;
  /** The most sessions that a node had within a minute. */
  mostSessionsPerMinute = 0;
  readonly #watchers = new Map<SimulatedNode, (event: NodeEvent) => void>();
  /** When the sessions of a node came up, within the last minute. */
  readonly #sessionsAtMs = new Map<SimulatedNode, number[]>();
  readonly #sessionsPerMinuteMax: number;
  #texts = 0;
  #hosts = 0;

  constructor(options: WorldOptions) {
    const { nodes, seed, hasCopy = false, isReal = false, features = 0, segment, trace } = options;
    this.dice = dice(seed);
    this.#sessionsPerMinuteMax = options.sessionsPerMinuteMax ?? sessionsPerMinuteDefault;
    this.network = new Network(this.clock, this.dice);
    const surroundings: Surroundings = {
      clock: this.clock,
      dice: this.dice,
      network: this.network,
      isReal,
      features,
      announce: (from, bytes, to) => this.#announce(from, bytes, to),
      watch: (node, event) => {
        this.ledger.saw(node.label, event);
        this.#watchers.get(node)?.(event);
      },
      trace: (node, what, content) => {
        this.#note(node.label, content);
        if ('type' in content && content.type === 'sessionUp') this.#countSession(node);
        trace?.(this.clock.nowMs, node.label, what, content);
      },
      resume: (node) => this.ledger.resume(node.label),
    };
    this.nodes = Array.from({ length: nodes }, (_, number) => {
      const isCopied = hasCopy && (number === 0 || number === nodes - 1);
      return new SimulatedNode(surroundings, number, isCopied ? 0 : null);
    });
    const apart = segment ?? nodes;
    for (let first = 0; first < nodes; first += apart) {
      const near = this.nodes.slice(first, first + apart);
      for (const node of near) this.#neighbours.set(node, near);
    }
    if (options.isStar === true)
      for (const node of this.nodes.slice(1)) this.#neighbours.set(node, this.nodes.slice(0, 1));
    this.hostile = new Hostile({
      clock: this.clock,
      dice: this.dice,
      network: this.network,
      announce: (from, bytes, to) => this.#announce(from, bytes, to),
    });
    for (const node of this.nodes) this.#atHost.set(node.host, node);
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

  /** Sets the time after which texts between two nodes disappear. */
  setTimer(from: SimulatedNode, to: SimulatedNode, seconds: number): void {
    const { peerId: peer } = to;
    if (from.peerId !== peer) from.ask('setTimer', { peer, seconds, id: from.newMessageId() }, () => {});
  }

  /** Once all is delivered: both sides of each conversation have one timer, and nothing overdue is left. */
  checkTimers(): void {
    for (const node of this.nodes) {
      const overdue = node.disk.entries.filter(
        ({ expiresAtMs = Infinity }) => expiresAtMs + overdueMost < node.wallMs(),
      );
      assert.deepEqual(overdue, [], `${node.label} keeps texts whose time is over (I6)`);
      for (const other of this.nodes) {
        if (other.label <= node.label || other.peerId === node.peerId) continue;
        const [one, two] = [node.disk.timerWith(other.peerId), other.disk.timerWith(node.peerId)];
        assert.deepEqual(one, two, `${node.label} and ${other.label} have two timers (I7)`);
      }
    }
  }

  /** The host gets an address that nobody has had. */
  move(node: SimulatedNode): void {
    this.#hosts += 1;
    this.#atHost.delete(node.host);
    node.move(hostOf(11, this.#hosts));
    this.#atHost.set(node.host, node);
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
    let missing = this.#missing();
    for (let step = 1; missing !== null && this.clock.nowMs < untilMs; step *= 2) {
      this.clock.advance(Math.min(step * 20, 10_000));
      missing = this.#missing();
    }
    assert.equal(missing, null, `${missing} (I1)`);
    for (const { label, run } of this.nodes)
      assert.ok((run?.outboxTimers ?? 0) <= 8, `${label} has ${run?.outboxTimers} timers of outboxes`);
  }

  #missing = (): string | null =>
    this.ledger.missing((peerId) => {
      const address = addressBehind(peerId);
      return address !== null && !this.nodes.some(({ host }) => host === address.host);
    });

  /** B3: what a node holds is bounded by the peers around it. */
  checkBounds(): void {
    for (const { label, run } of this.nodes) {
      if (run === null) continue;
      const { rows, connections, calls } = run.sizes;
      assert.ok(rows <= this.nodes.length, `${label} has ${rows} rows of ${this.nodes.length} nodes (B3)`);
      assert.ok(connections <= connectionsMost, `${label} holds ${connections} connections (B3)`);
      assert.ok(run.sessionCount <= connectionsMost, `${label} has ${run.sessionCount} sessions (B3)`);
      assert.ok(calls <= callsMost, `${label} has ${calls} open calls (B3)`);
    }
  }

  /** Two runs of one seed have the same one. */
  get fingerprint(): string {
    return this.#fingerprint.toString(16).padStart(8, '0');
  }

  #note(label: string, content: object): void {
    const kind = 'type' in content ? content.type : 'say' in content ? content.say : '';
    const text = `${this.clock.nowMs} ${label} ${String(kind)}`;
    for (let at = 0; at < text.length; at += 1)
      this.#fingerprint = Math.imul(this.#fingerprint ^ text.charCodeAt(at), 0x01000193) >>> 0;
  }

  #announce(from: string, bytes: Uint8Array, to: string | null): void {
    const sender = this.#atHost.get(from);
    const receivers =
      to !== null ? [this.#atHost.get(to)] : ((sender && this.#neighbours.get(sender)) ?? this.nodes);
    if (to === null || to === this.hostile.host) this.hostile.hear(bytes, from);
    const sent = new Sent(bytes);
    const isCalm = this.beaconLossPercent + this.beaconDoublePercent === 0 && this.network.latencyMostMs <= 3;
    if (isCalm && to === null && !this.network.hasBlocks) {
      // All hear it at once: one event instead of one for each.
      const datagram = { sent, host: from, isReply: false };
      this.clock.after(this.network.delayMs(), () => {
        for (const other of receivers) if (other !== sender) other?.hear(datagram);
      });
      return;
    }
    for (const other of receivers) {
      if (other === undefined || other === sender) continue;
      if (this.network.isBlocked(from, other.host)) continue;
      if (this.beaconLossPercent > 0 && this.dice(100) < this.beaconLossPercent) continue;
      const isDoubled = this.beaconDoublePercent > 0 && this.dice(100) < this.beaconDoublePercent;
      const hear = (): void => other.hear({ sent, host: from, isReply: to !== null });
      this.clock.after(this.network.delayMs(), hear);
      if (isDoubled) this.clock.after(this.network.delayMs(), hear);
    }
  }

  #countSession(node: SimulatedNode): void {
    const { nowMs } = this.clock;
    const recent = (this.#sessionsAtMs.get(node) ?? []).filter((atMs) => atMs > nowMs - minuteMs);
    recent.push(nowMs);
    this.#sessionsAtMs.set(node, recent);
    this.mostSessionsPerMinute = Math.max(this.mostSessionsPerMinute, recent.length);
    assert.ok(
      recent.length <= this.#sessionsPerMinuteMax,
      `${node.label} had ${recent.length} sessions within a minute`,
    );
  }
}
