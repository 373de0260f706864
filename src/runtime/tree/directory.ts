/**
 * All actors of one system: which there are, where each is, and how it is started, stopped and forgotten. It carries
 * out what supervisors decide; a supervisor knows neither threads nor ports.
 */
import { err, errAsync, ok, type Result } from 'neverthrow';
import type { RuntimeError } from '../errors.js';
import type { RuntimeLimits } from '../limits.js';
import type { ChildSpec, ExitReason, LogLevel, Protocol, Ref } from '../actor.js';
import type { StartOutcome } from '../cell/cell-host.js';
import { sentenceOf } from '../cell/step.js';
import { gone } from '../link/faults.js';
import type { DeadLetter } from '../link/protocol.js';
import type { Host } from '../thread/host.js';
import { refOver, typedRef, type AnyRef } from '../cell/incarnation.js';
import { threadMemory, type ActorStats, type MemoryStats } from '../metrics.js';
import { inTime, startInTime } from '../thread/in-time.js';
import { ThreadHost, type Blame, type ThreadEvents } from '../thread/thread-host.js';
import { Links, type Seats } from './links.js';
import { Placements, type PlacementOptions } from './placement.js';

/** Who decides what becomes of an actor that ended. */
export interface ActorOwner {
  /** `cause` is the same for all crashes at one envelope, and for all actors that a dying thread takes along. */
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

/** `ready`: it runs, but its supervisor has not said so yet. */
type Status = 'down' | 'starting' | 'ready' | 'up';
type Exit = { readonly reason: ExitReason; readonly cause: unknown };

interface Placed {
  readonly spec: ChildSpec;
  readonly owner: ActorOwner;
  /** `null`: not in any thread now. */
  host: Host | ThreadHost | null;
  slot: number;
  starts: number;
  status: Status;
  isCautious: boolean;
  /** It ended before its supervisor had told that it started. */
  earlyExit: Exit | null;
}

export class Directory implements ThreadEvents, Seats {
  readonly #options: PlacementOptions;
  readonly #limits: RuntimeLimits;
  readonly #events: SystemEvents;
  readonly #placements: Placements;
  readonly #links: Links;
  readonly #actors = new Map<string, Placed>();
  readonly #outside = new Map<string, AnyRef>();
  #isClosed = false;

  constructor(options: PlacementOptions, events: SystemEvents) {
    this.#options = options;
    this.#limits = options.limits;
    this.#events = events;
    this.#placements = new Placements(options, (id) => this.#actors.get(id)?.spec.behaviour, this);
    this.#links = new Links(this, this.#placements.inline, options.limits, options.timers);
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

  /** Makes an actor known, with its links. */
  add(spec: ChildSpec, owner: ActorOwner): void {
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
    for (const [name, to] of Object.entries(spec.links)) this.#links.add(spec.id, name, to);
    if (spec.placement.kind === 'thread') this.#links.findCircles(spec.id);
  }

  /** Has the child's thread boot already, while those before it in the order still start. */
  prepare(spec: ChildSpec): void {
    this.#placements.hostFor(spec);
  }

  /**
   * Starts (again), in the thread it is in already or in a new place. Whoever asked says `confirm` once it has told of
   * the start: only then is an end of this life reported.
   */
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
      : startInTime(host.start(...how), this.#limits.readyDeadlineMs, this.#options.timers));
    if (answer.type === 'late' && actor.host === host) await this.#displace(actor);
    const outcome: StartOutcome =
      answer.type === 'late' ? { type: 'crashed', detail: `not ready in time: ${answer.detail}` } : answer;
    actor.status = outcome.type === 'ready' ? 'ready' : 'down';
    return outcome;
  }

  confirm(id: string): void {
    const actor = this.#actors.get(id);
    if (actor?.status !== 'ready') return;
    actor.status = 'up';
    if (actor.earlyExit !== null) this.#exitedNow(actor, actor.earlyExit);
  }

  /**
   * Lets it finish within `deadlineMs`, else takes its thread (or what it has in a shared one) away. Resolves with how
   * it ended.
   */
  async stop(id: string, reason: ExitReason, deadlineMs: number): Promise<ExitReason> {
    const actor = this.#actors.get(id);
    if (actor?.host === null || actor?.host === undefined) return reason;
    actor.status = 'down';
    const { host } = actor;
    const { marker, links } = this.#links.markInto(id);
    let ended: ExitReason | null;
    if (host instanceof ThreadHost) ended = await host.stop(id, reason, marker, links, deadlineMs);
    else {
      const stopping = host.stop(id, reason, marker, links);
      ended = (await inTime(stopping, deadlineMs, this.#options.timers)) ? await stopping : null;
    }
    if (ended !== null) return ended;
    if (actor.host === host) {
      this.#events.log(id, 'warn', 'stopped-by-force', { deadlineMs });
      await this.#displace(actor);
    }
    return reason;
  }

  /** Forgets it. Who still sends to it hears `runtime/no-actor`. */
  async remove(id: string): Promise<void> {
    const actor = this.#actors.get(id);
    if (actor === undefined) return;
    actor.status = 'down';
    const { host } = actor;
    // What it acknowledges last comes before its senders hear that it is gone.
    await this.#unseat(actor, false);
    this.#links.forget(id);
    this.#actors.delete(id);
    this.#outside.delete(id);
    if (host instanceof ThreadHost) await this.#placements.leave(host, actor.spec);
    else if (host === null) await this.#placements.cancel(actor.spec);
  }

  /** For code outside any actor: one link per target, shared by all of it. */
  ref<P extends Protocol>(to: string): Ref<P> {
    return typedRef<P>({
      actor: to,
      cast: (...args) => this.#outsideRef(to)?.cast(...args) ?? err(gone(to)),
      send: (...args) => this.#outsideRef(to)?.send(...args) ?? errAsync(gone(to)),
      call: (...args) => this.#outsideRef(to)?.call(...args) ?? errAsync(gone(to)),
      credit: () => this.#outsideRef(to)?.credit() ?? Promise.resolve(err(gone(to))),
    });
  }

  async stats(): Promise<SystemStats> {
    const inline = this.#placements.inline.stats();
    const answers = await Promise.all(
      this.#placements.threads.map(async (thread) => ({ thread, stats: await thread.stats() })),
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
    this.#placements.died(thread);
    const cause = this.#links.blame(blames) ?? {};
    const lost = [...this.#actors.values()].filter((actor) => actor.host === thread);
    for (const actor of lost) {
      actor.host = null;
      actor.isCautious = true;
    }
    for (const actor of lost) this.#links.disconnectInto(actor.spec.id);
    this.#events.log(thread.name, 'error', 'thread-died', { detail });
    const reason: ExitReason = { type: 'crash', detail };
    for (const actor of lost)
      if (actor.status === 'up') this.#exitedNow(actor, { reason, cause });
      else if (actor.status === 'ready') actor.earlyExit = { reason, cause };
  }

  linkLost(linkId: number): void {
    if (!this.#isClosed) this.#links.repair(linkId);
  }

  deadLetter(letter: DeadLetter): void {
    this.#events.deadLetter(letter);
  }

  log(actor: string, level: LogLevel, event: string, fields: Readonly<Record<string, unknown>>): void {
    this.#events.log(actor, level, event, fields);
  }

  #outsideRef(to: string): AnyRef | null {
    if (this.#isClosed || !this.#actors.has(to)) return null;
    let ref = this.#outside.get(to);
    if (ref === undefined) {
      const link = this.#links.add('', '', to);
      ref = refOver(this.#placements.inline.openSender(this.#links.addressOf(link)), null);
      this.#outside.set(to, ref);
      this.#links.connect(link);
    }
    return ref;
  }

  #exitedNow(actor: Placed, { reason, cause }: Exit): void {
    actor.status = 'down';
    actor.owner.actorExited(actor.spec.id, reason, cause);
  }

  /** Returns why there is no place. */
  #place(actor: Placed): string | null {
    const { spec } = actor;
    const { id, args, behaviour } = spec;
    const host = this.#placements.hostFor(spec);
    if (host === null) return 'the system is closed';
    const slot = host instanceof ThreadHost ? host.takeSlot(id, behaviour.busyMsMax) : 0;
    if (slot === 0 && host instanceof ThreadHost) return 'the thread is full';
    actor.host = host;
    actor.slot = slot;
    this.#placements.enter(host);
    const cell = { id, name: behaviour.name, args, slot, links: this.#links.renew(id) };
    if (host instanceof ThreadHost) host.create(cell, spec.transfer);
    else host.create(cell);
    this.#links.connectAll(id);
    return null;
  }

  /** Takes away what it has in its thread, or a thread of its own. */
  async #displace(actor: Placed): Promise<void> {
    const { host } = actor;
    await this.#unseat(actor, true);
    if (host instanceof ThreadHost) await this.#placements.leave(host, actor.spec);
  }

  /** Takes an actor out of its thread; by force, without waiting for what it has still to say. */
  async #unseat(actor: Placed, isForced: boolean): Promise<void> {
    const { host, spec, slot } = actor;
    actor.host = null;
    if (host === null) return;
    if (isForced) this.#links.disconnectInto(spec.id);
    const removed = host.remove(spec.id);
    if (!isForced) {
      await removed;
      this.#links.disconnectInto(spec.id);
    }
    if (host instanceof ThreadHost) host.freeSlot(slot);
  }
}

export function startFailed(actor: string, detail: string, fault?: { readonly code: string }): RuntimeError {
  const reason = sentenceOf(detail);
  return {
    code: 'runtime/start-failed',
    actor,
    reason,
    ...(reason === detail ? {} : { stack: detail }),
    ...(fault === undefined ? {} : { fault }),
  };
}

/** An id that is not taken, and links that lead to actors which are known or declared with it. */
export function checkChild(
  spec: ChildSpec,
  known: { has(id: string): boolean },
  declared: ReadonlySet<string>,
): Result<void, RuntimeError> {
  if (known.has(spec.id)) return err(startFailed(spec.id, `the id ${spec.id} is taken`));
  for (const [name, to] of Object.entries(spec.links))
    if (!known.has(to) && !declared.has(to))
      return err(startFailed(spec.id, `its link ${name} leads to ${to}, an actor that nobody declares`));
  return ok(undefined);
}
