/** Refs for code outside any actor: one link per target, made when it is first used and shared by all such code. */
import { err, errAsync } from 'neverthrow';
import type { Protocol, Ref } from '../actor.js';
import { refOver, typedRef, type AnyRef } from '../cell/incarnation.js';
import { gone } from '../link/faults.js';
import type { Host } from '../thread/host.js';
import type { Links } from './links.js';

/** The refs for code outside any actor. */
export class OutsideRefs {
  readonly #links: Links;
  readonly #inline: Host;
  readonly #isKnown: (id: string) => boolean;
  readonly #refs = new Map<string, AnyRef>();

  /** `isKnown`: there is such an actor, and the system runs. */
  constructor(links: Links, inline: Host, isKnown: (id: string) => boolean) {
    this.#links = links;
    this.#inline = inline;
    this.#isKnown = isKnown;
  }

  ref<P extends Protocol>(to: string): Ref<P> {
    return typedRef<P>(new OutsideRef(to, this));
  }

  /** The actor is gone. */
  drop(to: string): void {
    this.#refs.delete(to);
  }

  /** Null: there is no such actor. */
  known(to: string): AnyRef | null {
    if (!this.#isKnown(to)) return null;
    const made = this.#refs.get(to);
    if (made !== undefined) return made;
    const link = this.#links.add('', '', to);
    const ref = refOver(this.#inline.openSender(this.#links.addressOf(link)), null);
    this.#refs.set(to, ref);
    this.#links.connect(link);
    return ref;
  }
}

class OutsideRef implements AnyRef {
  readonly actor: string;
  readonly #refs: OutsideRefs;

  constructor(to: string, refs: OutsideRefs) {
    this.actor = to;
    this.#refs = refs;
  }

  get #known(): AnyRef | null {
    return this.#refs.known(this.actor);
  }

  cast(...args: Parameters<AnyRef['cast']>): ReturnType<AnyRef['cast']> {
    return this.#known?.cast(...args) ?? err(gone(this.actor));
  }

  castOnce(...args: Parameters<AnyRef['castOnce']>): ReturnType<AnyRef['castOnce']> {
    return this.#known?.castOnce(...args) ?? err(gone(this.actor));
  }

  send(...args: Parameters<AnyRef['send']>): ReturnType<AnyRef['send']> {
    return this.#known?.send(...args) ?? errAsync(gone(this.actor));
  }

  call(...args: Parameters<AnyRef['call']>): ReturnType<AnyRef['call']> {
    return this.#known?.call(...args) ?? errAsync(gone(this.actor));
  }

  credit(): ReturnType<AnyRef['credit']> {
    return this.#known?.credit() ?? Promise.resolve(err(gone(this.actor)));
  }

  get pending(): number {
    return this.#known?.pending ?? 0;
  }
}
