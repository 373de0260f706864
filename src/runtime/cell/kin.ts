/** Relations of an actor beyond the links of its definition: children, refs by address, watches. */
import { err, errAsync, ResultAsync, type Result } from 'neverthrow';
import type { RuntimeError } from '../errors.js';
import type { ChildSpec, SupervisorSpec } from '../actor.js';
import { gone } from '../link/faults.js';
import type { LinkSender } from '../link/sender.js';
import type { Ask, CellHost } from './cell-host.js';
import type { CellLinks } from './cell-links.js';
import { refTo, type AnyRef, type Incarnation } from './incarnation.js';

/**
 * The part of a context that reaches beyond the links. Its functions are made when they are used: most actors use few of
 * them, and a context with all of them would be the largest part of an actor. They need no `this`.
 */
export class KinContext {
  readonly id: string;
  protected readonly life: Incarnation;
  readonly #links: CellLinks;
  readonly #host: CellHost;

  constructor(id: string, life: Incarnation, links: CellLinks, host: CellHost) {
    this.id = id;
    this.life = life;
    this.#links = links;
    this.#host = host;
  }

  get address(): { readonly id: string } {
    return { id: this.id };
  }

  get spawn() {
    return (
      spec: ChildSpec,
      { under = null }: { readonly under?: string | null } = {},
    ): ResultAsync<AnyRef, RuntimeError> =>
      new ResultAsync(this.#ask({ type: 'spawn', spec, under })).map(() => this.#refTo(spec.id));
  }

  get spawnSupervisor() {
    return (spec: SupervisorSpec): ResultAsync<void, RuntimeError> =>
      new ResultAsync(this.#ask({ type: 'spawn-supervisor', spec })).map(() => undefined);
  }

  get stopChild() {
    return (child: { readonly id: string }): ResultAsync<void, RuntimeError> =>
      new ResultAsync(this.#ask({ type: 'stop-child', id: child.id })).map(() => undefined);
  }

  get ref() {
    return (to: { readonly id: string }): AnyRef => this.#refTo(to.id);
  }

  get find() {
    return async (wanted: string): Promise<{ readonly id: string } | null> => {
      const found = await this.#ask({ type: 'find', id: wanted });
      return found.isOk() && found.value === true ? { id: wanted } : null;
    };
  }

  get watch() {
    return (of: { readonly id: string }, name: string): (() => void) => {
      const { life } = this;
      if (life.isOver) return () => undefined;
      life.watchesMade += 1;
      const nth = life.watchesMade;
      const watches = (life.watches ??= new Map<number, string>());
      watches.set(nth, name);
      void this.#ask({ type: 'watch', nth, id: of.id });
      return () => {
        if (watches.delete(nth)) void this.#ask({ type: 'unwatch', nth });
      };
    };
  }

  #ask(question: Ask): Promise<Result<unknown, RuntimeError>> {
    const { id: actor, life } = this;
    if (life.isOver) return Promise.resolve(err(gone(actor)));
    return this.#host.asked({ actor, incarnation: life.incarnation }, question);
  }

  #refTo(to: string): AnyRef {
    if (this.life.isOver) return refToNobody(to);
    const open = (): LinkSender => this.#host.openLink(this.id, to);
    const tell = (): void => void this.#ask({ type: 'link', to });
    return refTo(to, () => this.#links.senderTo(to, open, tell), this.life);
  }
}

/** Takes the message that tells of an end, if this life still waits for it. */
export function takeWatch(life: Incarnation | null, incarnation: number, nth: number): string | null {
  if (life === null || life.isOver || life.incarnation !== incarnation) return null;
  const name = life.watches?.get(nth) ?? null;
  life.watches?.delete(nth);
  return name;
}

const refToNobody = (actor: string): AnyRef => ({
  actor,
  cast: () => err(gone(actor)),
  castOnce: () => err(gone(actor)),
  send: () => errAsync(gone(actor)),
  call: () => errAsync(gone(actor)),
  credit: () => Promise.resolve(err(gone(actor))),
  pending: 0,
});
