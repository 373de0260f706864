/**
 * Decides which hosts get an announcement of their own, for networks that hold broadcasts back: hosts where a contact was
 * last proved and that fell silent, and hosts that another service names. Such an announcement asks for a reply. Pure;
 * clocks are arguments.
 */
import type { PeerId } from '../../ids.js';
import type { Place, Presence } from '../people/presence.js';
import { reach as limits } from './limits.js';

/** The age of the last announcement of a peer (null: of any peer at the host), ms; null: none was heard. */
export type HeardAge = (place: { readonly peerId: PeerId | null; readonly host: string }) => number | null;

interface Attempts {
  count: number;
  nextAtMs: number;
}

/** The hosts to ask, and how often each was asked. */
export class Reach {
  readonly #startedMs: number;
  readonly #silentMs: number;
  #places: readonly Place[] = [];
  /** Hosts named by another service, and when (monotonic, ms). */
  readonly #hints = new Map<string, number>();
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

  /** Notes a host at which a node may run. It is forgotten when it is not named again. */
  hint(host: string, nowMs: number): void {
    this.#hints.delete(host);
    this.#hints.set(host, nowMs);
    const [oldest] = this.#hints.keys();
    if (this.#hints.size > limits.hintsMax && oldest !== undefined) this.#hints.delete(oldest);
  }

  /** Returns the hosts to ask now, those first that wait for longest. */
  due(nowMs: number, heardAge: HeardAge): readonly string[] {
    for (const [host, namedMs] of this.#hints) if (nowMs - namedMs > limits.hintMs) this.#hints.delete(host);
    const all = [...this.#places, ...[...this.#hints.keys()].map((host) => ({ peerId: null, host }))];
    const waiting = all.flatMap((place) => {
      const key = keyOf(place);
      const ageMs = heardAge(place);
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
    const known = new Set([
      ...this.#places.map(keyOf),
      ...[...this.#hints.keys()].map((host) => `- ${host}`),
    ]);
    for (const key of this.#attempts.keys()) if (!known.has(key)) this.#attempts.delete(key);
  }
}

const keyOf = ({ peerId, host }: { readonly peerId: PeerId | null; readonly host: string }): string =>
  `${peerId ?? '-'} ${host}`;

/** Returns the ages of native rows of the roster. */
export function agesOf(rows: readonly Presence[], wallMs: number): HeardAge {
  const native = rows.filter(({ dialect }) => dialect === 'native');
  return ({ peerId, host }) => {
    const ages = native
      .filter((row) =>
        peerId === null ? row.addresses.some((address) => address.host === host) : row.peerId === peerId,
      )
      .map(({ lastSeenMs }) => Math.max(0, wallMs - lastSeenMs));
    return ages.length === 0 ? null : Math.min(...ages);
  };
}
