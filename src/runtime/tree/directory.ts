/**
 * All actors of one system: which there are, where each is, and how it is started, stopped and forgotten. It carries
 * out what supervisors decide; a supervisor knows neither threads nor ports.
 */
import { err, ok, type Result } from 'neverthrow';
import type { RuntimeError } from '../errors.js';
import type { RuntimeLimits } from '../limits.js';
import type { Awaitable, ChildSpec, ExitReason, LogLevel, Protocol, Ref } from '../actor.js';
import type { Ask, LifeId, StartOutcome, WatchedEnd } from '../cell/cell-host.js';
import { unreachable } from '../exhaustive.js';
import { gone } from '../link/faults.js';
import type { DeadLetter } from '../link/protocol.js';
import type { Host } from '../thread/host.js';
import { endHere, startHere, unbegun, type StartAnswer } from '../thread/in-time.js';
import type { Blame } from '../thread/tenants.js';
import { ThreadHost, type ThreadEvents } from '../thread/thread-host.js';
import { Links, type Seats } from './links.js';
import { placedOf, type ActorOwner, type Exit, type Placed } from './placed.js';
import { OutsideRefs } from './outside.js';
import { gatherStats, gatherTrace, type SystemStats } from './stats.js';
import { Watches } from './watches.js';
import { isRestarted } from './intensity.js';
import { Placements, type PlacementOptions } from './placement.js';

/** A question about children. */
export type ChildAsk = Extract<Ask, { readonly type: 'spawn' | 'spawn-supervisor' | 'stop-child' }>;

/** The owner of the children that actors have spawned. */
export interface Kin {
  /** `from` is alive. Errors: `runtime/start-failed`, `runtime/no-actor`. */
  asked(from: string, ask: ChildAsk): Promise<Result<unknown, RuntimeError>>;
  /** Null: it had none. */
  lifeOver(actor: string): Promise<void> | null;
}

/** The reports of a system. */
export interface SystemEvents {
  deadLetter(letter: DeadLetter): void;
  log(actor: string, level: LogLevel, event: string, fields: Readonly<Record<string, unknown>>): void;
}

/** All actors of one system. */
export class Directory implements ThreadEvents, Seats {
  readonly #options: PlacementOptions;
  readonly #limits: RuntimeLimits;
  readonly #events: SystemEvents;
  readonly #placements: Placements;
  readonly #links: Links;
  readonly #actors = new Map<string, Placed>();
  readonly #outside: OutsideRefs;
  readonly #watches = new Watches((end) => this.#tellEnd(end));
  /** Set by the maker of the tree, before anything starts. */
  families: Kin | null = null;
  /** Causes of the deaths of threads, for the starts that they took along. */
  readonly #deaths = new WeakMap<ThreadHost, unknown>();
  #isClosed = false;

  constructor(options: PlacementOptions, events: SystemEvents) {
    this.#options = options;
    this.#limits = options.limits;
    this.#events = events;
    this.#placements = new Placements(options, (id) => this.#actors.get(id)?.spec.behaviour, this);
    this.#links = new Links(this, this.#placements.inline, options.limits, options.timers);
    this.#outside = new OutsideRefs(
      this.#links,
      this.#placements.inline,
      (id) => !this.#isClosed && this.has(id),
    );
  }

  has(id: string): boolean {
    return this.#actors.has(id);
  }

  hostOf(id: string): Host | ThreadHost | null {
    return this.#actors.get(id)?.host ?? null;
  }

  specOf(id: string): ChildSpec | null {
    return this.#actors.get(id)?.spec ?? null;
  }

  /** Actors in the supervisors' own thread. */
  inlineIds(): readonly string[] {
    const inline = this.#placements.inline;
    return [...this.#actors].flatMap(([id, { host }]) => (host === inline ? [id] : []));
  }

  isInThread(id: string): boolean {
    const actor = this.#actors.get(id);
    if (actor?.beside === null) return actor.spec.placement.kind === 'thread';
    return actor !== undefined && this.isInThread(actor.beside);
  }

  /** Whether an actor runs in the thread of another one; null: in the supervisors' own. */
  areTogether(id: string, other: string | null): boolean {
    return this.hostOf(id) === (other === null ? this.#placements.inline : this.hostOf(other));
  }

  /** Makes an actor known, with its links. */
  add(spec: ChildSpec, owner: ActorOwner, beside: string | null): void {
    this.#actors.set(spec.id, placedOf(spec, owner, beside));
    for (const [name, to] of Object.entries(spec.links)) this.#links.add(spec.id, name, to);
    if (this.isInThread(spec.id)) this.#links.findCircles(spec.id);
  }

  /** Boots the thread of a child while its earlier siblings still start. */
  prepare(spec: ChildSpec): void {
    this.#placements.hostFor(spec);
  }

  /**
   * Starts an actor, in its present thread or in a new place. The caller calls `confirm` once it has reported the
   * start; an end of this life is reported only then.
   */
  start(id: string, restarts: number): Awaitable<StartOutcome> {
    const actor = this.#actors.get(id);
    const over = actor?.familyOver ?? null;
    if (over === null) return this.#startNow(actor, restarts);
    return over.then(() => this.#startNow(actor, restarts));
  }

  /** At once where the actor starts in this thread and its `init` does not wait. */
  #startNow(actor: Placed | undefined, restarts: number): Awaitable<StartOutcome> {
    if (!actor || this.#actors.get(actor.spec.id) !== actor) return { type: 'crashed', detail: 'forgotten' };
    const refusal = actor.host === null ? this.#place(actor) : null;
    if (refusal !== null) return { type: 'crashed', detail: refusal };
    const { host, isCautious } = actor;
    if (host === null) return { type: 'crashed', detail: 'has no place' };
    actor.status = 'starting';
    actor.starts += 1;
    actor.isCautious = false;
    actor.earlyExit = null;
    const how = [actor.spec.id, actor.starts, restarts, isCautious] as const;
    const { readyDeadlineMs } = this.#limits;
    const starting =
      host instanceof ThreadHost
        ? host.start(...how)
        : startHere(host.start(...how), readyDeadlineMs, this.#options.timers);
    if (!(starting instanceof Promise)) return this.#started(actor, host, starting);
    return starting.then((answer) => this.#started(actor, host, answer));
  }

  #started(actor: Placed, host: Host | ThreadHost, answer: StartAnswer): Awaitable<StartOutcome> {
    actor.status = answer.type === 'ready' ? 'ready' : 'down';
    if (answer.type !== 'ready') actor.lastReason = unbegun(answer);
    if (answer.type === 'crashed' && host instanceof ThreadHost)
      return { ...answer, cause: this.#deaths.get(host) ?? null };
    if (answer.type !== 'late') return answer;
    const outcome: StartOutcome = { type: 'crashed', detail: `not ready in time: ${answer.detail}` };
    return actor.host === host ? this.#displace(actor).then(() => outcome) : outcome;
  }

  confirm(id: string): void {
    const actor = this.#actors.get(id);
    if (actor?.status !== 'ready') return;
    actor.status = 'up';
    if (actor.earlyExit !== null) this.#exitedNow(actor, actor.earlyExit);
  }

  /**
   * Lets an actor finish within `deadlineMs`; otherwise ends its thread, or removes it from a shared one. Resolves
   * with the reason of its end. `isLast`: `remove` follows, and the thread forgets it with this order already.
   */
  async stop(id: string, reason: ExitReason, deadlineMs: number, isLast = false): Promise<ExitReason> {
    const actor = this.#actors.get(id);
    if (actor?.host === null || actor?.host === undefined) return reason;
    actor.status = 'down';
    const { host } = actor;
    const { marker, links } = this.#links.markInto(id);
    const ended = await (host instanceof ThreadHost
      ? host.stop(id, reason, marker, links, isLast, deadlineMs)
      : endHere(host.stop(id, reason, marker, links, isLast), deadlineMs, this.#options.timers));
    // Another stop was faster.
    if (this.#actors.get(id) !== actor) return ended ?? reason;
    const over = this.#lifeOver(actor);
    if (over !== null) await over;
    actor.lastReason = ended ?? reason;
    actor.isRemoved = isLast && ended !== null && actor.host === host;
    if (ended !== null) return ended;
    if (actor.host === host) {
      this.#events.log(id, 'warn', 'stopped-by-force', { deadlineMs });
      await this.#displace(actor);
    }
    return reason;
  }

  /** Forgets it. Later senders get `runtime/no-actor`. */
  remove(id: string): Awaitable<void> {
    const actor = this.#actors.get(id);
    if (actor === undefined) return undefined;
    actor.status = 'down';
    const over = this.#lifeOver(actor);
    if (over !== null || !actor.isRemoved) return this.#removeLater(actor, over);
    const { host, slot } = actor;
    actor.host = null;
    this.#links.disconnectInto(id);
    if (host instanceof ThreadHost) host.freeSlot(slot);
    return this.#forget(actor, host);
  }

  async #removeLater(actor: Placed, over: Promise<void> | null): Promise<void> {
    if (over !== null) await over;
    // A start that waited for the same end may have placed it.
    const { host } = actor;
    // Its last acknowledgements come before its senders learn of its end.
    await this.#unseat(actor, false);
    await this.#forget(actor, host);
  }

  #forget({ spec, lastReason }: Placed, host: Host | ThreadHost | null): Awaitable<void> {
    const { id } = spec;
    this.#links.forget(id);
    this.#actors.delete(id);
    this.#watches.ended({ actor: id, reason: lastReason });
    this.#outside.drop(id);
    if (host instanceof ThreadHost) return this.#placements.leave(host, spec);
    return host === null ? this.#placements.cancel(spec) : undefined;
  }

  /** For code outside any actor. */
  ref<P extends Protocol>(to: string): Ref<P> {
    return this.#outside.ref<P>(to);
  }

  trace(): Promise<string> {
    return gatherTrace(this.#placements.inline, this.#placements.threads);
  }

  stats(): Promise<SystemStats> {
    return gatherStats(this.#placements.inline, this.#placements.threads);
  }

  /** Links that exist, for a look from outside. */
  get linkCount(): number {
    return this.#links.count;
  }

  /** Ends every thread. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#links.closeAll();
    await this.#placements.close();
  }

  exited(id: string, incarnation: number, reason: ExitReason, cause: unknown): void {
    const actor = this.#actors.get(id);
    if (actor === undefined || actor.starts !== incarnation || actor.status === 'down') return;
    if (actor.status === 'up') this.#exitedNow(actor, { reason, cause });
    else actor.earlyExit = { reason, cause };
  }

  died(thread: ThreadHost, detail: string, blames: readonly Blame[]): void {
    if (!this.#placements.died(thread)) return;
    const cause = this.#links.blame(blames) ?? {};
    this.#deaths.set(thread, cause);
    const lost = [...this.#actors.values()].filter((actor) => actor.host === thread);
    for (const actor of lost) {
      actor.host = null;
      actor.isCautious = true;
    }
    for (const actor of lost) void this.#lifeOver(actor);
    for (const actor of lost) this.#links.disconnectInto(actor.spec.id);
    // Its last packets are read first.
    this.#links.wires.threadGone(thread);
    this.#events.log(thread.name, 'error', 'thread-died', { detail });
    const reason: ExitReason = { type: 'crash', detail };
    for (const actor of lost)
      if (actor.status === 'up') this.#exitedNow(actor, { reason, cause });
      // The answer to a start can be read in the same turn as the end of its thread.
      else if (actor.status !== 'down') actor.earlyExit = { reason, cause };
    if (lost.some(({ spec }) => isRestarted(spec, reason))) this.#placements.keepSpare(thread);
  }

  ended(thread: ThreadHost): void {
    this.#links.wires.threadGone(thread);
  }

  linkLost(linkId: number): void {
    if (!this.#isClosed) this.#links.repair(linkId);
  }

  wireLost(wire: number): void {
    this.#links.wires.lost(wire);
  }

  deadLetter(letter: DeadLetter): void {
    this.#events.deadLetter(letter);
  }

  log(actor: string, level: LogLevel, event: string, fields: Readonly<Record<string, unknown>>): void {
    this.#events.log(actor, level, event, fields);
  }

  /** Errors: `runtime/no-actor` when the life that asks is over. */
  async asked(from: LifeId, ask: Ask): Promise<Result<unknown, RuntimeError>> {
    const actor = this.#actors.get(from.actor);
    if (actor?.starts !== from.incarnation || actor.host === null) return err(gone(from.actor));
    switch (ask.type) {
      case 'find':
        return ok(this.has(ask.id));
      case 'link':
        this.#openLink(actor.host, from.actor, ask.to);
        return ok(null);
      case 'watch':
        this.#watches.add(from, ask.nth, ask.id, this.has(ask.id));
        return ok(null);
      case 'unwatch':
        this.#watches.drop(from, ask.nth);
        return ok(null);
      case 'spawn':
      case 'spawn-supervisor':
      case 'stop-child':
        if (actor.status === 'down') return err(gone(from.actor));
        return (await this.families?.asked(from.actor, ask)) ?? err(gone(from.actor));
      default:
        return unreachable(ask);
    }
  }

  /** Crashes an actor as if it had thrown between two messages. */
  crash(id: string, detail: string): void {
    this.hostOf(id)?.crash(id, detail, false);
  }

  #openLink(host: Host | ThreadHost, from: string, to: string): void {
    if (!this.has(to)) {
      host.adopt(from, to, null);
      return;
    }
    const link = this.#links.open(from, to);
    host.adopt(from, to, this.#links.addressOf(link));
    this.#links.connect(link);
  }

  #tellEnd(end: WatchedEnd): void {
    const watcher = this.#actors.get(end.watcher.actor);
    if (watcher?.starts === end.watcher.incarnation) watcher.host?.ended(end);
  }

  /** Settles when what this life had spawned has ended; null when it had spawned nothing. */
  #lifeOver(actor: Placed): Promise<void> | null {
    this.#watches.lifeOver(actor.spec.id);
    const ending = this.families?.lifeOver(actor.spec.id) ?? null;
    const before = actor.familyOver;
    if (ending === null) return before;
    const over = before === null ? ending : Promise.all([before, ending]).then(() => undefined);
    actor.familyOver = over;
    return over;
  }

  #exitedNow(actor: Placed, { reason, cause }: Exit): void {
    actor.status = 'down';
    actor.lastReason = reason;
    void this.#lifeOver(actor);
    actor.owner.actorExited(actor.spec.id, reason, cause);
  }

  /** Places an actor in a thread. Returns the reason where that fails. */
  #place(actor: Placed): string | null {
    const { spec } = actor;
    const { id, args, behaviour } = spec;
    const host = actor.beside === null ? this.#placements.hostFor(spec) : this.hostOf(actor.beside);
    if (host === null)
      return actor.beside === null ? 'the system is closed' : `${actor.beside} is in no thread`;
    const slot = host instanceof ThreadHost ? host.takeSlot(id, behaviour.busyMsMax) : 0;
    if (slot === 0 && host instanceof ThreadHost) return 'the thread is full';
    actor.host = host;
    actor.slot = slot;
    this.#placements.enter(host);
    this.#links.dropOpened(id);
    const cell = { id, name: behaviour.name, args, slot, links: this.#links.renew(id) };
    if (host instanceof ThreadHost) host.create(cell, spec.transfer);
    else host.create(cell);
    this.#links.connectAll(id);
    return null;
  }

  /** Removes an actor from a shared thread, or ends its own. */
  async #displace(actor: Placed): Promise<void> {
    const { host } = actor;
    await this.#unseat(actor, true);
    if (host instanceof ThreadHost) await this.#placements.leave(host, actor.spec);
  }

  /** Removes an actor from its thread. `isForced`: without waiting for its last packets. */
  async #unseat(actor: Placed, isForced: boolean): Promise<void> {
    const { host, spec, slot } = actor;
    actor.host = null;
    if (host === null) return;
    if (isForced) this.#links.disconnectInto(spec.id);
    const removed = actor.isRemoved ? undefined : host.remove(spec.id);
    actor.isRemoved = false;
    if (!isForced) {
      await removed;
      this.#links.disconnectInto(spec.id);
    }
    if (host instanceof ThreadHost) host.freeSlot(slot);
  }
}
