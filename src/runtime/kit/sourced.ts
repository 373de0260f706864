/**
 * Event sourcing: an actor whose state is the sum of its events. A handler emits events, `settle` writes those of a batch
 * down before the batch is acknowledged, and `init` reads them again after a crash. A message that is delivered again
 * emits nothing a second time, so that each message counts once.
 */
import { ok, type Result } from 'neverthrow';
import type { Awaitable } from '../actor.js';

/** An event with the message that caused it. */
export interface Entry<Event> {
  readonly event: Event;
  /** Null: the event has no message, and is not recognised as a repeat. */
  readonly messageId: string | null;
}

/** A state with all that it needs to go on from. */
export interface Snapshot<State> {
  readonly state: State;
  /** Events that are part of it. */
  readonly count: number;
  /** The latest messages that emitted an event. */
  readonly messageIds: readonly string[];
}

/** The place where the events of one actor are kept. */
export interface Journal<State, Event> {
  /** The newest snapshot, and the entries after it, oldest first. */
  load(): Awaitable<{ readonly snapshot: Snapshot<State> | null; readonly entries: readonly Entry<Event>[] }>;
  /** Appends all or nothing, behind the first `count` entries; done when they are safe. */
  append(entries: readonly Entry<Event>[], count: number): Awaitable<void>;
  /** Entries up to its count are not read again. */
  keep(snapshot: Snapshot<State>): Awaitable<void>;
}

/** How the state of an actor follows from its events. */
export interface Source<State, Event> {
  readonly journal: Journal<State, Event>;
  readonly initial: State;
  /** Pure: the state after the event. */
  apply(state: State, event: Event): State;
  /** Events after which a snapshot is kept. Default: 1,000. */
  readonly snapshotEvery?: number;
  /** Messages that are recognised when they come again; at least the credit of all links. Default: 8,192. */
  readonly messageIdsMax?: number;
}

const snapshotEveryDefault = 1_000;
const messageIdsMaxDefault = 8_192;

/** The state of an actor with event sourcing. Made by `openSource`, in `init`. */
export class Sourced<State, Event> {
  readonly #source: Source<State, Event>;
  readonly #messageIds: Set<string>;
  #state: State;
  #count: number;
  #kept: number;
  #pending: Entry<Event>[] = [];

  constructor(source: Source<State, Event>, snapshot: Snapshot<State> | null) {
    this.#source = source;
    this.#state = snapshot === null ? source.initial : snapshot.state;
    this.#count = snapshot?.count ?? 0;
    this.#kept = this.#count;
    this.#messageIds = new Set(snapshot?.messageIds);
  }

  get state(): State {
    return this.#state;
  }

  /** Applies an event at once; `commit` writes it down. Returns false for a message that has emitted its events before. */
  emit(event: Event, messageId: string | null): boolean {
    const isRepeat = messageId !== null && this.#messageIds.has(messageId) && !this.#isOfBatch(messageId);
    if (isRepeat) return false;
    const entry = { event, messageId };
    this.#apply(entry);
    this.#pending.push(entry);
    return true;
  }

  /** Applies an entry of the journal. */
  replay(entry: Entry<Event>): void {
    this.#apply(entry);
    this.#count += 1;
  }

  #apply({ event, messageId }: Entry<Event>): void {
    this.#state = this.#source.apply(this.#state, event);
    if (messageId === null) return;
    this.#messageIds.add(messageId);
    const { messageIdsMax = messageIdsMaxDefault } = this.#source;
    if (this.#messageIds.size <= messageIdsMax) return;
    const [oldest] = this.#messageIds;
    if (oldest !== undefined) this.#messageIds.delete(oldest);
  }

  /** Writes down what was emitted since the last time. For `settle`; rejects as the journal does, which is a crash. */
  async commit(): Promise<void> {
    const { journal, snapshotEvery = snapshotEveryDefault } = this.#source;
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    await journal.append(pending, this.#count);
    this.#count += pending.length;
    if (this.#count - this.#kept < snapshotEvery) return;
    this.#kept = this.#count;
    await journal.keep({ state: this.#state, count: this.#count, messageIds: [...this.#messageIds] });
  }

  /** One message may emit several events in a row. */
  #isOfBatch(messageId: string): boolean {
    return this.#pending.at(-1)?.messageId === messageId;
  }
}

/** Reads the journal: the result of `init`. */
export async function openSource<State, Event>(
  source: Source<State, Event>,
): Promise<Result<Sourced<State, Event>, never>> {
  const { snapshot, entries } = await source.journal.load();
  const sourced = new Sourced(source, snapshot);
  for (const entry of entries) sourced.replay(entry);
  return ok(sourced);
}
