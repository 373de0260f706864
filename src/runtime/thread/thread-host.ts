/**
 * The supervisor's side of a worker thread: starts it, passes on control, watches its heart and its memory, and tells
 * when and why it died, with the envelopes that were being handled at that moment.
 */
import {
  MessageChannel,
  receiveMessageOnPort,
  type Worker,
  type MessagePort,
  type Transferable,
} from 'node:worker_threads';
import type { RuntimeLimits } from '../limits.js';
import type { ExitReason, ThreadPlacement } from '../actor.js';
import { hungDetail, type CellSpec, type HostEvents, type ThreadStats } from './host.js';
import { detailOf } from '../cell/step.js';
import type { StartOutcome } from '../cell/cell-host.js';
import { askOf, plainAnswer } from './asking.js';
import type { TraceEvent } from '../recorder.js';
import type { Boots } from './boots.js';
import { ThreadClock } from './clock.js';
import { inTime, startInTime, Waits, type See, type Settling, type StartAnswer } from './in-time.js';
import { heapFullExitCode } from './native-call.js';
import { NativeGate } from './native-gate.js';
import { Heart } from './heart.js';
import { ProgressTable } from './progress.js';
import { OneWayControl } from './one-way.js';
import { Orders, type OrderArgs, type OrderName } from './orders.js';
import { Signal } from './signal.js';
import { startWorker } from './start-worker.js';
import { Tenants, type Blame } from './tenants.js';
import type { Timers } from '../timers.js';
import { wrapHandle, type ThreadHandle } from './handle.js';
import { beat, memoryTrouble, type ThreadStart, type ThreadReport } from './thread.js';
import type { WorkerControl } from './asking.js';

/** For calls whose deadline is judged by `inTime`. */
const patient = { deadlineMs: Infinity };
/** Turns of its loop within which a thread answers at the latest: the second began after the question arrived. */
const deafTurns = 2;
const begun = -1;

/** The reports of a worker thread. */
export interface ThreadEvents extends HostEvents {
  /** The thread has ended as requested. */
  ended(thread: ThreadHost): void;
  died(thread: ThreadHost, detail: string, blames: readonly Blame[]): void;
}

/** Arguments of a worker thread. */
export interface ThreadOptions {
  readonly name: string;
  readonly placement: ThreadPlacement;
  readonly limits: RuntimeLimits;
  readonly isStrict: boolean;
  readonly isRecording: boolean;
  readonly boots: Boots;
}

type StopArgs = readonly [...OrderArgs<'stop'>, deadlineMs: number];

/** `WorkerControl` across a port. Calls to a dead thread are lost, since its death is reported in any case. */
export class ThreadHost extends OneWayControl {
  /** Name of the thread. A spare thread is renamed when it gets its first actor. */
  name: string;
  readonly limits: RuntimeLimits;
  readonly placement: ThreadPlacement;
  readonly #options: ThreadOptions;
  #worker: Worker | null = null;
  /** For questions. */
  readonly #control: ThreadHandle<WorkerControl>;
  readonly #orders: Orders;
  readonly #reports: MessagePort;
  #clock: ThreadClock | null = null;
  readonly #shared: SharedArrayBuffer;
  readonly #progress: ProgressTable;
  readonly #gate: NativeGate;
  readonly #events: ThreadEvents;
  readonly #timers: Timers;
  readonly #waits: Waits;
  readonly #boot: () => void;
  readonly #booted = new Signal();
  readonly #gone = new Signal();
  readonly #online = new Signal();
  #isBooting = false;
  #startsAsked = 0;
  readonly #tenants: Tenants;
  readonly #createFaults = new Map<string, string>();
  #isDead = false;
  #isEnding = false;
  #cause = '';
  readonly #heart: Heart;

  constructor(options: ThreadOptions, timers: Timers, events: ThreadEvents) {
    super();
    this.name = options.name;
    this.limits = options.limits;
    this.placement = options.placement;
    this.#options = options;
    this.#events = events;
    this.#timers = timers;
    this.#waits = new Waits(
      timers,
      this.#sight(() => 0),
    );
    this.#shared = ProgressTable.memory(options.limits.actorsPerThreadMax);
    this.#progress = new ProgressTable(this.#shared);
    this.#tenants = new Tenants(this.#progress, options.limits.actorsPerThreadMax);
    this.#gate = new NativeGate(ProgressTable.nativeWord(this.#shared));
    const control = new MessageChannel();
    const reports = new MessageChannel();
    this.#reports = reports.port1;
    this.#heart = new Heart({
      limits: this.limits,
      timers,
      progress: this.#progress,
      ping: () => control.port1.postMessage(beat),
      ask: () => void this.#pulse(),
    });
    control.port1.on('close', () => {
      this.isDying = true;
    });
    reports.port1.on('message', (report: ThreadReport) => this.#onReport(report));
    this.#control = wrapHandle<WorkerControl>(control.port1, {
      name: options.name,
      gone: this.#gone.heard,
      deadlineMs: this.limits.readyDeadlineMs,
    });
    this.#orders = new Orders(reports.port1, (name, args, detail) => this.#orderRefused(name, args, detail));
    // Earlier orders wait in its ports.
    this.#boot = () => this.#start(control.port2, reports.port2);
    options.boots.admit(this.#boot);
  }

  /** Its port has closed, and its end is not known yet. */
  isDying = false;

  get isDead(): boolean {
    return this.#isDead || this.#isEnding;
  }

  /** A place in the progress table, or 0 when the thread is full. */
  takeSlot(id: string, busyMsMax: number = this.limits.busyMsMax): number {
    return this.#tenants.take(id, busyMsMax);
  }

  freeSlot(slot: number): void {
    this.#tenants.free(slot);
  }

  create(spec: CellSpec, transfer: readonly Transferable[]): void {
    this.#createFaults.delete(spec.id);
    this.#orders.tell('create', [spec], transfer);
  }

  #orderRefused(name: OrderName, [first]: readonly unknown[], detail: string): void {
    if (name === 'create' && isCellSpec(first)) this.#createFaults.set(first.id, detail);
    else this.#events.log(this.name, 'error', 'control-failed', { name, detail });
  }

  /** The deadline of an actor begins when its thread is up and comes to it: neither boot nor neighbours count. */
  async start(id: string, incarnation: number, restarts: number, isCautious: boolean): Promise<StartAnswer> {
    this.#startsAsked += 1;
    const nth = this.#startsAsked;
    const started = this.#orders.ask('start', [id, incarnation, restarts, isCautious]);
    const { bootDeadlineMs, readyDeadlineMs } = this.limits;
    if (!this.#online.isHeard) {
      await Promise.race([this.#booted.heard, started]);
      const isUp = await this.#inTime(Promise.race([this.#online.heard, started]), bootDeadlineMs, () => 0);
      if (!isUp) return { type: 'late', detail: `its thread did not come up within ${bootDeadlineMs} ms` };
    }
    const outcome = async (): Promise<StartOutcome> => {
      const result = await started;
      const fault = this.#createFaults.get(id);
      this.#createFaults.delete(id);
      if (fault !== undefined) return { type: 'uncloneable', detail: fault };
      if (result !== null) return result;
      const isBystander = this.#progress.startsBegun !== nth;
      return { type: 'crashed', detail: this.#cause || 'its thread is gone', isBystander };
    };
    const table = this.#progress;
    const progress = (): number => (table.startsBegun >= nth ? begun : table.startsBegun + table.steps);
    return startInTime(outcome(), readyDeadlineMs, this.#timers, this.#sight(progress));
  }

  /** Resolves with how it ended; null when `deadlineMs` have passed for the thread, or when it is dead. */
  stop(...[id, reason, marker, links, isLast, deadlineMs]: StopArgs): Promise<ExitReason | null> {
    const stopped = this.#orders.ask('stop', [id, reason, marker, links, isLast]);
    return this.#waits.inTime(stopped, deadlineMs).then((isInTime) => (isInTime ? stopped : null));
  }

  /** Resolves when its last reports have arrived, at the latest after a short time. */
  async remove(id: string): Promise<void> {
    if (this.isDead) return;
    await this.#waits.inTime(this.#orders.ask('remove', [id]), this.limits.stopMarkerMs);
  }

  /** Empty when the thread is gone. */
  async recorded(): Promise<readonly TraceEvent[]> {
    return (await this.#control.call('recorded', [])).unwrapOr([]);
  }

  /** Null when it does not answer in time, as while it boots. */
  async stats(): Promise<ThreadStats | null> {
    if (!this.#online.isHeard || this.isDead) return null;
    const stats = this.#control.call('stats', [], patient);
    const { heartbeatDeadlineMs } = this.limits;
    const isInTime = await this.#inTime(stats, heartbeatDeadlineMs, () => this.#progress.steps);
    return isInTime ? (await stats).unwrapOr(null) : null;
  }

  /** Ends the thread, which is a crash of each actor in it. */
  kill(cause: string): void {
    this.#cause ||= cause;
    void this.#terminate();
  }

  /** Ends the thread for good, with nothing left in it. */
  async end(): Promise<void> {
    this.#isEnding = true;
    this.#heart.stop();
    if (this.#options.boots.withdraw(this.#boot)) {
      this.#booted.tell();
      this.#onExit(0);
      return;
    }
    await this.#terminate();
    await this.#gone.heard;
  }

  #start(control: MessagePort, events: MessagePort): void {
    this.#isBooting = true;
    const { placement, limits, isStrict, isRecording } = this.#options;
    const birth: ThreadStart = {
      control,
      events,
      progress: this.#shared,
      limits,
      isStrict,
      isRecording,
      module: null,
    };
    try {
      this.#worker = startWorker(this.name, placement, birth);
    } catch (error) {
      this.#cause ||= detailOf(error);
      this.#booted.tell();
      // Not before the caller has the thread.
      queueMicrotask(() => this.#onExit(1));
      return;
    }
    this.#clock = new ThreadClock(this.#worker, () => this.#progress.threadId);
    this.#worker.on('error', (error: unknown) => {
      this.#cause ||= detailOf(error);
    });
    this.#worker.on('exit', (code) => this.#onExit(code));
    this.#booted.tell();
  }

  #bootOver(): void {
    if (!this.#isBooting) return;
    this.#isBooting = false;
    this.#options.boots.over();
  }

  /** Ends the thread between two native calls: within one it would end the process. */
  async #terminate(): Promise<void> {
    const { nativeCallMsMax } = this.limits;
    if (!(await this.#gate.shut(nativeCallMsMax)))
      this.#events.log(this.name, 'error', 'ended-in-native-call', { afterMs: nativeCallMsMax });
    await this.#worker?.terminate();
  }

  protected override tell<N extends OrderName>(
    name: N,
    args: OrderArgs<N>,
    transfer?: readonly Transferable[],
  ): void {
    this.#orders.tell(name, args, transfer);
  }

  #onReport(report: ThreadReport): void {
    switch (report.type) {
      case 'online':
        if (this.#online.isHeard) return;
        this.#online.tell();
        this.#bootOver();
        if (!this.isDead) this.#heart.begin();
        return;
      case 'exited':
        this.#events.exited(...report.args);
        return;
      case 'dead-letter':
        this.#events.deadLetter(report.letter);
        return;
      case 'answers':
        this.#orders.answered(report.answers);
        return;
      case 'asked':
        for (const { nth, from, ask } of report.questions)
          void this.#events
            .asked(from, askOf(ask))
            .then((answer) => this.tell('answered', [nth, plainAnswer(answer)]));
        return;
      case 'unwell':
        this.#heart.hurry();
        return;
      case 'order-failed':
        this.#events.log(this.name, 'error', 'control-failed', { name: report.name, detail: report.detail });
        return;
      case 'link-lost':
        this.#events.linkLost(report.linkId);
        return;
      case 'wire-lost':
        this.#events.wireLost(report.wire);
        return;
      case 'log':
        this.#events.log(...report.args);
    }
  }

  /** Asks for a sign of life. */
  async #pulse(): Promise<void> {
    const askedMs = this.#timers.now();
    const { turns } = this.#progress;
    const isDeaf = (): boolean => this.#progress.turns - turns >= deafTurns;
    const answer = this.#control.call('pulse', [], patient);
    const { heartbeatDeadlineMs } = this.limits;
    const sight = this.#sight(() => this.#progress.steps, isDeaf);
    const busyMsMax = (): number => this.#tenants.busyMsMax() ?? heartbeatDeadlineMs;
    const see: See = (areTimesRead) => ({ ...sight(areTimesRead), busyMsMax: busyMsMax() });
    const isInTime = await inTime(answer, heartbeatDeadlineMs, this.#timers, see);
    if (this.isDead) return;
    if (!isInTime) {
      const passedMs = Math.round(this.#timers.now() - askedMs);
      this.kill(`no sign of life for ${busyMsMax()} ms that it could have used (${passedMs} ms in all)`);
      return;
    }
    const pulse = await answer;
    if (pulse.isErr()) {
      // A thread that ends closes its port first, and its exit tells the cause.
      if (!(await this.#untilGone())) this.kill('its control port is closed');
      return;
    }
    for (const id of pulse.value.hung) this.crash(id, hungDetail, true);
    const trouble = memoryTrouble(pulse.value.memory, this.limits);
    if (trouble === null) this.#heart.begin();
    else this.kill(trouble);
  }

  /** A thread that ends closes its port first. Later decisions wait for its exit. */
  #untilGone(): Promise<boolean> {
    return this.#inTime(this.#gone.heard, this.limits.heartbeatDeadlineMs, () => 0);
  }

  #inTime(work: Settling, deadlineMs: number, progress: () => number): Promise<boolean> {
    return inTime(work, deadlineMs, this.#timers, this.#sight(progress));
  }

  #sight(progress: () => number, isDeaf: () => boolean = () => false): See {
    return (areTimesRead) => ({
      times: (areTimesRead ? this.#clock?.read() : null) ?? null,
      progress: progress(),
      isDeaf: isDeaf(),
    });
  }

  #onExit(code: number): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#gate.threadEnded();
    this.#heart.stop();
    this.#control.close();
    // Its last reports explain its end.
    for (
      let last = receiveMessageOnPort(this.#reports);
      last !== undefined;
      last = receiveMessageOnPort(this.#reports)
    )
      this.#onReport(last.message);
    if (code === heapFullExitCode) this.#cause ||= 'its heap is full';
    const file = this.placement.entry?.href ?? 'its entry';
    this.#cause ||= this.#online.isHeard
      ? `the thread ended with code ${code}`
      : `the thread ended with code ${code} before ${file} called hostActors`;
    this.#orders.close();
    this.#reports.close();
    this.#bootOver();
    this.#gone.tell();
    for (const letter of this.#tenants.lost()) this.#events.deadLetter(letter);
    if (this.#isEnding) {
      this.#events.ended(this);
      return;
    }
    this.#events.died(this, this.#cause, this.#tenants.blames());
  }
}

const isCellSpec = (value: unknown): value is CellSpec =>
  typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string';
