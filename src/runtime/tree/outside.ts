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
    const known = (): AnyRef | null => this.#known(to);
    return typedRef<P>({
      actor: to,
      cast: (...args) => known()?.cast(...args) ?? err(gone(to)),
      castOnce: (...args) => known()?.castOnce(...args) ?? err(gone(to)),
      send: (...args) => known()?.send(...args) ?? errAsync(gone(to)),
      call: (...args) => known()?.call(...args) ?? errAsync(gone(to)),
      credit: () => known()?.credit() ?? Promise.resolve(err(gone(to))),
      get pending() {
        return known()?.pending ?? 0;
      },
    });
  }

  /** The actor is gone. */
  drop(to: string): void {
    this.#refs.delete(to);
  }

  #known(to: string): AnyRef | null {
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
