/**
 * The store below the history actor: entries, outbox and contacts in one SQLite file. Synchronous; every function may
 * throw `SqlTrouble`, which the actor turns into a failure (see `sql.ts`).
 *
 * Writes happen inside `transaction`, many requests in one: a sync to disk costs far more than a row.
 */
import { err, ok, type Result } from 'neverthrow';
import type { Contact } from '../../chat/people/contact.js';
import type {
  Appended,
  DeliveryState,
  Duplicate,
  HistoryQuery,
  Entry,
  OutboxPage,
  OutboxSize,
  Correspondent,
  Emitted,
  Expired,
  Found,
  MessageWord,
  Rewritten,
  ReadMark,
  Unseen,
} from '../../chat/delivery/entry.js';
import type { Erased, Erasure } from '../../chat/delivery/erasure.js';
import type { IdTaken, StoreError } from '../../chat/errors.js';
import { messageIdFromBytes, type MessageId, type PeerId } from '../../ids.js';
import { insertEntry, insertRun, knownEntry, runsOf } from './insert.js';
import { history as limits } from './limits.js';
import { valuesOf, type EncodedEntry } from './rows.js';
import { correspondentsOf, deliver, markDeliveries } from './deliveries.js';
import { erase } from './erasure/erase.js';
import { handOver, pageOf, outboxOf } from './page.js';
import { contactsOf, putContact } from './parts/contacts.js';
import { newDraft, type Draft } from './parts/draft.js';
import { findMessages } from './parts/find.js';
import { noConsequences, Operations, summaryOf, type Consequences } from './parts/operations.js';
import { Receipts } from './parts/receipts.js';
import { expire, nextExpiryOf, timersOf } from './parts/timers.js';
import { readdress } from './parts/readdress.js';
import { widen, writeSpans } from './parts/spans.js';
import { PeerNumbers } from './peer-numbers.js';
import { indexedSeq, resetIndex } from './search/search.js';
import { IndexSlices } from './search/slices.js';
import type { Sql, SqlValue } from './sql.js';
import { addArrivals, countArrival, emittedOf, raiseEmitted, readUpTo, recount, unreadOf } from './tally.js';
import { keepSeqFloor, newestSeqOf, WaitingMessages, waitingSize } from './waiting.js';

/** The tables of one open file. */
export class HistoryStore {
  /** Read marks between this user and each peer. */
  readonly receipts: Receipts;
  readonly #sql: Sql;
  readonly #peers: PeerNumbers;
  #draft: Draft;
  #newestSeq: number;
  #indexedSeq: number;
  #slices: IndexSlices;
  #outbox: OutboxSize;
  readonly #waiting = new WaitingMessages();
  readonly #operations: Operations;
  #walBytes = 0;
  #commits = 0;

  /** `sql` is open, checked and of this schema version (`open.ts`). */
  constructor(sql: Sql) {
    this.#sql = sql;
    this.#peers = new PeerNumbers(sql);
    this.#newestSeq = newestSeqOf(sql);
    this.#indexedSeq = indexedSeq(sql);
    this.#slices = new IndexSlices(sql, this.#indexedSeq);
    this.#outbox = waitingSize(sql);
    this.#operations = new Operations(sql, () => this.#indexedSeq);
    this.#draft = newDraft(this.#newestSeq, this.#outbox);
    this.receipts = new Receipts(sql, this.#peers);
  }

  /** Greatest committed `seq`; 0: none. */
  get newestSeq(): number {
    return this.#newestSeq;
  }

  /** Waiting entries and the bytes of their texts, as committed. */
  get outboxSize(): OutboxSize {
    return this.#outbox;
  }

  /** Upper bound of the entries that a search does not find yet. */
  get unindexed(): number {
    return this.#newestSeq - this.#indexedSeq;
  }

  /** Within `transaction`: the size after the commit. */
  get outboxDraft(): OutboxSize {
    return { entries: this.#draft.outboxEntries, bytes: this.#draft.outboxBytes };
  }

  /** Transactions committed by `transaction` so far. */
  get commits(): number {
    return this.#commits;
  }

  /** Runs `work` in a transaction. Its writes are synced on return; on an exception nothing is written. */
  transaction<T>(work: () => T): T {
    this.#draft = newDraft(this.#newestSeq, this.#outbox);
    this.#operations.begin();
    try {
      const value = this.#sql.transaction(() => {
        const value = work();
        writeSpans(this.#sql, this.#draft.spans);
        this.#writeArrivals();
        return value;
      });
      const { newestSeq, outboxEntries, outboxBytes, walBytes } = this.#draft;
      this.#newestSeq = newestSeq;
      this.#outbox = { entries: outboxEntries, bytes: outboxBytes };
      this.#walBytes += walBytes + limits.walBytesPerCommit;
      this.#commits += 1;
      return value;
    } catch (cause) {
      // A peer loses the number that it got in a transaction that was rolled back.
      this.#peers.clear();
      this.#waiting.clear();
      throw cause;
    }
  }

  /**
   * Within `transaction`: appends entries, all or none. One known by (peer, direction, id) keeps its `seq`. Errors:
   * `message/id-taken` for an outgoing entry whose id belongs to another text.
   */
  append(entries: readonly EncodedEntry[]): Result<Appended, IdTaken> {
    const insert = this.#sql.prepare(insertEntry);
    const draft = this.#draft;
    const before = { ...draft };
    const seqs: number[] = [];
    const duplicates: Duplicate[] = [];
    for (const run of runsOf(entries)) {
      if (run.length > 1 && this.#appendRun(run, seqs)) continue;
      for (const entry of run) {
        const peerNo = this.#peers.give(entry.peerId);
        const seq = draft.newestSeq + 1;
        if (insert.run([seq, peerNo, entry.direction, entry.id, ...valuesOf(entry)]) > 0) {
          draft.newestSeq = seq;
          deliver(this.#sql, this.#peers, seq, entry);
          this.#written(draft, seq, entry);
          seqs.push(seq);
          continue;
        }
        const known = knownEntry(this.#sql, peerNo, entry);
        if (entry.direction === 1 && !known.isSame) {
          this.#takeBack(before);
          return err({ code: 'message/id-taken', id: messageIdFromBytes(entry.id) });
        }
        duplicates.push({ at: seqs.length, state: known.state });
        seqs.push(known.seq);
      }
    }
    const follows = seqs.flatMap((seq, at) => {
      const entry = entries[at];
      return seq <= before.newestSeq || entry === undefined ? [] : [this.#operate(seq, entry)];
    });
    return ok({ seqs, duplicates, outbox: this.outboxDraft, ...summaryOf(follows) });
  }

  /** Within `transaction`: changes what an operation is about, and takes out of the outbox what need not be sent. */
  #operate(seq: number, entry: EncodedEntry): Consequences {
    const written = this.#operations.written(seq, this.#peers.give(entry.peerId), entry);
    return this.#followed(entry.peerId, written);
  }

  #followed(peerId: PeerId, follows: Consequences): Consequences {
    if (follows === noConsequences) return follows;
    if (follows.isOutboxStale) this.#countOutbox();
    const { cancelled } = follows;
    if (cancelled.length === 0) return follows;
    return { ...follows, cancelled: this.mark(peerId, cancelled, 'failed') };
  }

  /** Within `transaction`: changes a message that was never said, or (null) removes its text. */
  rewrite(peerId: PeerId, seq: number, text: string | null, isHere: boolean): Rewritten {
    const follows = this.#followed(peerId, this.#operations.rewrite(seq, text, isHere));
    return { cancelled: follows.cancelled, outbox: this.outboxDraft };
  }

  /** Within `transaction`: removes texts whose time has ended. */
  expire = (nowMs: number): Expired => expire(this, this.#sql, nowMs);

  /** Within `transaction`: removes one text. Returns the own messages that wait no more. */
  expireOne = (peerId: PeerId, seq: number, isUnread: boolean): readonly MessageId[] =>
    this.#followed(peerId, this.#operations.expire(seq, isUnread)).cancelled;

  /** Finds the messages that a word names, two at most. */
  find(peerId: PeerId | null, word: MessageWord, emoji: string): readonly Found[] {
    return findMessages(this.#sql, word, peerId === null ? null : (this.#peers.of(peerId) ?? 0), emoji);
  }

  /** Appends entries that are alike, by one statement. False: one is stored already, and nothing is written. */
  #appendRun(run: readonly EncodedEntry[], seqs: number[]): boolean {
    const [first] = run;
    if (first === undefined) return true;
    const peerNo = this.#peers.give(first.peerId);
    const [recipient] = first.recipients;
    const recipientNo = recipient === undefined ? null : this.#peers.give(recipient);
    if (!insertRun(this.#sql, this.#draft.newestSeq + 1, peerNo, recipientNo, run)) return false;
    for (const entry of run) {
      const seq = (this.#draft.newestSeq += 1);
      this.#written(this.#draft, seq, entry);
      seqs.push(seq);
    }
    return true;
  }

  /** Removes the writes of the open transaction since `before`. The times in `spans` stay: they are bounds. */
  #takeBack(before: Draft): void {
    this.#sql.prepare('DELETE FROM delivery WHERE message > ?').run([before.newestSeq]);
    this.#sql.prepare('DELETE FROM line WHERE seq > ?').run([before.newestSeq]);
    Object.assign(this.#draft, before);
    this.#waiting.clear();
  }

  /**
   * Within `transaction`: restores an entry with its old `seq` (salvage). Returns false where that `seq` or its
   * (peer, direction, id) is taken.
   */
  restore(seq: number, entry: EncodedEntry): boolean {
    const peerNo = this.#peers.give(entry.peerId);
    const changes = this.#sql
      .prepare(insertEntry)
      .run([seq, peerNo, entry.direction, entry.id, ...valuesOf(entry)]);
    if (changes === 0) return false;
    this.#draft.newestSeq = Math.max(this.#draft.newestSeq, seq);
    deliver(this.#sql, this.#peers, seq, entry);
    this.#written(this.#draft, seq, entry);
    this.#operate(seq, entry);
    return true;
  }

  /** Within `transaction`: keeps later entries from a `seq` up to this one. */
  raiseSeqFloor(seq: number): void {
    this.#draft.newestSeq = Math.max(this.#draft.newestSeq, seq);
    keepSeqFloor(this.#sql, this.#draft.newestSeq);
  }

  /** Within `transaction`. Returns the ids that are in `state` now (`markDeliveries`). */
  mark(peerId: PeerId, ids: readonly MessageId[], state: DeliveryState): readonly MessageId[] {
    const peerNo = this.#peers.of(peerId);
    if (peerNo === null) return [];
    const known = this.#waiting.mark(this.#sql, peerNo, ids, state);
    const looked = markDeliveries(this.#sql, peerNo, known?.rest ?? ids, state);
    for (const { outboxEntries, outboxBytes, moved } of known === null ? [looked] : [known, looked]) {
      this.#draft.outboxEntries += outboxEntries;
      this.#draft.outboxBytes += outboxBytes;
      this.#draft.walBytes += moved * limits.walBytesPerMark;
    }
    if (known !== null) return [...known.reached, ...looked.reached];
    this.#countOutbox();
    return looked.reached;
  }

  /** Within `transaction`: makes the messages to one peer those to another. */
  readdress(from: PeerId, to: PeerId, name: string): OutboxSize {
    readdress(this.#sql, this.#peers.give(from), { no: this.#peers.give(to), name }, this.#indexedSeq);
    // A message that was there twice may have had the greatest `seq`, which no later message may get.
    keepSeqFloor(this.#sql, this.#draft.newestSeq);
    this.#countOutbox();
    return this.outboxDraft;
  }

  #countOutbox(): void {
    this.#waiting.clear();
    const { entries, bytes } = waitingSize(this.#sql);
    Object.assign(this.#draft, { outboxEntries: entries, outboxBytes: bytes });
  }

  /** Within `transaction`. Marks messages of a peer as read up to a `seq`; null: all that are stored. `isTold`: in silence. */
  read(peerId: PeerId, upToSeq: number | null, isTold = true): ReadMark {
    this.#writeArrivals();
    const { newestSeq } = this.#draft;
    const seq = Math.min(upToSeq ?? newestSeq, newestSeq);
    const mark = readUpTo(this.#sql, this.#peers.give(peerId), seq);
    if (isTold) this.receipts.told(peerId, seq);
    return { ...mark, newestSeq, owed: isTold ? null : this.receipts.owedTo(peerId) };
  }

  /** Within `transaction`. A reader of `serve --json` got everything up to this `seq`. */
  raiseEmitted = (seq: number): Emitted => raiseEmitted(this.#sql, seq);

  /** Within `transaction`. Counts again what is unread, after entries were put back. */
  recount(): void {
    this.#writeArrivals();
    recount(this.#sql, null);
  }

  /** Reads the marks of readers. */
  unseen(): Unseen {
    const { seq } = emittedOf(this.#sql);
    const timing = { timers: timersOf(this.#sql), nextExpiryMs: nextExpiryOf(this.#sql) };
    return { unread: unreadOf(this.#sql), emittedSeq: seq, owed: this.receipts.owed(), ...timing };
  }

  /** Within `transaction`. `values`: `contactValues`. */
  putContact = (peerId: PeerId, values: readonly SqlValue[]): void =>
    putContact(this.#sql, this.#peers.give(peerId), values);

  /** Within `transaction`. */
  dropContact(peerId: PeerId): void {
    this.#sql.prepare('DELETE FROM contact WHERE peer_no = ?').run([this.#peers.of(peerId) ?? 0]);
  }

  contacts = (): readonly Contact[] => contactsOf(this.#sql);

  /** Reads the waiting entries of a peer (null: of all), oldest first. */
  outbox(peerId: PeerId | null, afterSeq: number, bounds: Parameters<typeof outboxOf>[3]): OutboxPage {
    if (peerId === null) return outboxOf(this.#sql, null, afterSeq, bounds);
    const peerNo = this.#peers.of(peerId);
    return peerNo === null ? { entries: [], isLast: true } : outboxOf(this.#sql, peerNo, afterSeq, bounds);
  }

  /** Reads them for a session, which may say them from then on. The note is synced first. */
  handOver(peerId: PeerId, afterSeq: number, bounds: Parameters<typeof outboxOf>[3]): OutboxPage {
    const page = this.outbox(peerId, afterSeq, bounds);
    const isNews = page.entries.some(({ isUnsaid }) => isUnsaid === true);
    if (isNews) this.transaction(() => handOver(this.#sql, page.entries));
    return page;
  }

  correspondents = (): readonly Correspondent[] => correspondentsOf(this.#sql);

  /** Reads a page, oldest first. A search finds indexed entries only. Errors: `store/bad-query`. */
  page(query: HistoryQuery): Result<readonly Entry[], StoreError> {
    return pageOf(this.#sql, query, query.peerId === undefined ? null : (this.#peers.of(query.peerId) ?? 0));
  }

  /** Indexes one slice more. */
  index(): void {
    if (this.unindexed === 0) return;
    this.#indexedSeq = this.#slices.step(this.#indexedSeq, this.#newestSeq);
    this.#walBytes += limits.indexSliceBytes;
  }

  /** Empties the search index, to be rebuilt. */
  resetIndex(): void {
    resetIndex(this.#sql);
    this.#indexedSeq = 0;
    this.#slices = new IndexSlices(this.#sql, 0);
  }

  /** Removes entries, a slice at a time. */
  erase = (erasure: Erasure): Erased =>
    erase(this, this.#sql, erasure.peerId === null ? null : (this.#peers.of(erasure.peerId) ?? 0), erasure);

  /** Whether a deleted text waits to leave the write-ahead log. */
  get hasErased(): boolean {
    return this.#operations.hasErased;
  }

  /** Keeps the WAL short. Call it after the replies, so that no request waits for it. */
  checkpointIfDue(): void {
    if (this.#operations.checkpointIfDue(performance.now())) this.#walBytes = 0;
    if (this.#walBytes < limits.checkpointAfterBytes) return;
    this.#walBytes = 0;
    this.#sql.prepare('PRAGMA wal_checkpoint(PASSIVE)').rows([]);
  }

  close(): void {
    this.#slices.close();
    this.#sql.prepare('PRAGMA wal_checkpoint(TRUNCATE)').rows([]);
    this.abandon();
  }

  /** Closes without a checkpoint: after a failed sync the next start checks the file. */
  abandon(): void {
    this.#sql.close();
  }

  /** Counts a written row. */
  #written(draft: Draft, seq: number, entry: EncodedEntry): void {
    const { body, recipients, waits, direction } = entry;
    if (direction === 0) countArrival(draft.arrivals, this.#peers.give(entry.peerId), entry);
    if (waits === 1 && recipients.length === 1) {
      const peerNo = this.#peers.give(recipients[0] ?? entry.peerId);
      this.#waiting.add(entry.messageId, { seq, peerNo, bytes: body.byteLength, dialect: entry.dialect });
    }
    draft.outboxEntries += waits * recipients.length;
    draft.outboxBytes += waits * recipients.length * body.byteLength;
    draft.walBytes += limits.walBytesPerEntry + body.byteLength;
    widen(draft.spans, seq, entry.receivedAtMs);
  }

  #writeArrivals(): void {
    addArrivals(this.#sql, this.#draft.arrivals);
    this.#draft.arrivals.clear();
  }
}
