/**
 * The supervisor's side of a worker thread: starts it, passes on control, watches its heart and its memory, and tells
 * when and why it died, with the envelopes that were being handled at that moment.
 */
import { MessageChannel, Worker, type MessagePort, type Transferable } from 'node:worker_threads';
import { runtime as limits } from '../limits.js';
import type { ExitReason } from '../actor.js';
import {
  nativeWord,
  progressWords,
  type CellSpec,
  type HostControl,
  type HostEvents,
  type ThreadStats,
} from './host.js';
import type { StartOutcome } from '../cell/cell-host.js';
import type { LinkAddress } from '../link/sender.js';
import { detailOf } from '../cell/cell.js';
import { heapFullExitCode } from './native-call.js';
import { NativeGate } from './native-gate.js';
import type { Timers } from '../timers.js';
import { wrapHandle, type ArgsOf, type MethodName, type RemoteHandle } from '../remote.js';
import { memoryTrouble, type ThreadBirth, type ThreadReport } from './thread.js';

/** An envelope that was being handled when its thread died. */
export interface Blame {
  readonly linkId: number;
  /** Low 32 bits of its number. */
  readonly seq: number;
}

export interface ThreadEvents extends HostEvents {
  died(thread: ThreadHost, detail: string, blames: readonly Blame[]): void;
}

/** `HostControl` across a port: what a dead thread is told is lost, since its death is reported anyway. */
export class ThreadHost {
  readonly name: string;
  readonly #worker: Worker;
  readonly #control: RemoteHandle<HostControl>;
  readonly #shared = new SharedArrayBuffer(progressWords * Int32Array.BYTES_PER_ELEMENT);
  readonly #progress = new Int32Array(this.#shared);
  readonly #gate = new NativeGate(nativeWord(this.#shared));
  readonly #events: ThreadEvents;
  readonly #timers: Timers;
  readonly #gone: Promise<void>;
  #hasDied: () => void = () => undefined;
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
    this.#gone = new Promise((resolve) => {
      this.#hasDied = resolve;
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
    this.#progress[slot * 2] = 0;
    this.#freeSlots.push(slot);
  }

  create(spec: CellSpec, transfer: readonly Transferable[]): void {
    this.#tell('create', [spec], transfer);
  }

  async start(id: string, incarnation: number, restarts: number, isCautious: boolean): Promise<StartOutcome> {
    const outcome = await this.#control.call('start', [id, incarnation, restarts, isCautious], {
      // The registry's own deadline comes first.
      deadlineMs: limits.readyDeadlineMs * 2,
    });
    return outcome.isOk() ? outcome.value : { type: 'crashed', detail: this.#cause || outcome.error.code };
  }

  /** Resolves when it is done or the thread is dead. The caller keeps the deadline. */
  async stop(id: string, reason: ExitReason, deadlineMs: number): Promise<boolean> {
    const stopped = await this.#control.call('stop', [id, reason], { deadlineMs });
    return stopped.isOk();
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
    const stats = await this.#control.call('stats', [], { deadlineMs: limits.heartbeatDeadlineMs });
    return stats.unwrapOr(null);
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
    this.#stopPulse = this.#timers.after(limits.heartbeatEveryMs, () => {
      void this.#control.call('pulse', [], { deadlineMs: limits.heartbeatDeadlineMs }).then((pulse) => {
        if (this.isDead) return;
        if (pulse.isErr()) {
          this.kill(`no sign of life for ${limits.heartbeatDeadlineMs} ms`);
          return;
        }
        for (const id of pulse.value.hung) this.#tell('crashHung', [id]);
        const trouble = memoryTrouble(pulse.value.memory);
        if (trouble === null) this.#beat();
        else this.kill(trouble);
      });
    });
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
    const running = this.#progress[0] ?? 0;
    const slots = running > 0 ? [running] : Array.from({ length: this.#slotsUsed }, (_, i) => i + 1);
    return slots.flatMap((slot) => {
      const linkId = this.#progress[slot * 2] ?? 0;
      return linkId === 0 ? [] : [{ linkId, seq: this.#progress[slot * 2 + 1] ?? 0 }];
    });
  }
}
