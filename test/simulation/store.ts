/**
 * A history in memory: a disk that holds what is synced, and an actor that commits writes in batches and answers after
 * the sync. A crash loses what is not synced; answers may be lost after the sync, and writes may fail.
 */
import { err, ok, type Result } from 'neverthrow';
import type { EntryAsk, StoreFailure } from '../../src/chat/delivery/effects.js';
import type {
  Appended,
  ConversationTimer,
  Correspondent,
  DeliveryState,
  Duplicate,
  Entry,
  Expired,
  HistoryQuery,
  NewEntry,
  OutboxPage,
  OutboxSize,
  ReadMark,
  Unseen,
} from '../../src/chat/delivery/entry.js';
import { bytesOf, wordsOf } from '../../src/chat/delivery/entry.js';
import type { StoredAnswer } from '../../src/chat/effects.js';
import type { IdTaken } from '../../src/chat/errors.js';
import type { Contact } from '../../src/chat/people/contact.js';
import type { ContactAsk } from '../../src/chat/people/effects.js';
import { unreachable } from '../../src/exhaustive.js';
import type { MessageId, PeerId } from '../../src/ids.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Synced rows, which outlive every crash. */
export class Disk {
  readonly entries: Mutable<Entry>[] = [];
  readonly contacts = new Map<PeerId, Contact>();
  readonly #readSeqs = new Map<PeerId, number>();
  emittedSeq = 0;
  /** Messages to an address that became messages to the identity there. */
  readonly readdressed = new Set<MessageId>();
  readonly #byKey = new Map<string, Mutable<Entry>>();
  readonly #outgoing = new Map<MessageId, Mutable<Entry>>();
  /** Outgoing entries that wait, oldest first, by peer. */
  readonly #waiting = new Map<PeerId, Map<number, Entry>>();
  readonly #timers = new Map<PeerId, ConversationTimer>();
  #size: OutboxSize = { entries: 0, bytes: 0 };

  find = (peerId: PeerId, direction: 'in' | 'out', id: MessageId): Entry | undefined =>
    this.#byKey.get(keyOf({ peerId, direction, id }));

  outgoing = (id: MessageId): Entry | undefined => this.#outgoing.get(id);

  /** Stores all entries or none. Errors: an outgoing id with another text. */
  append(entries: readonly NewEntry[]): Result<Appended, IdTaken> {
    const taken = entries.find((entry) => {
      const known = this.#byKey.get(keyOf(entry));
      return (
        entry.direction === 'out' && known !== undefined && wordsOf(known.content) !== wordsOf(entry.content)
      );
    });
    if (taken !== undefined) return err({ code: 'message/id-taken', id: taken.id });
    const duplicates: Duplicate[] = [];
    const seqs = entries.map((entry, at) => {
      const known = this.#byKey.get(keyOf(entry));
      if (known !== undefined) {
        duplicates.push({ at, state: known.state });
        return known.seq;
      }
      const stored = { ...entry, seq: this.entries.length + 1 };
      this.entries.push(stored);
      this.#byKey.set(keyOf(entry), stored);
      if (entry.direction === 'out') this.#outgoing.set(entry.id, stored);
      if (stored.content.type === 'timer') this.#setTimer(stored, stored.content.seconds);
      this.#note(stored);
      return stored.seq;
    });
    return ok({ seqs, duplicates, outbox: this.#size });
  }

  /** Moves deliveries to a state. Returns the ids that are in it afterwards. */
  mark(peerId: PeerId, ids: readonly MessageId[], state: DeliveryState): readonly MessageId[] {
    return ids.filter((id) => {
      const entry = this.#byKey.get(keyOf({ peerId, direction: 'out', id }));
      if (entry === undefined) return false;
      if (!statesBefore[state].includes(entry.state)) return entry.state === state;
      entry.state = state;
      this.#note(entry);
      return true;
    });
  }

  /** Makes all messages to one peer, which stands for an address, those to another. They keep their `seq`. */
  readdress(from: PeerId, to: PeerId): OutboxSize {
    for (const entry of this.entries.filter(({ peerId }) => peerId === from)) {
      this.#byKey.delete(keyOf(entry));
      this.#waiting.get(from)?.delete(entry.seq);
      entry.peerId = to;
      this.readdressed.add(entry.id);
      this.#byKey.set(keyOf(entry), entry);
      if (isWaiting(entry)) this.#waitingOf(to).set(entry.seq, entry);
    }
    return this.#size;
  }

  #setTimer({ peerId, sentAtMs, id }: Entry, seconds: number): void {
    const before = this.#timers.get(peerId);
    const isLater =
      before === undefined || sentAtMs > before.sentAtMs || (sentAtMs === before.sentAtMs && id > before.id);
    if (isLater) this.#timers.set(peerId, { peerId, seconds, sentAtMs, id });
  }

  /** Time after which texts to and from a peer disappear, seconds; 0: never. */
  timerWith = (peerId: PeerId): number => this.#timers.get(peerId)?.seconds ?? 0;

  /** Whether a timer waits for its receipt. */
  get hasOpenTimer(): boolean {
    return [...this.#waiting.values()].some((waiting) =>
      [...waiting.values()].some(({ content }) => content.type === 'timer'),
    );
  }

  /** Removes the texts whose time has ended. A clock that was set back keeps none longer than its whole time. */
  expire(nowMs: number): Expired {
    for (const entry of this.entries)
      if (entry.expiresAtMs !== undefined && entry.content.type === 'text')
        entry.expiresAtMs = Math.min(entry.expiresAtMs, nowMs + 1_000 * (entry.content.ttlSeconds ?? 0));
    const overdue = this.entries.filter(({ expiresAtMs }) => (expiresAtMs ?? Infinity) <= nowMs);
    const cancelled = overdue.flatMap((entry) => {
      delete entry.expiresAtMs;
      entry.revised = { editedAtMs: null, isDeleted: true, reactions: [] };
      const { peerId, id } = entry;
      return isWaiting(entry) && this.mark(peerId, [id], 'failed').length > 0 ? [{ peerId, ids: [id] }] : [];
    });
    return {
      gone: overdue.map((entry) => ({ ...entry })),
      cancelled,
      nextMs: this.#nextExpiryMs(),
      outbox: this.#size,
    };
  }

  #nextExpiryMs(): number | null {
    const times = this.entries.flatMap(({ expiresAtMs }) => expiresAtMs ?? []);
    return times.length === 0 ? null : Math.min(...times);
  }

  outboxSize = (): OutboxSize => this.#size;

  unseen = (): Unseen => ({
    unread: [...new Set(this.entries.map(({ peerId }) => peerId))]
      .map((peerId) => ({ peerId, name: '', bytes: 0, ...this.#unread(peerId) }))
      .filter(({ unread }) => unread > 0),
    emittedSeq: this.emittedSeq,
    timers: [...this.#timers.values()],
    nextExpiryMs: this.#nextExpiryMs(),
  });

  read(peerId: PeerId, upToSeq: number | null): ReadMark {
    const newestSeq = this.entries.length;
    this.#readSeqs.set(peerId, Math.max(this.#readSeqs.get(peerId) ?? 0, upToSeq ?? newestSeq));
    return { ...this.#unread(peerId), newestSeq, owed: null };
  }

  #unread(peerId: PeerId) {
    const readSeq = this.#readSeqs.get(peerId) ?? 0;
    const isUnread = (entry: Entry) =>
      entry.peerId === peerId &&
      entry.direction === 'in' &&
      entry.seq > readSeq &&
      entry.content.type === 'text' &&
      !isGone(entry);
    return { readSeq, unread: this.entries.filter(isUnread).length };
  }

  outbox(peerId: PeerId, afterSeq: number, entriesMax: number): OutboxPage {
    const waiting = [...(this.#waiting.get(peerId)?.values() ?? [])]
      .filter(({ seq }) => seq > afterSeq)
      .toSorted((a, b) => a.seq - b.seq);
    const entries = waiting.slice(0, entriesMax).map((entry) => ({ ...entry }));
    return { entries: entries, isLast: entries.length === waiting.length };
  }

  page(query: HistoryQuery): readonly Entry[] {
    const { afterSeq = 0, peerId, limit } = query;
    const found = this.entries
      .slice(afterSeq)
      .filter((entry) => (peerId === undefined || entry.peerId === peerId) && !isGone(entry));
    return found.slice(0, limit).map((entry) => ({ ...entry }));
  }

  correspondents(): readonly Correspondent[] {
    const peers = new Set(this.entries.map(({ peerId }) => peerId));
    const writtenTo = new Set(
      this.entries.filter(({ direction }) => direction === 'out').map(({ peerId }) => peerId),
    );
    return [...peers].map((peerId) => ({
      peerId,
      isWrittenTo: writtenTo.has(peerId),
      isWaiting: (this.#waiting.get(peerId)?.size ?? 0) > 0,
    }));
  }

  #waitingOf(peerId: PeerId): Map<number, Entry> {
    const waiting = this.#waiting.get(peerId) ?? new Map<number, Entry>();
    this.#waiting.set(peerId, waiting);
    return waiting;
  }

  #note(entry: Entry): void {
    const waiting = this.#waitingOf(entry.peerId);
    const before = waiting.size;
    if (isWaiting(entry)) waiting.set(entry.seq, entry);
    else waiting.delete(entry.seq);
    const step = waiting.size - before;
    const { entries, bytes } = this.#size;
    this.#size = { entries: entries + step, bytes: bytes + step * bytesOf(entry.content) };
  }
}

const keyOf = ({ peerId, direction, id }: Pick<Entry, 'peerId' | 'direction' | 'id'>): string =>
  `${peerId} ${direction} ${id}`;

/** A late receipt turns even a failure into a delivery. */
const statesBefore: Readonly<Record<DeliveryState, readonly DeliveryState[]>> = {
  queued: [],
  sent: ['queued'],
  failed: ['queued', 'sent'],
  delivered: ['queued', 'sent', 'failed'],
};

/** Whether the text has disappeared. */
export const isGone = ({ revised }: Entry): boolean => revised?.isDeleted === true;

const isWaiting = ({ direction, state }: Entry): boolean =>
  direction === 'out' && (state === 'queued' || state === 'sent');

export type HistoryAsk = EntryAsk | ContactAsk;

interface Write {
  readonly apply: () => () => void;
  readonly fail: (failure: StoreFailure) => void;
}

/** Faults of the history. */
export interface HistoryFaults {
  /** The disk takes nothing. */
  isFull: boolean;
  /** Answers of this many writes get lost after the sync. */
  answersToLose: number;
  /** This many commits fail, and those that follow do not. */
  commitsToFail: number;
}

export class SimulatedHistory {
  readonly disk: Disk;
  readonly faults: HistoryFaults;
  #writes: Write[] = [];

  constructor(disk: Disk, faults: HistoryFaults) {
    this.disk = disk;
    this.faults = faults;
  }

  get hasWrites(): boolean {
    return this.#writes.length > 0;
  }

  ask(ask: HistoryAsk, answer: (answered: StoredAnswer) => void): void {
    const { disk } = this;
    switch (ask.type) {
      case 'append':
        this.#write<Result<Appended, IdTaken>>(
          () => disk.append(ask.entries),
          (result) => answer({ type: 'append', result: result.andThen((appended) => appended) }),
        );
        break;
      case 'mark':
        this.#write(
          () => ({ reached: disk.mark(ask.peerId, ask.ids, ask.state), outbox: disk.outboxSize() }),
          (result) => answer({ type: 'mark', result }),
        );
        break;
      case 'outbox':
        this.commit();
        if (ask.peerId === null) throw new Error('the simulation lists no outbox');
        answer({ type: 'outbox', result: ok(disk.outbox(ask.peerId, ask.afterSeq, ask.entriesMax)) });
        break;
      case 'page':
        this.commit();
        answer({ type: 'page', result: ok(disk.page(ask.query)) });
        break;
      case 'find':
      case 'rewrite':
        throw new Error('the simulation operates on no message');
      case 'expire':
        this.#write(
          () => disk.expire(ask.nowMs),
          (result) => answer({ type: 'expire', result }),
        );
        break;
      case 'readdress':
        this.#write(
          () => disk.readdress(ask.from, ask.peerId),
          (result) => answer({ type: 'readdress', result }),
        );
        break;
      case 'told':
      case 'peer-read':
        throw new Error('the simulation tells no read mark');
      case 'read':
        this.#write(
          () => disk.read(ask.peerId, ask.upToSeq),
          (result) => answer({ type: 'read', result }),
        );
        break;
      case 'emitted':
        this.#write(
          () => ({ seq: (disk.emittedSeq = Math.max(disk.emittedSeq, ask.seq)) }),
          (result) => answer({ type: 'emitted', result }),
        );
        break;
      case 'put-contact':
        this.#write(
          () => (disk.contacts.set(ask.contact.peerId, ask.contact), null),
          (result) => answer({ type: 'contact', result }),
        );
        break;
      case 'drop-contact':
        this.#write(
          () => (disk.contacts.delete(ask.peerId), null),
          (result) => answer({ type: 'contact', result }),
        );
        break;
      default:
        unreachable(ask);
    }
  }

  /** Syncs all writes and answers none, like an actor that dies between the two. */
  commitSilently(): void {
    if (!this.faults.isFull) for (const { apply } of this.#writes) apply();
    this.#writes = [];
  }

  /** Syncs all writes or none, and answers after the sync. */
  commit(): void {
    const writes = this.#writes;
    this.#writes = [];
    const isFailing = this.faults.commitsToFail > 0 && writes.length > 0;
    if (isFailing) this.faults.commitsToFail -= 1;
    if (this.faults.isFull || isFailing) {
      for (const { fail } of writes) fail({ code: 'store/full', file: 'history.db' });
      return;
    }
    for (const answer of writes.map(({ apply }) => apply())) answer();
  }

  #write<T>(apply: () => T, answer: (result: Result<T, StoreFailure>) => void): void {
    this.#writes.push({
      apply: () => {
        const value = apply();
        return () => {
          if (this.faults.answersToLose === 0) return answer(ok(value));
          this.faults.answersToLose -= 1;
          answer(err({ code: 'runtime/lost', actor: 'history', name: 'append' }));
        };
      },
      fail: (failure) => answer(err(failure)),
    });
  }
}
