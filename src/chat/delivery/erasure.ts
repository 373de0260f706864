/** The removal of stored entries. Types only. */
import type { MessageId, PeerId } from '../../ids.js';

/** The entries to remove. Those that wait for their recipient stay. */
export interface Erasure {
  /** Only the conversation with this peer; null: every one. */
  readonly peerId: PeerId | null;
  /** Only entries that arrived before this time, ms; null: at any time. */
  readonly beforeMs: number | null;
  /** Only the entry with this id; null: any. */
  readonly id: MessageId | null;
  /** Only entries with a greater `seq`: a removal goes on by it, a slice at a time. */
  readonly afterSeq: number;
}

/** The outcome of one slice. */
export interface Erased {
  /** Entries that were removed. */
  readonly removed: number;
  /** `seq` up to which entries were looked at. */
  readonly upToSeq: number;
  /** Whether no entry is left behind it. The texts have left every file of the history then. */
  readonly isLast: boolean;
}
