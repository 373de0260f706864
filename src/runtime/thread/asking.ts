/**
 * Questions of actors in a worker to their system, as they cross the port: a definition stays in its thread, and a
 * Result travels as plain data.
 */
import type { Transferable } from 'node:worker_threads';
import { err, ok, type Result } from 'neverthrow';
import type { RuntimeError } from '../errors.js';
import type {
  Behaviour,
  ChildSpec,
  OwnLimits,
  Placement,
  Restart,
  SupervisorSpec,
  ThreadPlacement,
} from '../actor.js';
import type { Ask, LifeId } from '../cell/cell-host.js';
import { detailOf } from '../cell/step.js';
import type { HostControl } from './host.js';

/** The part of a definition that supervisors know, while the rest lies in a worker. */
interface PlainBehaviour extends OwnLimits {
  readonly name: string;
  readonly restart?: Restart;
}
type PlainThread = Omit<ThreadPlacement, 'entry' | 'stdout'> & { readonly entry: string | null };
type PlainPlacement = Exclude<Placement, ThreadPlacement> | PlainThread;
type PlainSpec = Omit<ChildSpec, 'behaviour' | 'placement'> & {
  readonly behaviour: PlainBehaviour;
  readonly placement: PlainPlacement;
};
type PlainTree = Omit<SupervisorSpec, 'children'> & { readonly children: readonly (PlainSpec | PlainTree)[] };
/** A question that can cross the port. */
export type PlainAsk =
  | Exclude<Ask, { readonly type: 'spawn' | 'spawn-supervisor' }>
  | { readonly type: 'spawn'; readonly spec: PlainSpec; readonly under: string | null }
  | { readonly type: 'spawn-supervisor'; readonly spec: PlainTree };

/** The calls of a supervisor to a worker, and the answers to its actors. */
export interface WorkerControl extends HostControl {
  answered(nth: number, answer: PlainAnswer): void;
}

/** A question with the number of its answer. */
export interface Question {
  readonly nth: number;
  readonly from: LifeId;
  readonly ask: PlainAsk;
}

/** An answer that can cross the port. */
export type PlainAnswer =
  { readonly isOk: true; readonly value: unknown } | { readonly isOk: false; readonly error: RuntimeError };

/** Makes plain data of a Result. */
export const plainAnswer = (result: Result<unknown, RuntimeError>): PlainAnswer =>
  result.isOk() ? { isOk: true, value: result.value } : { isOk: false, error: result.error };

/** The worker's side: questions that have no answer yet. */
export class Questions {
  readonly #post: (questions: readonly Question[], transfer: readonly Transferable[]) => void;
  #waiting: Question[] = [];
  readonly #open = new Map<number, (result: Result<unknown, RuntimeError>) => void>();
  #asked = 0;

  constructor(post: (questions: readonly Question[], transfer: readonly Transferable[]) => void) {
    this.#post = post;
  }

  /** Asks the system. Errors: those of the answer; `runtime/start-failed` when arguments of a child cannot be cloned. */
  ask(from: LifeId, ask: Ask): Promise<Result<unknown, RuntimeError>> {
    this.#asked += 1;
    const nth = this.#asked;
    const question = { nth, from, ask: plainAsk(ask) };
    const moving = newActors(ask).filter(({ placement }) => placement.kind === 'thread');
    const [first] = moving;
    if (first !== undefined) {
      this.flush();
      try {
        this.#post(
          [question],
          moving.flatMap(({ transfer }) => transfer),
        );
      } catch (error) {
        const who = moving.length === 1 ? first.id : moving.map(({ id }) => id).join(', ');
        const reason = `its arguments cannot be cloned into its thread: ${detailOf(error)}`;
        return Promise.resolve(err({ code: 'runtime/start-failed', actor: who, reason }));
      }
    } else if (this.#waiting.push(question) === 1) queueMicrotask(this.flush);
    return new Promise((resolve) => this.#open.set(nth, resolve));
  }

  /** Posts what waits: the questions of one turn travel together. */
  readonly flush = (): void => {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    this.#post(waiting, []);
  };

  answered(nth: number, answer: PlainAnswer): void {
    const settle = this.#open.get(nth);
    this.#open.delete(nth);
    settle?.(answer.isOk ? ok(answer.value) : err(answer.error));
  }
}

/** Returns the actors that a question is to start. */
export function newActors(ask: Ask): readonly ChildSpec[] {
  if (ask.type === 'spawn') return [ask.spec];
  return ask.type === 'spawn-supervisor' ? actorsOf(ask.spec) : [];
}

const actorsOf = ({ children }: SupervisorSpec): readonly ChildSpec[] =>
  children.flatMap((one) => ('children' in one ? actorsOf(one) : [one]));

function plainAsk(ask: Ask): PlainAsk {
  if (ask.type === 'spawn') return { ...ask, spec: plainSpec(ask.spec) };
  return ask.type === 'spawn-supervisor' ? { ...ask, spec: plainTree(ask.spec) } : ask;
}

const plainTree = ({ children, ...spec }: SupervisorSpec): PlainTree => ({
  ...spec,
  children: children.map((one) => ('children' in one ? plainTree(one) : plainSpec(one))),
});

/** A child beside its parent keeps its arguments there, whatever they are. */
function plainSpec({ id, kind, behaviour, args, links, placement, transfer }: ChildSpec): PlainSpec {
  const isBeside = placement.kind === 'inline';
  return {
    id,
    kind,
    behaviour: plainBehaviour(behaviour),
    args: isBeside ? null : args,
    links,
    placement: plainPlacement(placement),
    transfer: isBeside ? [] : transfer,
  };
}

function plainBehaviour({ name, restart, ...rest }: Behaviour): PlainBehaviour {
  const { shutdownMs, mailboxMax, busyMsMax, handlerMsMax, triesMax, supervision } = rest;
  return {
    name,
    ...(restart === undefined ? {} : { restart }),
    ...(shutdownMs === undefined ? {} : { shutdownMs }),
    ...(mailboxMax === undefined ? {} : { mailboxMax }),
    ...(busyMsMax === undefined ? {} : { busyMsMax }),
    ...(handlerMsMax === undefined ? {} : { handlerMsMax }),
    ...(triesMax === undefined ? {} : { triesMax }),
    ...(supervision === undefined ? {} : { supervision }),
  };
}

function plainPlacement(placement: Placement): PlainPlacement {
  if (placement.kind === 'inline') return placement;
  const { entry, stdout: _, ...rest } = placement;
  return { ...rest, entry: entry?.href ?? null };
}

/**
 * The supervisors' side: restores a question. The child's thread runs its own definition; that of the supervisors
 * holds restart rules alone.
 */
export function askOf(plain: PlainAsk): Ask {
  if (plain.type === 'spawn') return { ...plain, spec: specOf(plain.spec) };
  return plain.type === 'spawn-supervisor' ? { ...plain, spec: treeOf(plain.spec) } : plain;
}

const treeOf = ({ children, ...spec }: PlainTree): SupervisorSpec => ({
  ...spec,
  children: children.map((one) => ('children' in one ? treeOf(one) : specOf(one))),
});

const specOf = ({ behaviour, placement, ...spec }: PlainSpec): ChildSpec => ({
  ...spec,
  behaviour: { ...behaviour, receive: {}, init: () => ok(null) },
  placement: placement.kind === 'inline' ? placement : threadOf(placement),
});

function threadOf({ entry, ...rest }: PlainThread): ThreadPlacement {
  return entry === null ? rest : { ...rest, entry: new URL(entry) };
}
