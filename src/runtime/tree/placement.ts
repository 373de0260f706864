/** In which thread each actor runs: threads are started when an actor needs them and ended when none does. */
import { threadId } from 'node:worker_threads';
import type { Awaitable, ChildSpec, ThreadPlacement } from '../actor.js';
import { limitsWith, type RuntimeLimits } from '../limits.js';
import { Boots } from '../thread/boots.js';
import { untilBeatMs } from '../thread/heart.js';
import { Host, hungDetail } from '../thread/host.js';
import { ProgressTable } from '../thread/progress.js';
import { ThreadHost, type ThreadEvents } from '../thread/thread-host.js';
import type { Behaviour } from '../actor.js';
import { Tidier } from '../metrics.js';
import { Recorder } from '../recorder.js';
import { Spares } from './spares.js';
import type { Loop, Timers } from '../timers.js';

/** Options of all threads. */
export interface PlacementOptions {
  readonly limits: RuntimeLimits;
  readonly isStrict: boolean;
  readonly timers: Timers;
  readonly isRecording: boolean;
  /** Event loop of the supervisors' own thread. */
  readonly loop: Loop;
}

/** The threads of one system. */
export class Placements {
  readonly inline: Host;
  readonly #options: PlacementOptions;
  readonly #events: ThreadEvents;
  readonly #boots: Boots;
  readonly #threads = new Map<string, ThreadHost>();
  readonly #idle = new Map<ThreadHost, () => void>();
  readonly #ending = new Set<Promise<void>>();
  /** Actors in each thread. */
  readonly #tenants = new Map<ThreadHost, number>();
  readonly #spares: Spares;
  readonly #tidier = new Tidier();
  #isClosed = false;

  constructor(
    options: PlacementOptions,
    behaviourOf: (id: string) => Behaviour | undefined,
    events: ThreadEvents,
  ) {
    this.#options = options;
    this.#events = events;
    this.#boots = new Boots(options.limits.bootsMax);
    this.#spares = new Spares(options.limits, options.timers, (thread) => void this.#end(thread));
    const { limits, isStrict, loop } = options;
    const recorder = options.isRecording ? new Recorder(threadId) : null;
    const table = new ProgressTable(ProgressTable.memory(0));
    this.inline = new Host(events, (_, id) => behaviourOf(id), table, {
      limits,
      loop,
      isStrict,
      recorder,
      isLasting: true,
    });
    this.#watchInline();
  }

  get threads(): readonly ThreadHost[] {
    return [...this.#threads.values()];
  }

  /** Null once the system is closed. The thread boots already. */
  hostFor(spec: ChildSpec): Host | ThreadHost | null {
    const { placement } = spec;
    if (this.#isClosed) return null;
    if (placement.kind === 'inline') return this.inline;
    const name = threadName(spec);
    let thread = this.#threads.get(name);
    if (thread === undefined || thread.isDead || thread.isDying) {
      thread = this.#spares.take(placement) ?? this.#boot(name, placement);
      thread.name = name;
      this.#threads.set(name, thread);
    }
    this.#idle.get(thread)?.();
    this.#idle.delete(thread);
    return thread;
  }

  enter(host: Host | ThreadHost): void {
    if (host instanceof ThreadHost) this.#tenants.set(host, (this.#tenants.get(host) ?? 0) + 1);
  }

  /** After `spec` has left: a thread of its own ends, a named one that is empty stays warm for a while. */
  leave(thread: ThreadHost, spec: ChildSpec): Awaitable<void> {
    const tenants = this.#tenants.get(thread);
    // It may have died meanwhile: `died` has forgotten it.
    if (tenants === undefined) return undefined;
    this.#tenants.set(thread, tenants - 1);
    return tenants > 1 ? undefined : this.#vacate(thread, spec);
  }

  /** One may boot already for an actor that is forgotten before it is there. */
  async cancel(spec: ChildSpec): Promise<void> {
    const booting = spec.placement.kind === 'thread' ? this.#threads.get(threadName(spec)) : undefined;
    if (booting !== undefined) await this.#vacate(booting, spec);
  }

  /** Returns false for a spare, which nobody misses. */
  died(thread: ThreadHost): boolean {
    if (this.#spares.drop(thread)) return false;
    if (this.#threads.get(thread.name) === thread) this.#threads.delete(thread.name);
    this.#idle.get(thread)?.();
    this.#idle.delete(thread);
    this.#tenants.delete(thread);
    return true;
  }

  /** Boots a spare, once the restart of the actors that were in a thread like it has taken the one that waits. */
  keepSpare({ placement }: ThreadHost): void {
    this.#options.timers.after(0, () => {
      if (!this.#isClosed) this.#spares.want(placement, () => this.#boot('spare', placement));
    });
  }

  #boot(name: string, placement: ThreadPlacement): ThreadHost {
    const { isStrict, isRecording, timers } = this.#options;
    const limits = limitsWith({ ...this.#options.limits, ...placement.limits });
    const options = { name, placement, limits, isStrict, isRecording, boots: this.#boots };
    return new ThreadHost(options, timers, this.#events);
  }

  /** Ends every thread. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#spares.close();
    for (const callOff of this.#idle.values()) callOff();
    for (const thread of this.#threads.values()) void this.#end(thread);
    await Promise.all(this.#ending);
  }

  async #vacate(thread: ThreadHost, { placement }: ChildSpec): Promise<void> {
    if ((this.#tenants.get(thread) ?? 0) > 0) return;
    if (placement.kind === 'thread' && placement.thread === undefined) await this.#end(thread);
    else if (!thread.isDead && !this.#idle.has(thread))
      this.#idle.set(
        thread,
        this.#options.timers.after(thread.limits.threadIdleMs, () => void this.#end(thread)),
      );
  }

  #end(thread: ThreadHost): Promise<void> {
    if (this.#threads.get(thread.name) === thread) this.#threads.delete(thread.name);
    this.#idle.delete(thread);
    this.#tenants.delete(thread);
    const ending = thread.end().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
    return ending;
  }

  /** A handler that waits too long is found here as in a worker; an endless loop here is the process's own. */
  #watchInline(): void {
    const waitMs = untilBeatMs(this.#options.limits.heartbeatEveryMs, performance.now());
    const timer = setTimeout(() => {
      if (this.#isClosed) return;
      for (const id of this.inline.pulse().hung) this.inline.crash(id, hungDetail, true);
      this.#tidier.beat();
      this.#watchInline();
    }, waitMs);
    timer.unref();
  }
}

const threadName = ({ id, placement }: ChildSpec): string =>
  placement.kind === 'thread' ? (placement.thread ?? `actor ${id}`) : '';
