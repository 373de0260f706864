/** Relations of an actor beyond the links of its definition: children, refs by address, watches. */
import { err, errAsync, ResultAsync, type Result } from 'neverthrow';
import type { RuntimeError } from '../errors.js';
import type { ChildSpec } from '../actor.js';
import { gone } from '../link/faults.js';
import type { LinkSender } from '../link/sender.js';
import type { Ask, CellHost } from './cell-host.js';
import type { CellLinks } from './cell-links.js';
import { refOver, type AnyRef, type Incarnation } from './incarnation.js';

/** The part of a context that reaches beyond the links. */
export interface KinContext {
  readonly address: { readonly id: string };
  spawn(spec: ChildSpec): ResultAsync<AnyRef, RuntimeError>;
  stopChild(child: { readonly id: string }): ResultAsync<void, RuntimeError>;
  ref(to: { readonly id: string }): AnyRef;
  find(id: string): Promise<{ readonly id: string } | null>;
  watch(of: { readonly id: string }, name: string): () => void;
}

/** Makes this part of a context. */
export function kinOf(id: string, life: Incarnation, links: CellLinks, host: CellHost): KinContext {
  const ask = (question: Ask): Promise<Result<unknown, RuntimeError>> =>
    life.isOver
      ? Promise.resolve(err(gone(id)))
      : host.asked({ actor: id, incarnation: life.incarnation }, question);
  const ref = (to: { readonly id: string }): AnyRef => {
    if (life.isOver) return refToNobody(to.id);
    const open = (): LinkSender => host.openLink(id, to.id);
    const tell = (): void => void ask({ type: 'link', to: to.id });
    return refOver(links.senderTo(to.id, open, tell), life);
  };
  return {
    address: { id },
    spawn: (spec) => new ResultAsync(ask({ type: 'spawn', spec })).map(() => ref(spec)),
    stopChild: (child) => new ResultAsync(ask({ type: 'stop-child', id: child.id })).map(() => undefined),
    ref,
    async find(wanted) {
      const found = await ask({ type: 'find', id: wanted });
      return found.isOk() && found.value === true ? { id: wanted } : null;
    },
    watch(of, name) {
      if (life.isOver) return () => undefined;
      life.watchesMade += 1;
      const nth = life.watchesMade;
      life.watches.set(nth, name);
      void ask({ type: 'watch', nth, id: of.id });
      return () => {
        if (life.watches.delete(nth)) void ask({ type: 'unwatch', nth });
      };
    },
  };
}

/** Takes the message that tells of an end, if this life still waits for it. */
export function takeWatch(life: Incarnation | null, incarnation: number, nth: number): string | null {
  if (life === null || life.isOver || life.incarnation !== incarnation) return null;
  const name = life.watches.get(nth) ?? null;
  life.watches.delete(nth);
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
