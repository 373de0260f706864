/**
 * Decides which hosts get an announcement of their own, for networks that hold broadcasts back: those where a contact was
 * last proved and that fell silent. Such an announcement asks for a reply. Pure; clocks are arguments.
 */
import type { PeerId } from '../../ids.js';
import type { Place, Presence } from '../people/presence.js';
import { reach as limits } from './limits.js';

/** The age of the last announcement of a peer, ms; null: none was heard. */
export type HeardAge = (peerId: PeerId) => number | null;

interface Attempts {
  count: number;
  nextAtMs: number;
}

/** The hosts to ask, and how often each was asked. */
export class Reach {
  readonly #startedMs: number;
  readonly #silentMs: number;
  #places: readonly Place[] = [];
  readonly #attempts = new Map<string, Attempts>();

  /** `silentMs`: silence after which a peer is asked, shortly before it counts as away. */
  constructor(startedMs: number, silentMs: number) {
    this.#startedMs = startedMs;
    this.#silentMs = silentMs;
  }

  /** Sets the places of contacts. */
  setPlaces(places: readonly Place[]): void {
    this.#places = places.slice(0, limits.placesMax);
    this.#forgetStrays();
  }

  /** Returns the hosts to ask now, those first that wait for longest. */
  due(nowMs: number, heardAge: HeardAge): readonly string[] {
    const waiting = this.#places.flatMap((place) => {
      const key = keyOf(place);
      const ageMs = heardAge(place.peerId);
      if (ageMs !== null && ageMs < this.#silentMs) {
        this.#attempts.delete(key);
        return [];
      }
      const attempts = this.#attempts.get(key) ?? {
        count: 0,
        nextAtMs: this.#startedMs + limits.firstAfterMs,
      };
      return attempts.nextAtMs <= nowMs ? [{ key, host: place.host, attempts }] : [];
    });
    const chosen = waiting
      .toSorted((one, other) => one.attempts.nextAtMs - other.attempts.nextAtMs)
      .slice(0, limits.hostsPerRoundMax);
    for (const { key, attempts } of chosen) {
      const pauseMs = Math.min(limits.pauseMs * 2 ** Math.min(attempts.count, 16), limits.pauseMostMs);
      this.#attempts.set(key, { count: attempts.count + 1, nextAtMs: nowMs + pauseMs });
    }
    return [...new Set(chosen.map(({ host }) => host))];
  }

  #forgetStrays(): void {
    const known = new Set(this.#places.map(keyOf));
    for (const key of this.#attempts.keys()) if (!known.has(key)) this.#attempts.delete(key);
  }
}

const keyOf = ({ peerId, host }: Place): string => `${peerId} ${host}`;

/** Returns the ages of rows of the roster. */
export const agesOf =
  (row: (peerId: PeerId) => Presence | null, wallMs: number): HeardAge =>
  (peerId) => {
    const found = row(peerId);
    return found === null ? null : Math.max(0, wallMs - found.lastSeenMs);
  };
