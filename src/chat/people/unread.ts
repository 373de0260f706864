/**
 * Unread messages by peer. The history keeps the marks; these counts follow each message, so that the row of a peer
 * has its number at once. Pure.
 */
import type { PeerId } from '../../ids.js';

/** The unread messages of a peer, as the history keeps them. */
export interface UnreadMark {
  readonly peerId: PeerId;
  /** Messages up to this `seq` are read. */
  readonly readSeq: number;
  readonly unread: number;
  /** Name of the peer in its newest message. */
  readonly name: string;
}

/** The unread messages of a peer, with messages counted since the start. */
export interface Counted extends UnreadMark {
  /** Messages up to this `seq` are in the number. */
  readonly countedSeq: number;
}

/** The counts of all peers. */
export class UnreadCounts {
  readonly #byPeer = new Map<PeerId, Counted>();
  /** Messages up to this `seq` were counted by the history at the start. */
  #countedSeq = 0;

  restore(marks: readonly UnreadMark[], countedSeq: number): void {
    this.#countedSeq = countedSeq;
    for (const mark of marks) this.#byPeer.set(mark.peerId, { ...mark, countedSeq });
  }

  /** Counts a stored message of the peer, once however often it comes. */
  arrived(peerId: PeerId, name: string, seq: number): void {
    const before = this.#byPeer.get(peerId);
    if (seq <= (before?.countedSeq ?? this.#countedSeq)) return;
    const { readSeq = 0, unread = 0 } = before ?? {};
    this.#byPeer.set(peerId, { peerId, name, readSeq, unread: unread + 1, countedSeq: seq });
  }

  /** Takes the moved mark of a peer. Returns false where the number is unchanged. */
  marked(
    peerId: PeerId,
    mark: { readonly readSeq: number; readonly unread: number; readonly newestSeq: number },
  ): boolean {
    const before = this.#byPeer.get(peerId);
    const { readSeq, unread, newestSeq } = mark;
    this.#byPeer.set(peerId, { peerId, name: before?.name ?? '', readSeq, unread, countedSeq: newestSeq });
    return (before?.unread ?? 0) !== unread;
  }

  of = (peerId: PeerId): number => this.#byPeer.get(peerId)?.unread ?? 0;

  /** Peers with unread messages. */
  all = (): readonly Counted[] => [...this.#byPeer.values()].filter(({ unread }) => unread > 0);

  /** Returns the name of the peer in its newest unread message; empty: none is unread. */
  nameOf = (peerId: PeerId): string => {
    const counted = this.#byPeer.get(peerId);
    return counted === undefined || counted.unread === 0 ? '' : counted.name;
  };
}
