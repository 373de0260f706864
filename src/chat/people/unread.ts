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
  /** Bytes of all messages of the peer. */
  readonly bytes: number;
  /** Name that the peer bore in its newest message; empty where nothing is unread. */
  readonly name: string;
}

/** The unread messages of a peer, with messages counted since the start. */
export interface Counted extends UnreadMark {
  /** Messages up to this `seq` are in the number. */
  readonly countedSeq: number;
}

/** A message of a peer that is stored. */
export interface Arrival {
  readonly peerId: PeerId;
  readonly name: string;
  readonly seq: number;
  readonly bytes: number;
  /** Whether the user is to read it; an operation on a message is not. */
  readonly isMessage: boolean;
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

  /** A message of the peer is stored. A message that comes again is counted once. */
  arrived({ peerId, name, seq, bytes: more, isMessage }: Arrival): void {
    const before = this.#byPeer.get(peerId);
    if (seq <= (before?.countedSeq ?? this.#countedSeq)) return;
    const { readSeq = 0, unread = 0, bytes = 0 } = before ?? {};
    const counts = { readSeq, unread: unread + (isMessage ? 1 : 0), bytes: bytes + more, countedSeq: seq };
    this.#byPeer.set(peerId, { peerId, name, ...counts });
  }

  /** Takes the moved mark of a peer. Returns false where the number is unchanged. */
  marked(
    peerId: PeerId,
    mark: { readonly readSeq: number; readonly unread: number; readonly newestSeq: number },
  ): boolean {
    const before = this.#byPeer.get(peerId);
    const { readSeq, unread, newestSeq } = mark;
    const { name = '', bytes = 0 } = before ?? {};
    this.#byPeer.set(peerId, { peerId, name, bytes, readSeq, unread, countedSeq: newestSeq });
    return (before?.unread ?? 0) !== unread;
  }

  /** Returns the bytes of all messages of the peer. */
  bytesOf = (peerId: PeerId): number => this.#byPeer.get(peerId)?.bytes ?? 0;

  of = (peerId: PeerId): number => this.#byPeer.get(peerId)?.unread ?? 0;

  /** Peers with unread messages. */
  all = (): readonly Counted[] => [...this.#byPeer.values()].filter(({ unread }) => unread > 0);

  /** Returns the name of the peer in its newest unread message; empty: none is unread. */
  nameOf = (peerId: PeerId): string => {
    const counted = this.#byPeer.get(peerId);
    return counted === undefined || counted.unread === 0 ? '' : counted.name;
  };
}

/** The unread messages at the start. `countedSeq`: messages up to it are counted. */
export interface Unread {
  readonly marks: readonly UnreadMark[];
  readonly countedSeq: number;
}

/** The state of a home without messages. */
export const nothingUnread: Unread = { marks: [], countedSeq: 0 };
