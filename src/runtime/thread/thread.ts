/**
 * The worker's side of a thread that hosts actors. A worker entry is one line, `hostActors({ history })`; the
 * supervisors in the thread that started it decide which of them run, and when.
 */
import { threadId, workerData, type MessagePort, type Transferable } from 'node:worker_threads';
import { err, type Result } from 'neverthrow';
import type { RuntimeError } from '../errors.js';
import type { RuntimeLimits } from '../limits.js';
import { behaviourOf, type AnyDefinition, type Behaviour, type ChildSpec } from '../actor.js';
import type { Ask, LifeId } from '../cell/cell-host.js';
import { newActors, Questions, type PlainAnswer, type Question, type WorkerControl } from './asking.js';
import type { DeadLetter } from '../link/protocol.js';
import { postMoving } from '../link/moving.js';
import { ownThreadId } from './clock.js';
import { Host, type CellSpec, type HostEvents, type HostOptions, type Pulse } from './host.js';
import { collectGarbage, heldMemory, Tidier, type HeldMemory } from '../metrics.js';
import { systemLoop } from '../timers.js';
import { Recorder } from '../recorder.js';
import { OrderReceiver, type AnswerBatch, type OrderBatch } from './orders.js';
import { openNativeGate } from './native-call.js';
import { ProgressTable } from './progress.js';
import { exposeHandle } from './handle.js';

/** The data that a worker is started with. */
export interface ThreadStart {
  readonly control: MessagePort;
  readonly events: MessagePort;
  readonly progress: SharedArrayBuffer;
  readonly limits: RuntimeLimits;
  /** Whether actors of this thread get clones of what they send each other. */
  readonly isStrict: boolean;
  readonly isRecording: boolean;
  /** Module whose exported definitions are hosted, when its entry is the runtime's own. */
  readonly module: string | null;
}

/** One report of a thread, over its port of events. */
export type ThreadReport =
  | { readonly type: 'online' }
  | { readonly type: 'exited'; readonly args: Parameters<HostEvents['exited']> }
  | { readonly type: 'dead-letter'; readonly letter: DeadLetter }
  | { readonly type: 'answers'; readonly answers: AnswerBatch }
  | { readonly type: 'asked'; readonly questions: readonly Question[] }
  /** The supervisor should ask for a pulse. */
  | { readonly type: 'unwell' }
  | { readonly type: 'order-failed'; readonly name: string; readonly detail: string }
  | { readonly type: 'link-lost'; readonly linkId: number }
  | { readonly type: 'wire-lost'; readonly wire: number }
  | { readonly type: 'log'; readonly args: Parameters<HostEvents['log']> };

/** The message of a heartbeat. comlink, which shares the port, ignores what is falsy. */
export const beat = 0;

let isHostStarted = false;
/** Whether this worker hosts actors already. */
export const isHosting = (): boolean => isHostStarted;

/** Offers these actors to the supervisor that started this worker. The whole of a worker's entry file. */
export function hostActors(definitions: Readonly<Record<string, AnyDefinition>>): void {
  const { control, events, progress, limits, isStrict, isRecording } = threadStartOf(workerData);
  const recorder = isRecording ? new Recorder(threadId) : null;
  isHostStarted = true;
  const table = new ProgressTable(progress);
  table.threadId = ownThreadId();
  const known = new Map<string, Behaviour>();
  for (const [key, definition] of Object.entries(definitions)) {
    if (key !== definition.name)
      throw new Error(`hostActors: the key ${key} is not the name of its definition, ${definition.name}`);
    known.set(key, behaviourOf(definition));
  }
  const report = (message: ThreadReport, transfer: readonly Transferable[] = []): void => {
    orders.flush();
    questions.flush();
    postMoving(events, message, transfer);
  };
  const post = (message: ThreadReport, transfer: readonly Transferable[] = []): void =>
    postMoving(events, message, transfer);
  const questions = new Questions((asked, transfer) => post({ type: 'asked', questions: asked }, transfer));
  const host = new WorkerHost(
    {
      exited: (...args) => report({ type: 'exited', args }),
      deadLetter: (letter) => {
        try {
          report({ type: 'dead-letter', letter });
        } catch {
          // From a neighbour in this thread, whose bodies are not cloned.
          report({ type: 'dead-letter', letter: { ...letter, body: undefined } });
        }
      },
      asked: (from, ask) => questions.ask(from, ask),
      linkLost: (linkId) => report({ type: 'link-lost', linkId }),
      wireLost: (wire) => report({ type: 'wire-lost', wire }),
      log: (...args) => {
        try {
          report({ type: 'log', args });
        } catch {
          const [actor, level, event] = args;
          report({ type: 'log', args: [actor, level, event, { detail: 'fields cannot be cloned' }] });
        }
      },
    },
    (name) => known.get(name),
    table,
    { limits, loop: systemLoop, recorder, isStrict, isLasting: false },
    questions,
  );
  openNativeGate(ProgressTable.nativeWord(progress), limits);
  setInterval(() => table.turn(), limits.loopTurnEveryMs).unref();
  exposeHandle(host, control);
  const tidier = new Tidier();
  control.on('message', (message: unknown) => {
    if (message !== beat) return;
    table.beat();
    if (!host.isWell) report({ type: 'unwell' });
    tidier.beat();
  });
  const orders = new OrderReceiver(
    host,
    (answers) => post({ type: 'answers', answers }),
    (name, detail) => report({ type: 'order-failed', name, detail }),
  );
  events.on('message', (batch: OrderBatch) => orders.receive(batch));
  report({ type: 'online' });
}

class WorkerHost extends Host implements WorkerControl {
  readonly #questions: Questions;
  /** Definitions and arguments of children beside their parents, which never leave this thread. */
  readonly #spawned: Map<string, ChildSpec>;

  constructor(
    events: HostEvents,
    behaviour: (name: string) => Behaviour | undefined,
    progress: ProgressTable,
    options: HostOptions,
    questions: Questions,
  ) {
    const spawned = new Map<string, ChildSpec>();
    super(events, (name, id) => spawned.get(id)?.behaviour ?? behaviour(name), progress, options);
    this.#spawned = spawned;
    this.#questions = questions;
  }

  override async asked(from: LifeId, ask: Ask): Promise<Result<unknown, RuntimeError>> {
    const beside = newActors(ask).filter(({ placement }) => placement.kind === 'inline');
    const taken = beside.find(({ id }) => this.#spawned.has(id));
    if (taken !== undefined) {
      const reason = `the id ${taken.id} is taken`;
      return err({ code: 'runtime/start-failed', actor: taken.id, reason });
    }
    for (const spec of beside) this.#spawned.set(spec.id, spec);
    const answer = await super.asked(from, ask);
    if (answer.isErr())
      for (const spec of beside) if (this.#spawned.get(spec.id) === spec) this.#spawned.delete(spec.id);
    return answer;
  }

  override create(spec: CellSpec): void {
    const own = this.#spawned.get(spec.id);
    super.create(own === undefined ? spec : { ...spec, args: own.args });
  }

  override remove(id: string): void {
    super.remove(id);
    this.#spawned.delete(id);
  }

  answered(nth: number, answer: PlainAnswer): void {
    this.#questions.answered(nth, answer);
  }

  /** Returns the pulse. High memory is measured again after a collection: garbage must not cost a thread. */
  override pulse(): Pulse {
    const pulse = super.pulse();
    if (memoryTrouble(pulse.memory, this.limits) === null) return pulse;
    collectGarbage();
    return { ...pulse, memory: heldMemory() };
  }

  /** Whether a pulse would tell nothing that matters. */
  get isWell(): boolean {
    const { hung, memory } = super.pulse();
    return hung.length === 0 && memoryTrouble(memory, this.limits) === null;
  }
}

/** Returns the reason why a thread that uses this memory is to be replaced; null: it is not. */
export function memoryTrouble(memory: HeldMemory, limits: RuntimeLimits): string | null {
  if (memory.externalBytes > limits.offHeapBytesMax)
    return `off-heap memory above ${limits.offHeapBytesMax} bytes`;
  if (memory.heapUsedBytes > limits.workerHeapHighBytes)
    return `heap above ${limits.workerHeapHighBytes} bytes`;
  return null;
}

/** Reads the data that a worker was started with. Throws where no supervisor started it. */
export function threadStartOf(data: unknown): ThreadStart {
  if (typeof data !== 'object' || data === null || !('control' in data))
    throw new Error('this file is the entry of a worker that a supervisor starts');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- made by `startThread` of the same build
  return data as ThreadStart;
}
