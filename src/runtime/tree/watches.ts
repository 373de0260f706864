/** Death watch: the actors that wait for the end of another. Pure. */
import type { Ended } from '../actor.js';
import type { LifeId, WatchedEnd } from '../cell/cell-host.js';

/** All watches of one system. */
export class Watches {
  /** Watched actor → its watchers. */
  readonly #of = new Map<string, { readonly watcher: LifeId; readonly nth: number }[]>();
  /** Watcher → those it watches. */
  readonly #by = new Map<string, Set<string>>();
  readonly #tell: (end: WatchedEnd) => void;

  constructor(tell: (end: WatchedEnd) => void) {
    this.#tell = tell;
  }

  add(watcher: LifeId, nth: number, of: string, isKnown: boolean): void {
    if (!isKnown) {
      this.#tell({ watcher, nth, ended: { actor: of, reason: { type: 'no-actor' } } });
      return;
    }
    const watchers = this.#of.get(of) ?? [];
    watchers.push({ watcher, nth });
    this.#of.set(of, watchers);
    const watched = this.#by.get(watcher.actor) ?? new Set();
    this.#by.set(watcher.actor, watched.add(of));
  }

  drop(watcher: LifeId, nth: number): void {
    const watched = this.#by.get(watcher.actor);
    if (watched === undefined) return;
    for (const of of watched) {
      this.#keep(of, (one) => one.watcher.actor !== watcher.actor || one.nth !== nth);
      const isWatched = this.#of.get(of)?.some((one) => one.watcher.actor === watcher.actor) ?? false;
      if (!isWatched) watched.delete(of);
    }
    if (watched.size === 0) this.#by.delete(watcher.actor);
  }

  /** A life that watched is over. */
  lifeOver(actor: string): void {
    for (const of of this.#by.get(actor) ?? []) this.#keep(of, (one) => one.watcher.actor !== actor);
    this.#by.delete(actor);
  }

  ended(ended: Ended): void {
    const watchers = this.#of.get(ended.actor) ?? [];
    this.#of.delete(ended.actor);
    for (const { watcher, nth } of watchers) {
      this.#by.get(watcher.actor)?.delete(ended.actor);
      this.#tell({ watcher, nth, ended });
    }
  }

  #keep(of: string, isKept: (one: { readonly watcher: LifeId; readonly nth: number }) => boolean): void {
    const kept = (this.#of.get(of) ?? []).filter(isKept);
    if (kept.length === 0) this.#of.delete(of);
    else this.#of.set(of, kept);
  }
}
