/**
 * The supervisor's side of a worker thread: starts it, passes on control, watches its heart and its memory, and tells
 * when and why it died, with the envelopes that were being handled at that moment.
 */
import { MessageChannel, Worker, type MessagePort, type Transferable } from 'node:worker_threads';
import { runtime as limits } from '../limits.js';
import type { ExitReason } from '../actor.js';
import type { CellSpec, HostControl, HostEvents, ThreadStats } from './host.js';
import type { LinkAddress } from '../link/sender.js';
import { detailOf } from '../cell/cell.js';
import type { StartOutcome } from '../cell/cell-host.js';
import { ThreadClock } from './clock.js';
import { inTime, startInTime, type Settling, type Sight, type StartAnswer } from './in-time.js';
import { heapFullExitCode } from './native-call.js';
import { NativeGate } from './native-gate.js';
import { ProgressTable } from './progress.js';
import type { Timers } from '../timers.js';
import { wrapHandle, type ArgsOf, type MethodName, type RemoteHandle } from '../remote.js';
import { memoryTrouble, type ThreadBirth, type ThreadReport } from './thread.js';

/** An envelope that was being handled when its thread died. */
export interface Blame {
  readonly linkId: number;
  /** Low 32 bits of its number. */
  readonly seq: number;
}

const lateThread: StartAnswer = {
  type: 'late',
  detail: `its thread did not come up within ${limits.bootDeadlineMs} ms`,
};

/** For calls whose deadline is judged by `inTime`. */
const patient = { deadlineMs: Infinity };
/** Turns of its loop within which a thread answers at the latest: the second began after the question arrived. */
const deafTurns = 2;
/** No count of progress. */
const begun = -1;

export interface ThreadEvents extends HostEvents {
  died(thread: ThreadHost, detail: string, blames: readonly Blame[]): void;
}

/** `HostControl` across a port: what a dead thread is told is lost, since its death is reported anyway. */
export class ThreadHost {
  readonly name: string;
  readonly #worker: Worker;
  readonly #control: RemoteHandle<HostControl>;
  readonly #clock: ThreadClock;
  readonly #shared = ProgressTable.memory();
  readonly #progress = new ProgressTable(this.#shared);
  readonly #gate = new NativeGate(ProgressTable.nativeWord(this.#shared));
  readonly #events: ThreadEvents;
  readonly #timers: Timers;
  readonly #gone: Promise<void>;
  #hasDied: () => void = () => undefined;
  readonly #online: Promise<void>;
  #isOnline: () => void = () => undefined;
  #startsAsked = 0;
  readonly #freeSlots: number[] = [];
  #slotsUsed = 0;
  #isDead = false;
  #isEnding = false;
  #cause = '';
  #stopPulse: () => void = () => undefined;

  constructor(
    options: { readonly name: string; readonly entry: URL; readonly heapMbMax: number },
    timers: Timers,
    events: ThreadEvents,
  ) {
    this.name = options.name;
    this.#events = events;
    this.#timers = timers;
    const control = new MessageChannel();
    const reports = new MessageChannel();
    const birth: ThreadBirth = {
      control: control.port2,
      events: reports.port2,
      progress: this.#shared,
    };
    this.#worker = new Worker(options.entry, {
      name: options.name,
      workerData: birth,
      transferList: [control.port2, reports.port2],
      resourceLimits: {
        maxOldGenerationSizeMb: options.heapMbMax,
        maxYoungGenerationSizeMb: limits.workerYoungHeapMbMax,
      },
    });
    this.#clock = new ThreadClock(this.#worker, () => this.#progress.threadId);
    this.#gone = new Promise((resolve) => {
      this.#hasDied = resolve;
    });
    this.#online = new Promise((resolve) => {
      this.#isOnline = resolve;
    });
    this.#worker.on('error', (error: unknown) => {
      this.#cause ||= detailOf(error);
    });
    this.#worker.on('exit', (code) => {
      this.#onExit(code, reports.port1);
      this.#hasDied();
    });
    reports.port1.on('message', (report: ThreadReport) => this.#onReport(report));
    this.#control = wrapHandle<HostControl>(control.port1, {
      name: options.name,
      gone: this.#gone,
      deadlineMs: limits.readyDeadlineMs,
    });
  }

  get isDead(): boolean {
    return this.#isDead || this.#isEnding;
  }

  /** A place in the progress table, or 0 when the thread is full. */
  takeSlot(): number {
    const slot = this.#freeSlots.pop();
    if (slot !== undefined) return slot;
    if (this.#slotsUsed >= limits.actorsPerThreadMax) return 0;
    this.#slotsUsed += 1;
    return this.#slotsUsed;
  }

  freeSlot(slot: number): void {
    this.#progress.note(slot, 0, 0);
    this.#freeSlots.push(slot);
  }

  create(spec: CellSpec, transfer: readonly Transferable[]): void {
    this.#tell('create', [spec], transfer);
  }

  /** The deadline of an actor begins when its thread is up and comes to it: neither boot nor neighbours count. */
  async start(id: string, incarnation: number, restarts: number, isCautious: boolean): Promise<StartAnswer> {
    this.#startsAsked += 1;
    const nth = this.#startsAsked;
    const started = this.#control.call('start', [id, incarnation, restarts, isCautious], patient);
    const isUp = await this.#inTime(Promise.race([this.#online, started]), limits.bootDeadlineMs, () => 0);
    if (!isUp) return lateThread;
    const outcome = async (): Promise<StartOutcome> => {
      const result = await started;
      return result.isOk() ? result.value : { type: 'crashed', detail: this.#cause || result.error.code };
    };
    const table = this.#progress;
    const progress = (): number => (table.startsBegun >= nth ? begun : table.startsBegun + table.handled);
    return startInTime(outcome(), this.#timers, this.#sight(progress));
  }

  /** Resolves to false when `deadlineMs` have passed for the thread, or when it is dead. */
  async stop(id: string, reason: ExitReason, deadlineMs: number): Promise<boolean> {
    const stopped = this.#control.call('stop', [id, reason], patient);
    return (await this.#inTime(stopped, deadlineMs, () => 0)) && (await stopped).isOk();
  }

  remove(id: string): void {
    this.#tell('remove', [id]);
  }

  connectSender(linkId: number, port: MessagePort, credit: number, blamedSeqs: readonly number[]): void {
    this.#tell('connectSender', [linkId, port, credit, blamedSeqs], [port]);
  }

  connectReceiver(link: LinkAddress, port: MessagePort): void {
    this.#tell('connectReceiver', [link, port], [port]);
  }

  connectLocal(linkId: number, credit: number, blamedSeqs: readonly number[]): void {
    this.#tell('connectLocal', [linkId, credit, blamedSeqs]);
  }

  endReceiver(linkId: number, to: string): void {
    this.#tell('endReceiver', [linkId, to]);
  }

  disconnectSender(linkId: number): void {
    this.#tell('disconnectSender', [linkId]);
  }

  closeSender(linkId: number): void {
    this.#tell('closeSender', [linkId]);
  }

  async stats(): Promise<ThreadStats | null> {
    const stats = this.#control.call('stats', [], patient);
    const isInTime = await this.#inTime(stats, limits.heartbeatDeadlineMs, () => this.#progress.handled);
    return isInTime ? (await stats).unwrapOr(null) : null;
  }

  /** Ends the thread; what it hosts has crashed then, and its supervisors hear so. */
  kill(cause: string): void {
    this.#cause ||= cause;
    void this.#terminate();
  }

  /** Ends the thread for good, with nothing left in it. */
  async end(): Promise<void> {
    this.#isEnding = true;
    this.#stopPulse();
    await this.#terminate();
    await this.#gone;
  }

  /** Between two native calls: within one it would take the process along. */
  async #terminate(): Promise<void> {
    if (!(await this.#gate.shut(limits.nativeCallMsMax)))
      this.#events.log(this.name, 'error', 'ended-in-native-call', { afterMs: limits.nativeCallMsMax });
    await this.#worker.terminate();
  }

  #tell<N extends MethodName<HostControl>>(
    name: N,
    args: ArgsOf<HostControl, N>,
    transfer: readonly Transferable[] = [],
  ): void {
    void this.#control.call(name, args, { transfer }).then((told) => {
      // A thread that is dead or hangs is found by its exit or its heart; anything else is a bug worth a line.
      if (told.isErr() && told.error.code === 'runtime/failed')
        this.#events.log(this.name, 'error', 'control-failed', { name, error: told.error });
    });
  }

  #onReport(report: ThreadReport): void {
    switch (report.type) {
      case 'online':
        this.#isOnline();
        this.#beat();
        return;
      case 'exited':
        this.#events.exited(...report.args);
        return;
      case 'dead-letter':
        this.#events.deadLetter(report.letter);
        return;
      case 'link-lost':
        this.#events.linkLost(report.linkId);
        return;
      case 'log':
        this.#events.log(...report.args);
    }
  }

  /** Asks for a sign of life, over and over. */
  #beat(): void {
    if (this.isDead) return;
    this.#stopPulse = this.#timers.after(limits.heartbeatEveryMs, () => void this.#pulse());
  }

  async #pulse(): Promise<void> {
    const askedMs = this.#timers.now();
    const { turns } = this.#progress;
    const isDeaf = (): boolean => this.#progress.turns - turns >= deafTurns;
    const answer = this.#control.call('pulse', [], patient);
    const { heartbeatDeadlineMs } = limits;
    const isInTime = await this.#inTime(answer, heartbeatDeadlineMs, () => this.#progress.handled, isDeaf);
    if (this.isDead) return;
    if (!isInTime) {
      const passedMs = Math.round(this.#timers.now() - askedMs);
      this.kill(
        `no sign of life for ${heartbeatDeadlineMs} ms that it could have used (${passedMs} ms in all)`,
      );
      return;
    }
    const pulse = await answer;
    if (pulse.isErr()) {
      // A thread that ends closes its port first, and its exit tells the cause.
      if (!(await this.#inTime(this.#gone, heartbeatDeadlineMs, () => 0)))
        this.kill('its control port is closed');
      return;
    }
    for (const id of pulse.value.hung) this.#tell('crashHung', [id]);
    const trouble = memoryTrouble(pulse.value.memory);
    if (trouble === null) this.#beat();
    else this.kill(trouble);
  }

  #inTime(
    work: Settling,
    deadlineMs: number,
    progress: () => number,
    isDeaf?: () => boolean,
  ): Promise<boolean> {
    return inTime(work, deadlineMs, this.#timers, this.#sight(progress, isDeaf));
  }

  #sight(progress: () => number, isDeaf: () => boolean = () => false): () => Sight {
    return () => ({ times: this.#clock.read(), progress: progress(), isDeaf: isDeaf() });
  }

  #onExit(code: number, reports: MessagePort): void {
    this.#isDead = true;
    this.#gate.threadEnded();
    this.#stopPulse();
    this.#control.close();
    reports.close();
    if (this.#isEnding) return;
    if (code === heapFullExitCode) this.#cause ||= 'its heap is full';
    this.#events.died(this, this.#cause || `the thread ended with code ${code}`, this.#blames());
  }

  /** The cell that had the thread, if any had; otherwise every cell that waited within a handler. */
  #blames(): readonly Blame[] {
    const { running } = this.#progress;
    const slots = running > 0 ? [running] : Array.from({ length: this.#slotsUsed }, (_, i) => i + 1);
    return slots.map((slot) => this.#progress.noted(slot)).filter(({ linkId }) => linkId !== 0);
  }
}
