/**
 * The log of what was heard on the network: own announcements that came back, and announcements of others, by address.
 * It answers the question why peers are not found. Pure, and bounded: the address that was silent for longest goes first.
 */
import type { PeerId } from '../../ids.js';
import { heardLog as limits } from './limits.js';

/** An announcement of this node that came back to it. */
export interface OwnHeard {
  readonly address: string;
  /** The interface whose network the address is in; empty: none. */
  readonly via: string;
  /** Wall clock, ms. */
  readonly atMs: number;
}

/** Announcements of a peer from one address. */
export interface PeerHeard extends OwnHeard {
  readonly peerId: PeerId;
  readonly name: string;
  /** Clock of the peer minus our clock at the last fresh announcement, ms; null: none was fresh. */
  readonly clockMs: number | null;
  /** Whether it came to the socket that our own announcements leave by, and so replies to one of them. */
  readonly isReply: boolean;
}

/** All that was heard. */
export interface HeardReport {
  readonly own: readonly OwnHeard[];
  readonly peers: readonly PeerHeard[];
  /** Datagrams from hosts of no network of this machine. */
  readonly offLinkCount: number;
}

/** The report where no discovery answers. */
export const nothingHeard: HeardReport = { own: [], peers: [], offLinkCount: 0 };

/** A log without entries. */
export class HeardLog {
  readonly #own = new Map<string, OwnHeard>();
  readonly #peers = new Map<string, PeerHeard>();
  #offLinkCount = 0;

  noteOwn(heard: OwnHeard): void {
    keep(this.#own, heard.address, heard);
  }

  /** Notes an announcement whose signature was checked. */
  notePeer(heard: PeerHeard): void {
    const key = `${heard.peerId} ${heard.address}`;
    const before = this.#peers.get(key);
    const clockMs = heard.clockMs ?? before?.clockMs ?? null;
    keep(this.#peers, key, { ...heard, clockMs, isReply: heard.isReply || before?.isReply === true });
  }

  /** Notes the repetition of an announcement from a known address. */
  noteRepeat(peerId: PeerId, address: string, atMs: number): void {
    const key = `${peerId} ${address}`;
    const before = this.#peers.get(key);
    if (before !== undefined) keep(this.#peers, key, { ...before, atMs });
  }

  noteOffLink(): void {
    this.#offLinkCount += 1;
  }

  report = (): HeardReport => ({
    own: [...this.#own.values()],
    peers: [...this.#peers.values()],
    offLinkCount: this.#offLinkCount,
  });
}

function keep<T>(log: Map<string, T>, key: string, entry: T): void {
  log.delete(key);
  log.set(key, entry);
  const [oldest] = log.keys();
  if (log.size > limits.addressesMax && oldest !== undefined) log.delete(oldest);
}
