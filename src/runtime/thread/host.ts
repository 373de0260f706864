/**
 * The actors of one thread, the main one or a worker. It does what its supervisors say (`HostControl`) and reports
 * what happens; it decides nothing. The same code runs behind a port and inline.
 */
import type { MessagePort } from 'node:worker_threads';
import type { RuntimeLimits } from '../limits.js';
import type { Awaitable, Behaviour, ExitReason, LogLevel } from '../actor.js';
import { Cell } from '../cell/cell.js';
import type { Result } from 'neverthrow';
import type { RuntimeError } from '../errors.js';
import type { Ask, CellEvents, CellHost, LifeId, StartOutcome, WatchedEnd } from '../cell/cell-host.js';
import type { Batch, DeadLetter, LinkAddress, Progress } from '../link/protocol.js';
import { LinkSender } from '../link/sender.js';
import { LinkReceiver } from '../link/receiver.js';
import { heldMemory, threadMemory, type ActorStats, type HeldMemory, type MemoryStats } from '../metrics.js';
import type { Recorder, TraceEvent } from '../recorder.js';
import type { Loop } from '../timers.js';
import { Drains } from './drains.js';
import { joinLocally } from '../link/pipe.js';
import { Wire, type Channel } from '../link/wire.js';
import { cellLimits } from '../cell/own-limits.js';
import type { ProgressTable } from './progress.js';

/** The data by which a thread makes a cell. */
export interface CellSpec {
  readonly id: string;
  /** Name of the definition. */
  readonly name: string;
  readonly args: unknown;
  readonly slot: number;
  readonly links: readonly LinkAddress[];
}

/** The reports of a thread to its supervisors. */
export interface HostEvents extends CellEvents {
  /** The connection of a link closed under its sender. */
  linkLost(linkId: number): void;
  /** The port to another thread closed. */
  wireLost(wire: number): void;
}

/** The answer to a heartbeat. */
export interface Pulse {
  /** Actors whose handler waits for too long. */
  readonly hung: readonly string[];
  readonly memory: HeldMemory;
}

/** Figures of one thread. */
export interface ThreadStats {
  readonly actors: readonly ActorStats[];
  /** Messages that actors of this thread have sent and that are not known to be handled. */
  readonly pending: number;
  readonly memory: MemoryStats;
}

/** The calls of a supervisor to a thread. They arrive in the order in which they were made. */
export interface HostControl {
  create(spec: CellSpec): void;
  /** `isCautious`: its thread died; messages are settled one by one for a while. */
  start(id: string, incarnation: number, restarts: number, isCautious: boolean): Awaitable<StartOutcome>;
  /**
   * Handles what was sent before the marker on these links; resolves with how the actor ended. `isLast`: it is removed
   * then.
   */
  stop(
    id: string,
    reason: ExitReason,
    marker: number,
    links: readonly number[],
    isLast: boolean,
  ): Awaitable<ExitReason>;
  /** Crashes an actor. `isAtEnvelope`: the message in hand is the cause. */
  crash(id: string, detail: string, isAtEnvelope: boolean): void;
  /** The address of a link that an actor here opened; null: no actor has that id. */
  adopt(id: string, to: string, link: LinkAddress | null): void;
  /** Reports the end of an actor that another one watches. */
  ended(end: WatchedEnd): void;
  remove(id: string): void;
  /** The port to another thread, for all links between the two. */
  openWire(wire: number, port: MessagePort): void;
  closeWire(wire: number): void;
  connectSender(linkId: number, channel: Channel, blamedSeqs: readonly number[]): void;
  connectReceiver(link: LinkAddress, channel: Channel): void;
  /** Ends the receiver of a link to `to`, whose sender does not come back. */
  endReceiver(linkId: number, to: string): void;
  connectLocal(linkId: number, blamedSeqs: readonly number[]): void;
  /** Has the sender put a stop marker behind what it sent. */
  markSender(linkId: number, marker: number): void;
  /** Notes whether a link is part of a circle of links. */
  setCircular(linkId: number, isCircular: boolean): void;
  /** Holds a sender, whose receiver is dead and comes back. */
  disconnectSender(linkId: number): void;
  /** Closes a sender, whose receiver does not come back. */
  closeSender(linkId: number): void;
  pulse(): Pulse;
  stats(): ThreadStats;
  /** Events recorded since this was last asked. */
  recorded(): readonly TraceEvent[];
}

/** The detail of a crash by an endless wait. */
export const hungDetail = 'hung: a handler waited too long';

/** Options that all actors of a thread share. */
export interface HostOptions {
  readonly loop: Loop;
  readonly recorder: Recorder | null;
  readonly limits: RuntimeLimits;
  /** Neighbours get clones, as from another thread, and bodies are frozen. */
  readonly isStrict: boolean;
  /** Its memory ends with the process only. */
  readonly isLasting: boolean;
}

/** The cells of one thread and the ends of their links. */
export class Host implements HostControl, CellHost {
  readonly #cells = new Map<string, Cell>();
  readonly #restarts = new Map<string, number>();
  readonly #senders = new Map<number, LinkSender>();
  readonly #wires = new Map<number, Wire>();
  readonly #events: HostEvents;
  readonly #behaviour: (name: string, id: string) => Behaviour | undefined;
  readonly #progress: ProgressTable;
  readonly #options: HostOptions;
  readonly limits: RuntimeLimits;
  readonly loop: Loop;
  readonly recorder: Recorder | null;
  readonly isLasting: boolean;
  readonly #drains: Drains;

  constructor(
    events: HostEvents,
    behaviour: (name: string, id: string) => Behaviour | undefined,
    progress: ProgressTable,
    options: HostOptions,
  ) {
    this.#options = options;
    this.limits = options.limits;
    this.loop = options.loop;
    this.recorder = options.recorder;
    this.isLasting = options.isLasting;
    this.#drains = new Drains(options.loop, options.limits);
    this.#events = events;
    this.#behaviour = behaviour;
    this.#progress = progress;
  }

  create(spec: CellSpec): void {
    const behaviour = this.#behaviour(spec.name, spec.id);
    if (behaviour === undefined || this.#cells.has(spec.id)) return;
    const limits = cellLimits(this.limits, behaviour);
    const cell = new Cell({ id: spec.id, behaviour, args: spec.args, slot: spec.slot, limits }, this);
    this.#cells.set(spec.id, cell);
    for (const link of spec.links) cell.links.addSender(link.name, this.openSender(link));
  }

  start(id: string, incarnation: number, restarts: number, isCautious: boolean): Awaitable<StartOutcome> {
    this.#progress.beginStart();
    const cell = this.#cells.get(id);
    if (cell === undefined)
      return { type: 'crashed', detail: `the entry of this thread hosts no definition for ${id}` };
    this.#restarts.set(id, restarts);
    return cell.start(incarnation, restarts, isCautious);
  }

  stop(
    id: string,
    reason: ExitReason,
    marker: number,
    links: readonly number[],
    isLast: boolean,
  ): Awaitable<ExitReason> {
    const cell = this.#cells.get(id);
    const ending = cell?.stop(reason, marker, links) ?? reason;
    // Where it ends too late, another actor may have its id.
    const over = (): void => (isLast && this.#cells.get(id) === cell ? this.remove(id) : this.flushWires());
    if (ending instanceof Promise) return ending.finally(over);
    over();
    return ending;
  }

  crash(id: string, detail: string, isAtEnvelope: boolean): void {
    this.#cells.get(id)?.crash(detail, isAtEnvelope);
  }

  ended({ watcher, nth, ended }: WatchedEnd): void {
    this.#cells.get(watcher.actor)?.hearEnd(watcher.incarnation, nth, ended);
  }

  openLink(from: string, to: string): LinkSender {
    const { linkCreditMax: credit, poisonTriesMax: triesMax } = this.limits;
    const link = { id: 0, epoch: 0, name: '', from, to, credit, triesMax, isCircular: false };
    return new LinkSender(link, this.#events, this.#options);
  }

  adopt(id: string, to: string, link: LinkAddress | null): void {
    const links = this.#cells.get(id)?.links;
    const sender = links?.opened(to) ?? null;
    if (links === undefined || sender === null) return;
    if (link === null) {
      links.forgetOpened(sender);
      sender.close();
      return;
    }
    sender.adopt(link);
    this.#senders.set(link.id, sender);
  }

  asked(from: LifeId, ask: Ask): Promise<Result<unknown, RuntimeError>> {
    return this.#events.asked(from, ask);
  }

  remove(id: string): void {
    const cell = this.#cells.get(id);
    if (cell === undefined) return;
    for (const sender of cell.links.senders.values()) this.#senders.delete(sender.link.id);
    this.#cells.delete(id);
    this.#restarts.delete(id);
    cell.remove();
    this.flushWires();
  }

  /** A link of an actor here, or of code outside any actor. */
  openSender(link: LinkAddress): LinkSender {
    const sender = new LinkSender(link, this.#events, this.#options);
    this.#senders.set(link.id, sender);
    return sender;
  }

  dropSender(linkId: number): void {
    this.#senders.get(linkId)?.abandon();
    this.#senders.delete(linkId);
  }

  openWire(nth: number, port: MessagePort): void {
    const wire = new Wire(
      port,
      this.limits.linkBatchMax,
      () => this.#drains.reset(),
      () => {
        if (this.#wires.delete(nth)) this.#events.wireLost(nth);
      },
    );
    this.#wires.set(nth, wire);
  }

  closeWire(nth: number): void {
    const wire = this.#wires.get(nth);
    this.#wires.delete(nth);
    wire?.close();
  }

  connectSender(linkId: number, { wire: nth, nth: channel }: Channel, blamedSeqs: readonly number[]): void {
    const sender = this.#senders.get(linkId);
    const wire = this.#wires.get(nth);
    if (sender === undefined) {
      wire?.refuse(channel);
      return;
    }
    sender.keepsOrigins = false;
    for (const seq of blamedSeqs) sender.blame(seq);
    if (wire === undefined) this.#events.linkLost(linkId);
    else wire.open<Progress, Batch>(channel, sender, (pipe) => sender.attach(pipe));
  }

  connectReceiver(link: LinkAddress, { wire: nth, nth: channel }: Channel): void {
    const wire = this.#wires.get(nth);
    const receiver = this.#receiver(link);
    if (receiver === null) wire?.refuse(channel);
    else if (wire !== undefined)
      wire.open<Batch, Progress>(channel, receiver, (pipe) => receiver.attach(pipe));
  }

  /** Sends waiting packets before anything leaves over another port. */
  flushWires(): void {
    for (const wire of this.#wires.values()) wire.flush();
  }

  connectLocal(linkId: number, blamedSeqs: readonly number[]): void {
    const sender = this.#senders.get(linkId);
    const receiver = sender === undefined ? null : this.#receiver(sender.link);
    if (sender === undefined || receiver === null) return;
    for (const seq of blamedSeqs) sender.blame(seq);
    if (!this.isLasting) receiver.neighbour = sender;
    joinLocally(sender, receiver, this.#options.isStrict);
  }

  markSender(linkId: number, marker: number): void {
    this.#senders.get(linkId)?.mark(marker);
  }

  setCircular(linkId: number, isCircular: boolean): void {
    const sender = this.#senders.get(linkId);
    if (sender !== undefined) sender.isCircular = isCircular;
  }

  endReceiver(linkId: number, to: string): void {
    this.#cells.get(to)?.links.endReceivers(linkId, Infinity);
  }

  disconnectSender(linkId: number): void {
    this.#senders.get(linkId)?.detach();
  }

  closeSender(linkId: number): void {
    const sender = this.#senders.get(linkId);
    if (sender === undefined) return;
    const cell = this.#cells.get(sender.link.from);
    if (cell?.links.opened(sender.link.to) === sender) {
      cell.links.forgetOpened(sender);
      this.#senders.delete(linkId);
    }
    sender.close();
  }

  pulse(): Pulse {
    const nowMs = performance.now();
    const hung = [...this.#cells.values()].filter((cell) => cell.isHung(nowMs)).map((cell) => cell.id);
    return { hung, memory: heldMemory() };
  }

  stats(): ThreadStats {
    const nowMs = performance.now();
    const actors = [...this.#cells.values()].map((cell) =>
      cell.stats(nowMs, this.#restarts.get(cell.id) ?? 0),
    );
    return { actors, pending: this.#pending(), memory: threadMemory() };
  }

  recorded(): readonly TraceEvent[] {
    return this.recorder?.take() ?? [];
  }

  #pending(): number {
    let pending = 0;
    for (const sender of this.#senders.values()) pending += sender.pending;
    return pending;
  }

  schedule(drain: () => void): void {
    this.#drains.add(drain);
  }

  note(slot: number, linkId: number, seq: number): void {
    this.#progress.note(slot, linkId, seq);
  }

  running(slot: number): void {
    this.#progress.run(slot);
  }

  unsafe(slot: number, count: number): void {
    this.#progress.setUnsafe(slot, count);
  }

  exited(id: string, incarnation: number, reason: ExitReason, cause: string | null): void {
    this.#events.exited(id, incarnation, reason, cause);
  }

  deadLetter(letter: DeadLetter): void {
    this.#events.deadLetter(letter);
  }

  log(actor: string, level: LogLevel, event: string, fields: Readonly<Record<string, unknown>>): void {
    this.#events.log(actor, level, event, fields);
  }

  #receiver(link: LinkAddress): LinkReceiver | null {
    const cell = this.#cells.get(link.to);
    if (cell === undefined) return null;
    const known = cell.links.receiver(link.id, link.epoch);
    if (known !== null) return known;
    cell.links.endReceivers(link.id, link.epoch);
    const receiver = new LinkReceiver(link, cell, this.limits);
    cell.links.addReceiver(receiver);
    return receiver;
  }
}
