/**
 * All actors and links of one system: where each actor is, and which ports join them. It carries out what supervisors
 * decide; a supervisor knows neither threads nor ports.
 */
import { err, ok, type Result } from 'neverthrow';
import { MessageChannel } from 'node:worker_threads';
import type { RuntimeError } from '../errors.js';
import { runtime as limits } from '../limits.js';
import type { ChildSpec, ExitReason, LogLevel, Protocol, Ref } from '../actor.js';
import type { StartOutcome } from '../cell/cell-host.js';
import type { DeadLetter, LinkAddress } from '../link/sender.js';
import { Host } from '../thread/host.js';
import { refOver, typedRef, type AnyRef } from '../cell/incarnation.js';
import { threadMemory, type ActorStats, type MemoryStats } from '../metrics.js';
import { inTime, startInTime } from '../thread/in-time.js';
import { ProgressTable } from '../thread/progress.js';
import { ThreadHost, type Blame, type ThreadEvents } from '../thread/thread-host.js';
import type { Timers } from '../timers.js';

/** Who decides what becomes of an actor that ended. `cause` is the same for all that a dying thread takes along. */
export interface ActorOwner {
  actorExited(id: string, reason: ExitReason, cause: unknown): void;
}

export interface SystemStats {
  /** `thread` is `inline` for the supervisors' own. */
  readonly actors: readonly (ActorStats & { readonly thread: string })[];
  readonly threads: readonly (MemoryStats & { readonly name: string })[];
}

export interface SystemEvents {
  deadLetter(letter: DeadLetter): void;
  log(actor: string, level: LogLevel, event: string, fields: Readonly<Record<string, unknown>>): void;
}

interface Placed {
  readonly spec: ChildSpec;
  readonly owner: ActorOwner;
  /** `null`: not in any thread now. */
  host: Host | ThreadHost | null;
  slot: number;
  starts: number;
  status: 'starting' | 'up' | 'down';
  isCautious: boolean;
  /** It ended before the news of its start came in: the two travel on different ports. */
  earlyExit: ExitReason | null;
}

interface Link {
  readonly id: number;
  readonly name: string;
  readonly from: string;
  readonly to: string;
  epoch: number;
  /** Counts its connections. */
  generation: number;
  blamedSeqs: number[];
}

export class Registry implements ThreadEvents {
  readonly #timers: Timers;
  readonly #events: SystemEvents;
  readonly #inline: Host;
  readonly #actors = new Map<string, Placed>();
  readonly #threads = new Map<string, ThreadHost>();
  readonly #idleThreads = new Map<ThreadHost, () => void>();
  readonly #ending = new Set<Promise<void>>();
  readonly #links = new Map<number, Link>();
  readonly #linksOf = new Map<string, Set<Link>>();
  readonly #outside = new Map<string, AnyRef>();
  #linksMade = 0;
  #isClosed = false;

  constructor(timers: Timers, events: SystemEvents) {
    this.#timers = timers;
    this.#events = events;
    this.#inline = new Host(
      this,
      (_, id) => this.#actors.get(id)?.spec.behaviour,
      new ProgressTable(ProgressTable.memory(0)),
    );
  }

  /** Makes an actor known, with its links. Errors: `runtime/start-failed`, when the id is taken. */
  add(spec: ChildSpec, owner: ActorOwner): Result<void, RuntimeError> {
    if (this.#actors.has(spec.id)) return err(startFailed(spec.id, 'the id is taken'));
    this.#actors.set(spec.id, {
      spec,
      owner,
      host: null,
      slot: 0,
      starts: 0,
      status: 'down',
      isCautious: false,
      earlyExit: null,
    });
    for (const [name, to] of Object.entries(spec.links)) this.#addLink(spec.id, name, to);
    return ok(undefined);
  }

  /** Has the child's thread boot already, while those before it in the order still start. */
  prepare(spec: ChildSpec): void {
    this.#hostFor(spec);
  }

  /** Starts (again), in the thread it is in already or in a new place. */
  async start(id: string, restarts: number): Promise<StartOutcome> {
    const actor = this.#actors.get(id);
    if (actor === undefined) return { type: 'crashed', detail: 'not known any more' };
    const refusal = actor.host === null ? this.#place(actor) : null;
    if (refusal !== null) return { type: 'crashed', detail: refusal };
    const { host, isCautious } = actor;
    if (host === null) return { type: 'crashed', detail: 'has no place' };
    actor.status = 'starting';
    actor.starts += 1;
    actor.isCautious = false;
    actor.earlyExit = null;
    const how = [id, actor.starts, restarts, isCautious] as const;
    const answer = await (host instanceof ThreadHost
      ? host.start(...how)
      : startInTime(host.start(...how), this.#timers));
    if (answer.type === 'late' && actor.host === host) await this.#displace(actor);
    const outcome: StartOutcome =
      answer.type === 'late' ? { type: 'crashed', detail: `not ready in time: ${answer.detail}` } : answer;
    const early = this.#early(actor);
    actor.status = outcome.type === 'ready' ? 'up' : 'down';
    if (outcome.type === 'ready' && early !== null) this.#exitedNow(actor, early, null);
    return outcome;
  }

  /** Lets it finish within `deadlineMs`, else takes its thread (or what it has in a shared one) away. */
  async stop(id: string, reason: ExitReason, deadlineMs: number): Promise<void> {
    const actor = this.#actors.get(id);
    if (actor?.host === null || actor?.host === undefined) return;
    actor.status = 'down';
    const { host } = actor;
    const isDone =
      host instanceof ThreadHost
        ? await host.stop(id, reason, deadlineMs)
        : await inTime(host.stop(id, reason), deadlineMs, this.#timers);
    if (!isDone && actor.host === host) {
      this.#events.log(id, 'warn', 'stopped-by-force', { deadlineMs });
      await this.#displace(actor);
    }
  }

  /** Forgets it. Who still sends to it hears `runtime/no-actor`. */
  async remove(id: string): Promise<void> {
    const actor = this.#actors.get(id);
    if (actor === undefined) return;
    actor.status = 'down';
    this.#actors.delete(id);
    for (const link of this.#linksOf.get(id) ?? []) {
      if (link.to === id) this.#senderSide(link)?.closeSender(link.id);
      if (link.to === id && link.from === '') this.#inline.dropSender(link.id);
      if (link.from === id) this.#actors.get(link.to)?.host?.endReceiver(link.id, link.to);
      if (link.from === id || link.from === '') this.#dropLink(link);
    }
    this.#outside.delete(id);
    // One may boot already for an actor that is forgotten before it is there.
    const booting = actor.host === null ? this.#threads.get(threadName(actor.spec)) : undefined;
    if (booting !== undefined) await this.#vacate(booting, actor.spec);
    await this.#displace(actor);
  }

  /** For code outside any actor: one link per target, shared by all of it. */
  ref<P extends Protocol>(to: string): Ref<P> {
    let ref = this.#outside.get(to);
    if (ref === undefined) {
      const link = this.#addLink('', '', to);
      ref = refOver(this.#inline.openSender(this.#addressOf(link)), null);
      this.#outside.set(to, ref);
      this.#connect(link);
    }
    return typedRef<P>(ref);
  }

  async stats(): Promise<SystemStats> {
    const inline = this.#inline.stats();
    const threads = [...this.#threads.values()];
    const answers = await Promise.all(
      threads.map(async (thread) => ({ thread, stats: await thread.stats() })),
    );
    const known = answers.flatMap(({ thread, stats }) =>
      stats === null ? [] : [{ name: thread.name, stats }],
    );
    return {
      actors: [
        ...inline.actors.map((actor) => ({ ...actor, thread: 'inline' })),
        ...known.flatMap(({ name, stats }) => stats.actors.map((actor) => ({ ...actor, thread: name }))),
      ],
      threads: [
        { name: 'inline', ...threadMemory() },
        ...known.map(({ name, stats }) => ({ name, ...stats.memory })),
      ],
    };
  }

  /** Links that exist, for a look from outside. */
  get linkCount(): number {
    return this.#links.size;
  }

  /** Ends every thread. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const link of this.#links.values()) this.#senderSide(link)?.closeSender(link.id);
    for (const callOff of this.#idleThreads.values()) callOff();
    for (const thread of this.#threads.values()) void this.#end(thread);
    await Promise.all(this.#ending);
  }

  exited(id: string, incarnation: number, reason: ExitReason): void {
    const actor = this.#actors.get(id);
    if (actor === undefined || actor.starts !== incarnation) return;
    if (actor.status === 'starting') actor.earlyExit = reason;
    else if (actor.status === 'up') this.#exitedNow(actor, reason, null);
  }

  died(thread: ThreadHost, detail: string, blames: readonly Blame[]): void {
    if (this.#threads.get(thread.name) === thread) this.#threads.delete(thread.name);
    this.#idleThreads.get(thread)?.();
    this.#idleThreads.delete(thread);
    for (const { linkId, seq } of blames) this.#links.get(linkId)?.blamedSeqs.push(seq);
    const lost = [...this.#actors.values()].filter((actor) => actor.host === thread);
    for (const actor of lost) {
      actor.host = null;
      actor.isCautious = true;
      for (const link of this.#linksOf.get(actor.spec.id) ?? [])
        if (link.to === actor.spec.id) this.#senderSide(link)?.disconnectSender(link.id);
    }
    this.#events.log(thread.name, 'error', 'thread-died', { detail });
    const cause = {};
    for (const actor of lost)
      if (actor.status === 'up') this.#exitedNow(actor, { type: 'crash', detail }, cause);
  }

  /** A port closed although nobody closed it: joined anew, unless a dying thread was the reason. */
  linkLost(linkId: number): void {
    const link = this.#links.get(linkId);
    if (link === undefined || this.#isClosed) return;
    const { generation } = link;
    this.#timers.after(limits.linkRepairMs, () => {
      if (link.generation === generation && this.#links.has(linkId)) this.#connect(link);
    });
  }

  deadLetter(letter: DeadLetter): void {
    this.#events.deadLetter(letter);
  }

  log(actor: string, level: LogLevel, event: string, fields: Readonly<Record<string, unknown>>): void {
    this.#events.log(actor, level, event, fields);
  }

  #early(actor: Placed): ExitReason | null {
    return actor.earlyExit;
  }

  #exitedNow(actor: Placed, reason: ExitReason, cause: unknown): void {
    actor.status = 'down';
    actor.owner.actorExited(actor.spec.id, reason, cause);
  }

  /** Returns why there is no place. */
  #place(actor: Placed): string | null {
    const { spec } = actor;
    const host = this.#hostFor(spec);
    if (host === null) return 'the system is closed';
    const slot = host instanceof ThreadHost ? host.takeSlot() : 0;
    if (slot === 0 && host instanceof ThreadHost) return 'the thread is full';
    actor.host = host;
    actor.slot = slot;
    const all = [...(this.#linksOf.get(spec.id) ?? [])];
    for (const link of all)
      if (link.from === spec.id) {
        link.epoch += 1;
        link.blamedSeqs = [];
      }
    const links = all.filter((link) => link.from === spec.id).map((link) => this.#addressOf(link));
    const cell = { id: spec.id, name: spec.behaviour.name, args: spec.args, slot, links };
    if (host instanceof ThreadHost) host.create(cell, spec.transfer);
    else host.create(cell);
    for (const link of all) this.#connect(link);
    return null;
  }

  #hostFor(spec: ChildSpec): Host | ThreadHost | null {
    const { placement } = spec;
    if (this.#isClosed) return null;
    if (placement.kind === 'inline') return this.#inline;
    const name = threadName(spec);
    let thread = this.#threads.get(name);
    if (thread === undefined || thread.isDead) {
      const { entry } = placement;
      thread = new ThreadHost({ name, entry, heapMbMax: limits.workerHeapMbMax }, this.#timers, this);
      this.#threads.set(name, thread);
    }
    this.#idleThreads.get(thread)?.();
    this.#idleThreads.delete(thread);
    return thread;
  }

  /** Takes an actor out of its thread. */
  async #displace(actor: Placed): Promise<void> {
    const { host, spec, slot } = actor;
    actor.host = null;
    if (host === null) return;
    for (const link of this.#linksOf.get(spec.id) ?? [])
      if (link.to === spec.id) this.#senderSide(link)?.disconnectSender(link.id);
    host.remove(spec.id);
    if (!(host instanceof ThreadHost)) return;
    host.freeSlot(slot);
    await this.#vacate(host, spec);
  }

  /** After `spec` has left: a thread of its own ends, a named one that is empty stays warm for a while. */
  async #vacate(thread: ThreadHost, { placement }: ChildSpec): Promise<void> {
    if ([...this.#actors.values()].some((other) => other.host === thread)) return;
    if (placement.kind === 'thread' && placement.thread === undefined) await this.#end(thread);
    else if (!thread.isDead && !this.#idleThreads.has(thread))
      this.#idleThreads.set(
        thread,
        this.#timers.after(limits.threadIdleMs, () => void this.#end(thread)),
      );
  }

  #end(thread: ThreadHost): Promise<void> {
    if (this.#threads.get(thread.name) === thread) this.#threads.delete(thread.name);
    this.#idleThreads.delete(thread);
    const ending = thread.end().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
    return ending;
  }

  #addLink(from: string, name: string, to: string): Link {
    this.#linksMade += 1;
    const link: Link = { id: this.#linksMade, name, from, to, epoch: 0, generation: 0, blamedSeqs: [] };
    this.#links.set(link.id, link);
    for (const id of new Set([from, to])) {
      const links = this.#linksOf.get(id) ?? new Set();
      this.#linksOf.set(id, links.add(link));
    }
    return link;
  }

  #dropLink(link: Link): void {
    this.#links.delete(link.id);
    for (const id of [link.from, link.to]) {
      const links = this.#linksOf.get(id);
      links?.delete(link);
      if (links?.size === 0) this.#linksOf.delete(id);
    }
  }

  #addressOf({ id, epoch, name, from, to }: Link): LinkAddress {
    return { id, epoch, name, from, to };
  }

  #senderSide(link: Link): Host | ThreadHost | null {
    return link.from === '' ? this.#inline : (this.#actors.get(link.from)?.host ?? null);
  }

  /** Joins the two ends of a link, if both are in a thread now. */
  #connect(link: Link): void {
    const sender = this.#senderSide(link);
    const target = this.#actors.get(link.to);
    const receiver = target?.host ?? null;
    if (sender === null || receiver === null || target === undefined) return;
    link.generation += 1;
    const credit = target.spec.behaviour.mailboxMax ?? limits.mailboxMax;
    const blamedSeqs = link.blamedSeqs;
    link.blamedSeqs = [];
    if (sender === receiver) {
      sender.connectLocal(link.id, credit, blamedSeqs);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    receiver.connectReceiver(this.#addressOf(link), port2);
    sender.connectSender(link.id, port1, credit, blamedSeqs);
  }
}

const threadName = ({ id, placement }: ChildSpec): string =>
  placement.kind === 'thread' ? (placement.thread ?? `actor ${id}`) : '';

export const startFailed = (
  actor: string,
  reason: string,
  fault?: { readonly code: string },
): RuntimeError =>
  fault === undefined
    ? { code: 'runtime/start-failed', actor, reason }
    : { code: 'runtime/start-failed', actor, reason, fault };
