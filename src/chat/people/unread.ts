/**
 * Messages that the user has not read, by peer. The history keeps the marks; here they are counted on, so that a row of
 * a peer tells the number at once. Pure.
 */
import type { PeerId } from '../../ids.js';

export interface UnreadMark {
  readonly peerId: PeerId;
  /** Messages up to this `seq` are read. */
  readonly readSeq: number;
  readonly unread: number;
  /** Name that the peer bore in its newest message. */
  readonly name: string;
}

export interface Counted extends UnreadMark {
  /** Messages up to this `seq` are in the number. */
  readonly countedSeq: number;
}

export class UnreadCounts {
  readonly #byPeer = new Map<PeerId, Counted>();
  /** Messages up to this `seq` were counted by the history at the start. */
  #countedSeq = 0;

  restore(marks: readonly UnreadMark[], countedSeq: number): void {
    this.#countedSeq = countedSeq;
    for (const mark of marks) this.#byPeer.set(mark.peerId, { ...mark, countedSeq });
  }

  /** A message of the peer is stored. A message that comes again is counted once. */
  arrived(peerId: PeerId, name: string, seq: number): void {
    const before = this.#byPeer.get(peerId);
    if (seq <= (before?.countedSeq ?? this.#countedSeq)) return;
    const { readSeq = 0, unread = 0 } = before ?? {};
    this.#byPeer.set(peerId, { peerId, name, readSeq, unread: unread + 1, countedSeq: seq });
  }

  /** The history moved the mark of a peer. Returns false where the number stays. */
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

  /** Name that the peer bore in its newest unread message; empty: none is unread. */
  nameOf = (peerId: PeerId): string => {
    const counted = this.#byPeer.get(peerId);
    return counted === undefined || counted.unread === 0 ? '' : counted.name;
  };
}
