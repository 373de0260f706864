/**
 * Decides which hosts get an announcement of their own, for networks that hold broadcasts back: those where a contact was
 * last proved and that fell silent, and those that another service named. Such an announcement asks for a reply. Pure; clocks are arguments.
 */
import type { PeerId } from '../../ids.js';
import type { ProvedHost, Presence } from '../people/presence.js';
import { silentContacts as limits } from './limits.js';

/** The age of the last announcement of a peer, ms; null: none was heard. */
export type HeardAge = (peerId: PeerId) => number | null;

interface Attempts {
  count: number;
  nextAtMs: number;
}

/** Contacts that may be silent: the hosts to ask for them, and the attempts at each. */
export class SilentContacts {
  readonly #startedMs: number;
  readonly #silentMs: number;
  #hosts: readonly ProvedHost[] = [];
  readonly #attempts = new Map<string, Attempts>();
  /** Hosts that another service named, those named last at the end. */
  readonly #named = new Map<string, Attempts>();

  /** `silentMs`: silence after which a peer is asked, shortly before it counts as away. */
  constructor(startedMs: number, silentMs: number) {
    this.#startedMs = startedMs;
    this.#silentMs = silentMs;
  }

  /** Sets the proved hosts of contacts. */
  setHosts(hosts: readonly ProvedHost[]): void {
    this.#hosts = hosts.slice(0, limits.hostsMax);
    this.#forgetStrays();
  }

  /** Another service named a host where a node may run. It is asked while no peer is heard from there. */
  named(host: string): void {
    const before = this.#named.get(host);
    this.#named.delete(host);
    // A service that names a silent host again and again does not make it asked more often.
    this.#named.set(host, before ?? { count: 0, nextAtMs: 0 });
    const [oldest] = this.#named.keys();
    if (this.#named.size > limits.namedHostsMax && oldest !== undefined) this.#named.delete(oldest);
  }

  /** Returns the hosts to ask now, those first that wait for longest. */
  due(nowMs: number, heardAge: HeardAge, rows: () => readonly Presence[] = () => []): readonly string[] {
    const waiting = this.#hosts.flatMap((proved) => {
      const key = keyOf(proved);
      const ageMs = heardAge(proved.peerId);
      if (ageMs !== null && ageMs < this.#silentMs) {
        this.#attempts.delete(key);
        return [];
      }
      const attempts = this.#attempts.get(key) ?? {
        count: 0,
        nextAtMs: this.#startedMs + limits.firstAfterMs,
      };
      return attempts.nextAtMs <= nowMs ? [{ key, host: proved.host, attempts }] : [];
    });
    const chosen = waiting
      .toSorted((one, other) => one.attempts.nextAtMs - other.attempts.nextAtMs)
      .slice(0, limits.hostsPerRoundMax);
    for (const { key, attempts } of chosen) {
      const pauseMs = Math.min(limits.pauseMs * 2 ** Math.min(attempts.count, 16), limits.pauseMostMs);
      this.#attempts.set(key, { count: attempts.count + 1, nextAtMs: nowMs + pauseMs });
    }
    return [...new Set([...chosen.map(({ host }) => host), ...this.#dueNamed(nowMs, heardAge, rows)])];
  }

  /** Returns named hosts from which no peer is heard. A host that stays silent is asked ever more seldom. */
  #dueNamed(nowMs: number, heardAge: HeardAge, rows: () => readonly Presence[]): readonly string[] {
    if (this.#named.size === 0) return [];
    const isHeard = ({ peerId }: Presence): boolean => (heardAge(peerId) ?? Infinity) < this.#silentMs;
    const heard = new Set(
      rows()
        .filter(isHeard)
        .flatMap(({ addresses }) => addresses.map(({ host }) => host)),
    );
    const due: string[] = [];
    for (const [host, { count, nextAtMs }] of this.#named) {
      if (heard.has(host)) this.#named.set(host, { count: 0, nextAtMs: 0 });
      else if (nextAtMs <= nowMs && due.length < limits.hostsPerRoundMax) {
        due.push(host);
        const pauseMs = Math.min(limits.namedPauseMs * 2 ** Math.min(count, 16), limits.pauseMostMs);
        this.#named.set(host, { count: count + 1, nextAtMs: nowMs + pauseMs });
      }
    }
    return due;
  }

  #forgetStrays(): void {
    const known = new Set(this.#hosts.map(keyOf));
    for (const key of this.#attempts.keys()) if (!known.has(key)) this.#attempts.delete(key);
  }
}

const keyOf = ({ peerId, host }: ProvedHost): string => `${peerId} ${host}`;

/** Returns the ages of rows of the roster. */
export const agesOf =
  (row: (peerId: PeerId) => Presence | null, wallMs: number): HeardAge =>
  (peerId) => {
    const found = row(peerId);
    return found === null ? null : Math.max(0, wallMs - found.lastSeenMs);
  };
