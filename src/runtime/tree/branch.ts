/** One supervisor of a tree: its children, and what becomes of them when one of them ends. */
import { err, ok, type Result } from 'neverthrow';
import type { RuntimeError } from '../errors.js';
import { unreachable } from '../exhaustive.js';
import type { RuntimeLimits } from '../limits.js';
import type { Awaitable, ChildSpec, ExitReason, Protocol, Ref, Strategy } from '../actor.js';
import { isRestarted, RestartWindow, restartDelayMs } from './intensity.js';
import { Sleepers } from './sleepers.js';
import { gone } from '../link/faults.js';
import type { Directory } from './directory.js';
import type { ActorOwner } from './placed.js';
import { keyOf, newChild, type Child as ChildOf } from './child.js';
import { checkChild, checkTree, isBranch, startFailed } from './checks.js';
import { failureOf, startAmongOthers, type BranchOutcome, type Failure } from './failure.js';
import type { ActorNode, SupervisorEvent, SupervisorNode, SupervisorSpec, TreeNode } from './spec.js';
import type { Timers } from '../timers.js';

type Child = ChildOf<Branch>;
const shutdown: ExitReason = { type: 'shutdown' };

/** The owner of a supervisor. */
export interface BranchOwner {
  branchGaveUp(branch: Branch, detail: string): void;
}

/** One supervisor and its children. */
export class Branch implements ActorOwner, BranchOwner {
  readonly id: string;
  /** The actor in whose thread inline children run; null: the supervisors' own thread. */
  readonly beside: string | null;
  readonly done: Promise<ExitReason>;
  readonly #spec: SupervisorSpec;
  readonly #strategy: Strategy;
  readonly #owner: BranchOwner | null;
  readonly #system: System;
  #window: RestartWindow;
  /** In the order of their start. */
  readonly #children = new Map<string, Child>();
  #status: 'down' | 'starting' | 'running' | 'stopping' = 'down';
  #hasEnded: (reason: ExitReason) => void = () => undefined;
  /** Restarts of one child follow each other; with a group strategy all of them do. */
  readonly #chains = new Map<string, Promise<void>>();
  readonly #sleepers = new Sleepers();
  /** Starts of children that wait until it runs, or stops. */
  readonly #waiting = new Sleepers();
  #stopping: Promise<void> | null = null;

  constructor(spec: SupervisorSpec, owner: BranchOwner | null, system: System, beside: string | null) {
    this.id = spec.name;
    this.beside = beside;
    this.#spec = spec;
    this.#strategy = spec.strategy ?? 'one-for-one';
    this.#owner = owner;
    this.#system = system;
    this.#window = this.#newWindow();
    this.done = new Promise((resolve) => {
      this.#hasEnded = resolve;
    });
    system.branches.set(spec.name, this);
    for (const child of spec.children) this.#keep(this.#childOf(child, false));
  }

  /** This supervisor or one below it that has a child of that id, actor or supervisor; null: none has. */
  holderOf(id: string): Branch | null {
    if (this.#children.has(keyOf('actor', id)) || this.#children.has(keyOf('branch', id))) return this;
    for (const { node } of this.#children.values()) {
      const holder = node.type === 'branch' ? node.branch.holderOf(id) : null;
      if (holder !== null) return holder;
    }
    return null;
  }

  childIds(): readonly string[] {
    return [...this.#children.values()].map((child) => child.id);
  }

  /** `familyOf`: the supervisor of what an actor has spawned. */
  node(
    stats: ReadonlyMap<string, ActorNode['stats']>,
    familyOf: (actor: string) => Branch | undefined,
  ): SupervisorNode {
    const children = [...this.#children.values()].map(({ id, node, isUp, restarts }): TreeNode => {
      if (node.type === 'branch') return node.branch.node(stats, familyOf);
      const own = stats.get(id);
      const spawned = familyOf(id)?.node(stats, familyOf).children ?? [];
      const kind = node.spec.behaviour.name;
      return { type: 'actor', id, kind, isUp, restarts, ...(own ? { stats: own } : {}), children: spawned };
    });
    return { type: 'supervisor', id: this.id, strategy: this.#strategy, status: this.#status, children };
  }

  /**
   * Boots the threads of all children at once, nested ones included, since booting takes longer than the ordered
   * starts. Children that were added later do not return with their supervisor, so no thread boots for them.
   */
  prepare(): void {
    for (const child of this.#children.values()) if (!child.isDynamic) this.#prepareOne(child);
  }

  /** Lets children be added to one that has none of its own. */
  open(): void {
    this.#status = 'running';
    this.#waiting.wakeAll();
  }

  /** Starts the children in order. On an error those before it are still up: `halt` stops them. */
  async start(): Promise<Result<void, RuntimeError>> {
    this.#status = 'starting';
    this.#stopping = null;
    this.#window = this.#newWindow();
    this.prepare();
    for (const child of this.#children.values()) {
      // It was added meanwhile, and waits for the others.
      if (child.isDynamic) continue;
      const failure = await this.#startOne(child);
      if (failure !== null) return err(failure.error);
      this.#system.directory.confirm(child.id);
      if (this.#status !== 'starting') return err(startFailed(this.id, 'stopped while starting'));
    }
    this.open();
    return ok(undefined);
  }

  /** `isPatient`: waits until the supervisor runs, unless it stops; the child is known from now on. */
  async startChild<P extends Protocol>(
    spec: ChildSpec<P>,
    isPatient = false,
  ): Promise<Result<Ref<P>, RuntimeError>> {
    const isWaiting = isPatient && (this.#status === 'down' || this.#status === 'starting');
    if (this.#status !== 'running' && (!isWaiting || this.#stopping !== null))
      return err(startFailed(spec.id, `supervisor ${this.id} is not running`));
    const checked = checkChild(spec, this.#system.directory, { has: (id) => id === spec.id });
    if (checked.isErr()) return err(checked.error);
    const ref = this.#system.directory.ref<P>(spec.id);
    const started = await this.#startAdded(this.#childOf(spec, true));
    return started.map(() => ref);
  }

  async startBranch(spec: SupervisorSpec): Promise<Result<Branch, RuntimeError>> {
    const { directory, branches } = this.#system;
    if (this.#status !== 'running')
      return err(startFailed(spec.name, `supervisor ${this.id} is not running`));
    const checked = checkTree(spec, directory, branches);
    if (checked.isErr()) return err(checked.error);
    const child = this.#childOf(spec, true);
    const started = await this.#startAdded(child);
    if (started.isErr()) return err(started.error);
    return child.node.type === 'branch' ? ok(child.node.branch) : err(gone(spec.name));
  }

  async #startAdded(child: Child): Promise<Result<void, RuntimeError>> {
    this.#keep(child);
    const isWanted = (): boolean => this.#isKept(child) && this.#status === 'running';
    if (this.#status !== 'running') await this.#waiting.wait();
    if (!isWanted()) {
      if (this.#isKept(child)) await this.#forget(child);
      return err(startFailed(child.id, `supervisor ${this.id} has stopped`));
    }
    const failure = await startAmongOthers(() => this.#startOne(child), isWanted);
    if (failure === null) {
      this.#system.directory.confirm(child.id);
      return ok(undefined);
    }
    // It may have been stopped meanwhile, and another one of its id started.
    if (this.#isKept(child)) await this.#forget(child);
    return err(failure.error);
  }

  async stopChild(id: string): Promise<Result<void, RuntimeError>> {
    const child = this.#children.get(keyOf('actor', id)) ?? this.#children.get(keyOf('branch', id));
    if (child === undefined) return err({ code: 'runtime/no-actor', actor: id });
    await this.#stopOne(child, true);
    return ok(undefined);
  }

  /** For good. */
  stop(): Promise<void> {
    return this.#end({ type: 'shutdown' });
  }

  actorExited(id: string, reason: ExitReason, cause: unknown): void {
    const child = this.#children.get(keyOf('actor', id));
    if (child !== undefined) this.#childEnded(child, reason, cause);
  }

  /** Stops the children, last first, but keeps what is needed to start again. */
  async halt(): Promise<void> {
    this.#status = 'stopping';
    this.#sleepers.wakeAll();
    this.#waiting.wakeAll();
    await Promise.all(this.#chains.values());
    const end = (child: Child): Promise<void> => this.#stopOne(child, child.isDynamic);
    if (this.#spec.stopOrder === 'parallel') await Promise.all([...this.#children.values()].map(end));
    else for (const child of [...this.#children.values()].toReversed()) await end(child);
    this.#status = 'down';
  }

  #keep(child: Child): void {
    this.#children.set(keyOf(child.node.type, child.id), child);
  }

  #isKept(child: Child): boolean {
    return this.#children.get(keyOf(child.node.type, child.id)) === child;
  }

  #newWindow(): RestartWindow {
    return new RestartWindow(
      this.#spec.restartsMax ?? this.#system.limits.restartsMax,
      this.#spec.restartWindowMs ?? this.#system.limits.restartWindowMs,
    );
  }

  #childOf(spec: ChildSpec | SupervisorSpec, isDynamic: boolean): Child {
    const node = isBranch(spec)
      ? ({ type: 'branch', branch: new Branch(spec, this, this.#system, this.beside) } as const)
      : ({ type: 'actor', spec } as const);
    const id = isBranch(spec) ? spec.name : spec.id;
    if (!isBranch(spec)) this.#system.directory.add(spec, this, this.beside);
    return newChild(id, node, isDynamic);
  }

  #childEnded(child: Child, reason: ExitReason, cause: unknown): void {
    child.isUp = false;
    this.#system.emit({ type: 'exited', id: child.id, reason });
    const { starts } = child;
    const endedAtMs = this.#system.timers.now();
    const key = this.#strategy === 'one-for-one' ? child.id : '';
    const previous = this.#chains.get(key) ?? Promise.resolve();
    const job = previous.then(async () => {
      // Restarted meanwhile, together with a sibling.
      if (child.starts === starts) await this.#react(child, reason, cause, endedAtMs);
      if (this.#chains.get(key) === job) this.#chains.delete(key);
    });
    this.#chains.set(key, job);
  }

  async #react(child: Child, reason: ExitReason, cause: unknown, endedAtMs: number): Promise<void> {
    // While it is still starting, its first children may crash already.
    if (this.#status === 'stopping' || this.#status === 'down' || !this.#isKept(child)) return;
    if (child.node.type === 'actor' && !isRestarted(child.node.spec, reason)) {
      await this.#forget(child);
      return;
    }
    let failed: Child | null = child;
    let isRefusal = reason.type === 'refused';
    let why = cause;
    while (failed !== null) {
      const { limits, timers } = this.#system;
      if (isRefusal || !this.#window.allow(timers.now(), why)) {
        this.#giveUp(failed, isRefusal);
        return;
      }
      const group = this.#groupOf(failed);
      for (const one of group) this.#prepareOne(one);
      for (const other of group.toReversed()) await this.#stopOne(other);
      // Another envelope than before: the last one was handled or set aside.
      const isOther = typeof why === 'string' && why !== failed.lastCause;
      const isQuiet = timers.now() - failed.startedAtMs > this.#windowMs();
      failed.inARow = isQuiet || isOther ? 1 : failed.inARow + 1;
      failed.lastCause = why;
      const delayMaxMs = this.#spec.restartDelayMaxMs ?? limits.restartDelayMaxMs;
      const delayMs = restartDelayMs(failed.inARow, timers.random(), delayMaxMs, limits);
      await this.#sleepers.sleep(delayMs, timers);
      failed = null;
      for (const one of group) {
        if (this.#isEnding()) return;
        // A call that stops a child does not wait for its restart.
        if (!this.#isKept(one)) continue;
        one.restarts += 1;
        const beganMs = timers.now();
        const failure = await this.#startOne(one);
        this.#window.skip(beganMs, timers.now());
        if (!this.#isKept(one)) continue;
        if (failure !== null) {
          this.#system.emit({ type: 'restart-failed', id: one.id, error: failure.error });
          failed = one;
          ({ isRefusal, cause: why } = failure);
          break;
        }
        const { id, restarts } = one;
        this.#system.emit({ type: 'restarted', id, restarts, afterMs: timers.now() - endedAtMs });
        this.#system.directory.confirm(id);
      }
    }
  }

  #isEnding(): boolean {
    return this.#status === 'stopping' || this.#status === 'down';
  }

  #windowMs(): number {
    return this.#spec.restartWindowMs ?? this.#system.limits.restartWindowMs;
  }

  #groupOf(child: Child): readonly Child[] {
    switch (this.#strategy) {
      case 'one-for-one':
        return [child];
      case 'one-for-all':
        return [...this.#children.values()];
      case 'rest-for-one':
        return [...this.#children.values()].slice([...this.#children.values()].indexOf(child));
      default:
        return unreachable(this.#strategy);
    }
  }

  #prepareOne({ node }: Child): void {
    if (node.type === 'actor') this.#system.directory.prepare(node.spec);
    else node.branch.prepare();
  }

  /** Starts one child; returns the failure without a promise where the start does not wait. */
  #startOne(child: Child): Awaitable<Failure | null> {
    child.starts += 1;
    child.startedAtMs = this.#system.timers.now();
    const { node } = child;
    const starting =
      node.type === 'branch'
        ? startBranch(node.branch)
        : this.#system.directory.start(child.id, child.restarts);
    if (starting instanceof Promise) return starting.then((outcome) => this.#started(child, outcome));
    return this.#started(child, starting);
  }

  #started(child: Child, outcome: BranchOutcome): Failure | null {
    const failure = failureOf(child.id, outcome);
    if (failure !== null) return failure;
    child.isUp = true;
    this.#system.emit({ type: 'started', id: child.id, restarts: child.restarts });
    return null;
  }

  /** `isLast`: forgets it, too. */
  async #stopOne(child: Child, isLast = false): Promise<void> {
    const { node, isUp } = child;
    if (node.type === 'branch') await node.branch.halt();
    child.isUp = false;
    if (node.type === 'actor') {
      const deadlineMs = node.spec.behaviour.shutdownMs ?? this.#system.limits.shutdownMs;
      const reason = await this.#system.directory.stop(child.id, shutdown, deadlineMs, isLast);
      if (isUp) this.#system.emit({ type: 'exited', id: child.id, reason });
    }
    const forgetting = isLast ? this.#forget(child) : undefined;
    if (forgetting !== undefined) await forgetting;
  }

  #forget(child: Child): Awaitable<void> {
    const isKept = this.#isKept(child);
    if (isKept) this.#children.delete(keyOf(child.node.type, child.id));
    if (child.node.type === 'branch') return child.node.branch.stop();
    // Once only: another actor may have its id by now.
    if (isKept) child.removal = this.#system.directory.remove(child.id);
    return child.removal;
  }

  /** Gives up, and passes the failure to the owner of this supervisor. */
  #giveUp(child: Child, isRefusal: boolean): void {
    this.#system.emit({ type: 'gave-up', supervisor: this.id, actor: child.id });
    const detail = `${this.id} gave up: ${child.id} ${isRefusal ? 'refused to start' : 'crashed too often'}`;
    this.#system.directory.log(this.id, 'error', 'gave-up', { child: child.id, detail });
    // Not awaited: the stop waits for the very chain of work this is a part of.
    const owner = this.#owner;
    if (owner === null) void this.#end({ type: 'crash', detail });
    else void this.halt().then(() => owner.branchGaveUp(this, detail));
  }

  branchGaveUp(branch: Branch, detail: string): void {
    const child = this.#children.get(keyOf('branch', branch.id));
    if (child !== undefined && child.isUp) this.#childEnded(child, { type: 'crash', detail }, null);
  }

  #end(reason: ExitReason): Promise<void> {
    this.#stopping ??= (async () => {
      await this.halt();
      // All have stopped, so the order does not matter any more.
      await Promise.all([...this.#children.values()].map(async (child) => this.#forget(child)));
      this.#system.branches.delete(this.id);
      if (this.#owner === null) await this.#system.directory.close();
      this.#hasEnded(reason);
    })();
    return this.#stopping;
  }
}

async function startBranch(branch: Branch): Promise<BranchOutcome> {
  const started = await branch.start();
  if (started.isOk()) return { type: 'ready' };
  await branch.halt();
  return { type: 'failed', error: started.error };
}

/** The state that all supervisors of one tree share. */
export interface System {
  readonly directory: Directory;
  readonly limits: RuntimeLimits;
  readonly timers: Timers;
  readonly branches: Map<string, Branch>;
  emit(event: SupervisorEvent): void;
}
