/**
 * Names and their bearers: which identities known here bear or bore one name, or names that look alike. Pure. Each name
 * is found at once, however many peers are known.
 */
import type { PeerId } from '../../ids.js';
import { name as limits } from './limits.js';
import { foldCase } from './name.js';
import { looksOf } from './skeleton.js';

/** The names of a peer, by the keys under which it is found. */
interface Entry {
  readonly names: readonly string[];
  readonly keys: readonly string[];
}

/** Returns the peers whose number of namesakes has changed; empty: no other peer is concerned. */
type Concerned = readonly PeerId[];

/** The names of all identities known here. */
export class Namesakes {
  readonly #entries = new Map<PeerId, Entry>();
  readonly #bearers = new Map<string, Set<PeerId>>();

  /** Sets the names that a peer bears or bore, the present one first. The names of before stay with it. */
  set(peerId: PeerId, names: readonly string[]): Concerned {
    const before = this.#entries.get(peerId)?.names ?? [];
    const borne = [...new Set([...names, ...before])]
      .filter((name) => name !== '')
      .slice(0, limits.formerNamesMax + names.length);
    if (borne.length === before.length && borne.every((name, at) => name === before[at])) return [];
    const concerned = this.delete(peerId);
    const keys = [...new Set(borne.flatMap((name) => [nameKey(name), ...looksOf(name).map(lookKey)]))];
    this.#entries.set(peerId, { names: borne, keys });
    return [...new Set([...concerned, ...keys.flatMap((key) => this.#add(key, peerId))])];
  }

  delete(peerId: PeerId): Concerned {
    const keys = this.#entries.get(peerId)?.keys ?? [];
    this.#entries.delete(peerId);
    return [...new Set(keys.flatMap((key) => this.#remove(key, peerId)))];
  }

  /** Returns the other identities that bear or bore a name of the peer, or one that looks like it. */
  of(peerId: PeerId): readonly PeerId[] {
    const keys = this.#entries.get(peerId)?.keys ?? [];
    const found = new Set(keys.flatMap((key) => [...(this.#bearers.get(key) ?? [])].slice(0, namesakesMax)));
    found.delete(peerId);
    return [...found];
  }

  /** Returns the identities with a name that `name` may be taken for. */
  alike(name: string): readonly PeerId[] {
    return [...new Set(looksOf(name).flatMap((look) => [...(this.#bearers.get(lookKey(look)) ?? [])]))];
  }

  /** Names that the peer bears or bore, the present one first. */
  namesOf(peerId: PeerId): readonly string[] {
    return this.#entries.get(peerId)?.names ?? [];
  }

  #add(key: string, peerId: PeerId): Concerned {
    const bearers = this.#bearers.get(key) ?? new Set();
    const others = bearers.size === 1 ? [...bearers] : [];
    bearers.add(peerId);
    this.#bearers.set(key, bearers);
    return others;
  }

  #remove(key: string, peerId: PeerId): Concerned {
    const bearers = this.#bearers.get(key);
    bearers?.delete(peerId);
    if (bearers?.size === 0) this.#bearers.delete(key);
    return bearers?.size === 1 ? [...bearers] : [];
  }
}

/** Namesakes that the length of a tag takes into account: a stranger can announce any number of them. */
const namesakesMax = 64;

const nameKey = (name: string): string => `name ${foldCase(name)}`;
const lookKey = (look: string): string => `look ${look}`;
