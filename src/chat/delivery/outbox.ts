/**
 * What waits for one peer: when to dial, what to say, when to say it again. Pure: clocks and chance come as arguments.
 *
 * The history is the truth: lines are synced there before they come here, and while no session is up nothing is kept
 * but the knowledge that something waits. A session says the undelivered lines from the oldest on, in order and
 * without gaps, within a window; so whatever a session loses is a tail, and what the receiver has committed (once per
 * id) is always a beginning of what was sent, however often it is said again and whichever connection is faster.
 */
import type { MessageId } from '../../ids.js';
import { outbox as limits } from './limits.js';
import { bytesOf, type Entry } from './entry.js';

export type OutboxOutput =
  /**
   * Open a connection; answer with `sessionUp` or `dialFailed`. One that is under way already serves: it may be left
   * over from before a session that the other side opened and that is gone again.
   */
  | { readonly type: 'dial' }
  /** Hand these to the session, in this order. `isAgain`: the peer did not confirm them in time. */
  | { readonly type: 'say'; readonly lines: readonly Entry[]; readonly isAgain: boolean }
  /** Read undelivered lines of this peer with a greater `seq`, oldest first; answer with `loaded` or `loadFailed`. */
  | {
      readonly type: 'need-more';
      readonly request: number;
      readonly afterSeq: number;
      readonly linesMax: number;
      /** What still fits; a page holds one line at least. */
      readonly bytesMax: number;
    }
  /** The peer has these: mark them in the history. */
  | { readonly type: 'delivered'; readonly ids: readonly MessageId[] }
  /** Nothing was confirmed in time, several times: the connection is dead, end its session. */
  | { readonly type: 'hang-up' };

/** All times are monotonic, ms. Each call returns what is to be done now. */
export interface Outbox {
  /** Lines for this peer were committed; in the order of their `seq`, no earlier than the commit. */
  queued(lines: readonly Entry[], nowMs: number): readonly OutboxOutput[];
  /** Lines for this peer may have been committed: whether they were is only on disk. */
  mayHaveMore(nowMs: number): readonly OutboxOutput[];
  /** The page of `request`; `isLast`: there is nothing behind it. A page of an older request is ignored. */
  loaded(request: number, lines: readonly Entry[], isLast: boolean, nowMs: number): readonly OutboxOutput[];
  loadFailed(request: number, nowMs: number): readonly OutboxOutput[];
  sessionUp(nowMs: number): readonly OutboxOutput[];
  sessionDown(nowMs: number): readonly OutboxOutput[];
  /** `retryAfterMs`: how long a busy peer asked us to stay away. */
  dialFailed(nowMs: number, retryAfterMs?: number): readonly OutboxOutput[];
  /** Receipts. Of a dialect that has none: these were written to the connection. */
  confirmed(ids: readonly MessageId[], nowMs: number): readonly OutboxOutput[];
  /** The peer was heard of. */
  present(nowMs: number): readonly OutboxOutput[];
  tick(nowMs: number): readonly OutboxOutput[];
  /** When `tick` has something to do at the earliest; null: not before something happens. */
  dueAtMs(): number | null;
  /** Nothing waits, as far as is known. */
  isEmpty(): boolean;
  /** Something waits, and the last try to reach the peer failed: each sign of life of the peer counts. */
  isAwaiting(): boolean;
}

export interface OutboxOptions {
  /** Does the history hold undelivered lines for this peer? When unknown: true. */
  readonly hasUndelivered: boolean;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
}

export function createOutbox(options: OutboxOptions): Outbox {
  return new PeerOutbox(options);
}

type Link =
  /** Not connected; `dialAtMs` is when to try next. */
  | { readonly type: 'down'; readonly dialAtMs: number }
  | { readonly type: 'dialling'; readonly sinceMs: number }
  | { readonly type: 'up' };

interface Held {
  readonly line: Entry;
  readonly bytes: number;
}

class PeerOutbox implements Outbox {
  readonly #random: () => number;
  #link: Link = { type: 'down', dialAtMs: 0 };
  /** The last time for which a beacon made us dial. */
  #hurriedToMs = Number.NEGATIVE_INFINITY;
  /** No session has come up since the last dial that failed. */
  #isUnreached = false;
  /** Dials or sessions in a row that brought nothing; below zero while quick tries are left. */
  #failures = 0;
  /** Nothing has failed since the last progress: a session that ends now is followed by quick tries. */
  #hasQuickTries = true;
  /** Undelivered lines in memory, oldest first; only while a session is up. */
  readonly #window = new Map<MessageId, Held>();
  #windowBytes = 0;
  /** Not said yet in this round; a part of the window, in its order. */
  #unsaid: Held[] = [];
  #lastSeq = 0;
  /** The history holds lines behind `#lastSeq`. */
  #hasMore: boolean;
  #load: { readonly request: number; readonly sinceMs: number } | null = null;
  #requests = 0;
  /** Something was committed while a page was being read: it may or may not be on the page. */
  #isPageOutdated = false;
  #fruitlessWaits = 0;
  #waitEndsAtMs: number | null = null;

  constructor(options: OutboxOptions) {
    this.#random = options.random;
    this.#hasMore = options.hasUndelivered;
  }

  queued(lines: readonly Entry[], nowMs: number): readonly OutboxOutput[] {
    for (const line of lines) {
      const canAppend = this.#link.type === 'up' && !this.#hasMore && this.#load === null;
      if (canAppend && this.#hasRoom(line) && line.seq > this.#lastSeq) this.#append(line);
      else this.#hasMore = true;
    }
    if (this.#load !== null) this.#isPageOutdated = true;
    return this.#work(nowMs);
  }

  mayHaveMore(nowMs: number): readonly OutboxOutput[] {
    this.#hasMore = true;
    if (this.#load !== null) this.#isPageOutdated = true;
    return this.#work(nowMs);
  }

  loaded(request: number, lines: readonly Entry[], isLast: boolean, nowMs: number): readonly OutboxOutput[] {
    if (this.#load?.request !== request) return [];
    this.#load = null;
    const fresh = lines.filter((line) => line.seq > this.#lastSeq && !this.#window.has(line.id));
    let isWhole = true;
    for (const line of fresh) {
      // The first that does not fit ends it: later ones must not overtake.
      isWhole &&= this.#hasRoom(line);
      if (isWhole) this.#append(line);
    }
    this.#hasMore = !isLast || !isWhole || this.#isPageOutdated;
    return this.#work(nowMs);
  }

  loadFailed(request: number, nowMs: number): readonly OutboxOutput[] {
    if (this.#load?.request !== request) return [];
    // Asked again once the deadline of the load has passed, so that a broken disk is not asked in a loop.
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
      // The peer was there a moment ago, so most likely it is back in a moment: the first tries come quickly.
      // A peer that accepts sessions and stores nothing (a full disk) gets them once, not for ever.
      if (this.#hasQuickTries) this.#failures = -limits.quickDialsMax;
      return this.#retryLater(nowMs, 0);
    }
    // It did what it was for; the next line may dial at once.
    this.#noteProgress();
    this.#link = { type: 'down', dialAtMs: nowMs };
    return [];
  }

  dialFailed(nowMs: number, retryAfterMs = 0): readonly OutboxOutput[] {
    // A session may have come up from the other side meanwhile.
    return this.#link.type === 'dialling' ? this.#retryLater(nowMs, retryAfterMs) : [];
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
    // Only what beacons provoke is counted: our own last try may have been a moment ago, while nobody was there.
    const dialAtMs = Math.max(nowMs, this.#hurriedToMs + limits.presenceDialEveryMs);
    if (dialAtMs < this.#link.dialAtMs) {
      this.#hurriedToMs = dialAtMs;
      this.#link = { type: 'down', dialAtMs };
    }
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

  isEmpty(): boolean {
    return !this.#hasMore && this.#window.size === 0;
  }

  isAwaiting(): boolean {
    return this.#isUnreached && this.#hasMore;
  }

  /** Whatever can be done now: dial while down; load and say while up. */
  #work(nowMs: number, isAgain = false): readonly OutboxOutput[] {
    if (this.#link.type === 'up') return [...this.#say(nowMs, isAgain), ...this.#loadMore(nowMs)];
    if (this.#link.type === 'dialling' || !this.#hasMore || nowMs < this.#link.dialAtMs) return [];
    this.#link = { type: 'dialling', sinceMs: nowMs };
    return [{ type: 'dial' }];
  }

  #say(nowMs: number, isAgain: boolean): readonly OutboxOutput[] {
    const lines = this.#unsaid.filter(({ line }) => this.#window.has(line.id)).map(({ line }) => line);
    this.#unsaid = [];
    if (this.#window.size > 0 && this.#waitEndsAtMs === null) {
      this.#waitEndsAtMs = nowMs + this.#jittered(limits.receiptWaitMs * 2 ** this.#fruitlessWaits);
    }
    const batches = Math.ceil(lines.length / limits.sayLinesMax);
    return Array.from({ length: batches }, (_, batch) => ({
      type: 'say',
      lines: lines.slice(batch * limits.sayLinesMax, (batch + 1) * limits.sayLinesMax),
      isAgain,
    }));
  }

  #loadMore(nowMs: number): readonly OutboxOutput[] {
    const isHalfEmpty =
      this.#window.size <= limits.windowLinesMax / 2 && this.#windowBytes <= limits.windowBytesMax / 2;
    if (!this.#hasMore || this.#load !== null || !isHalfEmpty) return [];
    this.#requests += 1;
    this.#load = { request: this.#requests, sinceMs: nowMs };
    this.#isPageOutdated = false;
    const linesMax = limits.windowLinesMax - this.#window.size;
    const bytesMax = limits.windowBytesMax - this.#windowBytes;
    const request = this.#requests;
    return [{ type: 'need-more', request, afterSeq: this.#lastSeq, linesMax, bytesMax }];
  }

  #append(line: Entry): void {
    const held = { line, bytes: bytesOf(line.content) };
    this.#window.set(line.id, held);
    this.#windowBytes += held.bytes;
    this.#unsaid.push(held);
    this.#lastSeq = line.seq;
  }

  #hasRoom(line: Entry): boolean {
    if (this.#window.size === 0) return true;
    const bytes = this.#windowBytes + bytesOf(line.content);
    return this.#window.size < limits.windowLinesMax && bytes <= limits.windowBytesMax;
  }

  /** Back to what the history knows. A page that is under way belongs to the past. */
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
    // Nothing proves a BUSY, so it never makes us wait longer than we would by ourselves.
    const ownMs = Math.max(delayMs, limits.dialDelayMinMs);
    const waitMs = retryAfterMs > 0 ? Math.min(retryAfterMs, ownMs) : this.#jittered(delayMs);
    this.#isUnreached = true;
    this.#hasQuickTries = false;
    // Failures stop counting where the delay stops growing.
    if (delayMs < limits.dialDelayMaxMs) this.#failures += 1;
    this.#link = { type: 'down', dialAtMs: nowMs + waitMs };
    return [];
  }

  #jittered(delayMs: number): number {
    return Math.round(delayMs * (1 - limits.jitterShare * this.#random()));
  }
}
