/**
 * The outbox of one peer: when to dial, which entries to send, and when to send them again. Pure: clocks and chance
 * are arguments.
 *
 * The history is the truth: entries are synced there before they come here, and while no session is up the outbox
 * knows only that some wait. A session sends the undelivered entries from the oldest on, in order and without gaps,
 * within a window. So a session can lose only the end of them, and the receiver, which commits each id once, always
 * has a beginning of the sequence, however often entries are sent again.
 */
import type { MessageId } from '../../ids.js';
import { outbox as limits } from './limits.js';
import { bytesOf, type Entry } from './entry.js';

/** A decision of the outbox. */
export type OutboxOutput =
  /** Open a connection, and answer with `sessionUp` or `dialFailed`. A dial that is under way already serves. */
  | { readonly type: 'dial' }
  /** Send these over the session, in this order. `isAgain`: the peer did not confirm them in time. */
  | { readonly type: 'say'; readonly entries: readonly Entry[]; readonly isAgain: boolean }
  /**
   * Read undelivered entries of this peer with a greater `seq`, oldest first, and answer with `loaded` or
   * `loadFailed`.
   */
  | {
      readonly type: 'need-more';
      readonly request: number;
      readonly afterSeq: number;
      readonly entriesMax: number;
      /** Bytes that still fit; a page holds one entry at least. */
      readonly bytesMax: number;
    }
  /** The peer has these: mark them in the history. */
  | { readonly type: 'delivered'; readonly ids: readonly MessageId[] }
  /** End the session: its connection is dead, since nothing was confirmed in time, several times. */
  | { readonly type: 'hang-up' };

/** The outbox of one peer. Times are monotonic ms. Each call returns the decisions that follow. */
export interface Outbox {
  /** Takes committed entries for this peer, in the order of their `seq`. */
  queued(entries: readonly Entry[], nowMs: number): readonly OutboxOutput[];
  /** Notes that entries for this peer may have been committed, which only the disk can tell. */
  mayHaveMore(nowMs: number): readonly OutboxOutput[];
  /** Takes the page of `request`; `isLast`: no entry follows it. A page of an older request is ignored. */
  loaded(request: number, entries: readonly Entry[], isLast: boolean, nowMs: number): readonly OutboxOutput[];
  loadFailed(request: number, nowMs: number): readonly OutboxOutput[];
  sessionUp(nowMs: number): readonly OutboxOutput[];
  sessionDown(nowMs: number): readonly OutboxOutput[];
  /** Notes a failed dial. `retryAfterMs`: the pause that a busy peer asked for. */
  dialFailed(nowMs: number, retryAfterMs?: number): readonly OutboxOutput[];
  /** Notes that the connection for an entry brought nothing, on a route that is always up. */
  wayFailed(nowMs: number): readonly OutboxOutput[];
  /** Takes receipts. In a dialect without receipts: the ids that were written to the connection. */
  confirmed(ids: readonly MessageId[], nowMs: number): readonly OutboxOutput[];
  /** Notes a sign of life of the peer. */
  present(nowMs: number): readonly OutboxOutput[];
  /** The user wants the next try now; past failures do not count. */
  hurry(nowMs: number): readonly OutboxOutput[];
  tick(nowMs: number): readonly OutboxOutput[];
  /** Returns the earliest time at which `tick` has work; null: not before another call. */
  dueAtMs(): number | null;
  /** Whether no entry waits, as far as is known. */
  isEmpty(): boolean;
  /** Whether a session is up. */
  isUp(): boolean;
  /** Whether entries wait and the last attempt to reach the peer failed, so that each sign of life counts. */
  isAwaiting(): boolean;
}

/** Arguments of an outbox. */
export interface OutboxOptions {
  /** Whether the history holds undelivered entries for this peer. True where that is unknown. */
  readonly hasUndelivered: boolean;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
}

/** Returns the outputs for messages that leave the window and are marked elsewhere. */
export const withoutMark = (outputs: readonly OutboxOutput[]): readonly OutboxOutput[] =>
  outputs.filter(({ type }) => type !== 'delivered');

/** Creates the outbox of a peer without a session. */
export function createOutbox(options: OutboxOptions): Outbox {
  return new PeerOutbox(options);
}

type Link =
  /** No session is up. `dialAtMs`: time of the next attempt. */
  | { readonly type: 'down'; readonly dialAtMs: number }
  | { readonly type: 'dialling'; readonly sinceMs: number }
  | { readonly type: 'up' };

interface Held {
  readonly entry: Entry;
  readonly bytes: number;
}

class PeerOutbox implements Outbox {
  readonly #random: () => number;
  #link: Link = { type: 'down', dialAtMs: 0 };
  /** Time of the last dial that a beacon caused. */
  #hurriedToMs = Number.NEGATIVE_INFINITY;
  /** Whether no session has come up since the last failed dial. */
  #isUnreached = false;
  /** Dials or sessions in a row without a receipt; below zero while quick dials are left. */
  #failures = 0;
  /** Whether nothing has failed since the last receipt, so that quick dials follow the end of a session. */
  #hasQuickTries = true;
  /** Undelivered entries in memory, oldest first; empty while no session is up. */
  readonly #window = new Map<MessageId, Held>();
  #windowBytes = 0;
  /** Entries of the window that are not sent yet over this session, in order. */
  #unsaid: Held[] = [];
  #lastSeq = 0;
  /** Whether the history holds entries after `lastSeq`. */
  #hasMore: boolean;
  #load: { readonly request: number; readonly sinceMs: number } | null = null;
  #requests = 0;
  /** Whether an entry was committed while a page was being read, so that the page may lack it. */
  #isPageOutdated = false;
  #fruitlessWaits = 0;
  #waitEndsAtMs: number | null = null;

  constructor(options: OutboxOptions) {
    this.#random = options.random;
    this.#hasMore = options.hasUndelivered;
  }

  queued(entries: readonly Entry[], nowMs: number): readonly OutboxOutput[] {
    for (const entry of entries) {
      // An entry that the disk calls unsaid is read from it, so that the disk notes it before it is said.
      const isNoted = entry.isUnsaid !== true;
      const canAppend = isNoted && this.#link.type === 'up' && !this.#hasMore && this.#load === null;
      if (!canAppend || entry.seq <= this.#lastSeq || !this.#append(entry)) this.#hasMore = true;
    }
    if (this.#load !== null) this.#isPageOutdated = true;
    return this.#work(nowMs);
  }

  mayHaveMore(nowMs: number): readonly OutboxOutput[] {
    this.#hasMore = true;
    if (this.#load !== null) this.#isPageOutdated = true;
    return this.#work(nowMs);
  }

  loaded(
    request: number,
    entries: readonly Entry[],
    isLast: boolean,
    nowMs: number,
  ): readonly OutboxOutput[] {
    if (this.#load?.request !== request) return [];
    this.#load = null;
    const fresh = entries.filter((entry) => entry.seq > this.#lastSeq && !this.#window.has(entry.id));
    let isWhole = true;
    for (const entry of fresh) {
      // The first entry that does not fit ends the page: later ones must not overtake it.
      isWhole &&= this.#append(entry);
    }
    this.#hasMore = !isLast || !isWhole || this.#isPageOutdated;
    return this.#work(nowMs);
  }

  loadFailed(request: number, nowMs: number): readonly OutboxOutput[] {
    if (this.#load?.request !== request) return [];
    // The deadline of the load delays the next request, so that a broken disk is not asked in a loop.
    this.#load = { request: -1, sinceMs: nowMs };
    return [];
  }

  sessionUp(nowMs: number): readonly OutboxOutput[] {
    this.#forgetWindow();
    this.#link = { type: 'up' };
    this.#isUnreached = false;
    return this.#work(nowMs);
  }

  sessionDown(nowMs: number): readonly OutboxOutput[] {
    if (this.#link.type !== 'up') return [];
    this.#forgetWindow();
    if (this.#hasMore) {
      // The peer was reachable and is probably back soon, so the first dials come quickly. A peer that accepts
      // sessions and stores nothing (a full disk) gets them once.
      if (this.#hasQuickTries) this.#failures = -limits.quickDialsMax;
      return this.#retryLater(nowMs, 0);
    }
    // The session has delivered everything, so the next entry may dial at once.
    this.#noteProgress();
    this.#link = { type: 'down', dialAtMs: nowMs };
    return [];
  }

  dialFailed(nowMs: number, retryAfterMs = 0): readonly OutboxOutput[] {
    // The peer may have opened a session meanwhile.
    return this.#link.type === 'dialling' ? this.#retryLater(nowMs, retryAfterMs) : [];
  }

  wayFailed(nowMs: number): readonly OutboxOutput[] {
    if (this.#link.type !== 'up') return [];
    this.#forgetWindow();
    return this.#retryLater(nowMs, 0);
  }

  confirmed(ids: readonly MessageId[], nowMs: number): readonly OutboxOutput[] {
    if (ids.length === 0) return [];
    let isProgress = false;
    for (const id of ids) {
      const held = this.#window.get(id);
      if (held === undefined) continue;
      this.#window.delete(id);
      this.#windowBytes -= held.bytes;
      isProgress = true;
    }
    if (isProgress) {
      this.#noteProgress();
      this.#fruitlessWaits = 0;
      this.#waitEndsAtMs = null;
    }
    return [{ type: 'delivered', ids: [...new Set(ids)] }, ...this.#work(nowMs)];
  }

  present(nowMs: number): readonly OutboxOutput[] {
    if (this.#link.type !== 'down') return [];
    // Only dials that a beacon caused are counted: our own last attempt may have come just before the peer did.
    const dialAtMs = Math.max(nowMs, this.#hurriedToMs + limits.presenceDialEveryMs);
    if (dialAtMs < this.#link.dialAtMs) {
      this.#hurriedToMs = dialAtMs;
      this.#link = { type: 'down', dialAtMs };
    }
    return this.#work(nowMs);
  }

  hurry(nowMs: number): readonly OutboxOutput[] {
    this.#failures = 0;
    if (this.#link.type === 'down') this.#link = { type: 'down', dialAtMs: nowMs };
    return this.#work(nowMs);
  }

  tick(nowMs: number): readonly OutboxOutput[] {
    if (this.#load !== null && nowMs >= this.#load.sinceMs + limits.loadDeadlineMs) this.#load = null;
    if (this.#link.type === 'dialling' && nowMs >= this.#link.sinceMs + limits.dialDeadlineMs) {
      return this.#retryLater(nowMs, 0);
    }
    if (this.#waitEndsAtMs === null || nowMs < this.#waitEndsAtMs) return this.#work(nowMs);
    this.#waitEndsAtMs = null;
    this.#fruitlessWaits += 1;
    if (this.#fruitlessWaits > limits.sayAgainMax) return [{ type: 'hang-up' }];
    this.#unsaid = [...this.#window.values()];
    return this.#work(nowMs, true);
  }

  dueAtMs(): number | null {
    const times = [
      this.#waitEndsAtMs,
      this.#load === null ? null : this.#load.sinceMs + limits.loadDeadlineMs,
      this.#link.type === 'dialling' ? this.#link.sinceMs + limits.dialDeadlineMs : null,
      this.#link.type === 'down' && this.#hasMore ? this.#link.dialAtMs : null,
    ].filter((time) => time !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  isUp(): boolean {
    return this.#link.type === 'up';
  }

  isEmpty(): boolean {
    return !this.#hasMore && this.#window.size === 0;
  }

  isAwaiting(): boolean {
    return this.#isUnreached && this.#hasMore;
  }

  /** Decides on all that can be done now: dial without a session; load and send with one. */
  #work(nowMs: number, isAgain = false): readonly OutboxOutput[] {
    if (this.#link.type === 'up') return [...this.#say(nowMs, isAgain), ...this.#loadMore(nowMs)];
    if (this.#link.type === 'dialling' || !this.#hasMore || nowMs < this.#link.dialAtMs) return [];
    this.#link = { type: 'dialling', sinceMs: nowMs };
    return [{ type: 'dial' }];
  }

  #say(nowMs: number, isAgain: boolean): readonly OutboxOutput[] {
    const entries = this.#unsaid.filter(({ entry }) => this.#window.has(entry.id)).map(({ entry }) => entry);
    this.#unsaid = [];
    if (this.#window.size > 0 && this.#waitEndsAtMs === null) {
      this.#waitEndsAtMs = nowMs + this.#jittered(limits.receiptWaitMs * 2 ** this.#fruitlessWaits);
    }
    const batches = Math.ceil(entries.length / limits.sayEntriesMax);
    return Array.from({ length: batches }, (_, batch) => ({
      type: 'say',
      entries: entries.slice(batch * limits.sayEntriesMax, (batch + 1) * limits.sayEntriesMax),
      isAgain,
    }));
  }

  #loadMore(nowMs: number): readonly OutboxOutput[] {
    const isHalfEmpty =
      this.#window.size <= limits.windowEntriesMax / 2 && this.#windowBytes <= limits.windowBytesMax / 2;
    if (!this.#hasMore || this.#load !== null || !isHalfEmpty) return [];
    this.#requests += 1;
    this.#load = { request: this.#requests, sinceMs: nowMs };
    this.#isPageOutdated = false;
    const entriesMax = Math.min(limits.pageEntriesMax, limits.windowEntriesMax - this.#window.size);
    const bytesMax = limits.windowBytesMax - this.#windowBytes;
    const request = this.#requests;
    return [{ type: 'need-more', request, afterSeq: this.#lastSeq, entriesMax, bytesMax }];
  }

  /** Adds an entry to the window. False: there is no room for it. */
  #append(entry: Entry): boolean {
    const bytes = bytesOf(entry.content);
    const isFull =
      this.#window.size >= limits.windowEntriesMax || this.#windowBytes + bytes > limits.windowBytesMax;
    if (isFull && this.#window.size > 0) return false;
    const held = { entry, bytes };
    this.#window.set(entry.id, held);
    this.#windowBytes += bytes;
    this.#unsaid.push(held);
    this.#lastSeq = entry.seq;
    return true;
  }

  /** Forgets the window, and ignores a page that is under way. */
  #forgetWindow(): void {
    this.#hasMore ||= this.#window.size > 0;
    this.#window.clear();
    this.#windowBytes = 0;
    this.#unsaid = [];
    this.#lastSeq = 0;
    this.#load = null;
    this.#fruitlessWaits = 0;
    this.#waitEndsAtMs = null;
  }

  #noteProgress(): void {
    this.#failures = 0;
    this.#hasQuickTries = true;
  }

  #retryLater(nowMs: number, retryAfterMs: number): readonly OutboxOutput[] {
    const delayMs = Math.min(limits.dialDelayMaxMs, limits.dialDelayMinMs * 2 ** this.#failures);
    // A BUSY is unproved, so it never makes this node wait longer than its own delay.
    const ownMs = Math.max(delayMs, limits.dialDelayMinMs);
    const waitMs = retryAfterMs > 0 ? Math.min(retryAfterMs, ownMs) : this.#jittered(delayMs);
    this.#isUnreached = true;
    this.#hasQuickTries = false;
    // Count failures only while the delay grows.
    if (delayMs < limits.dialDelayMaxMs) this.#failures += 1;
    this.#link = { type: 'down', dialAtMs: nowMs + waitMs };
    return [];
  }

  #jittered(delayMs: number): number {
    return Math.round(delayMs * (1 - limits.jitterShare * this.#random()));
  }
}
