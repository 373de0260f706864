/**
 * The state of the history actor and its upkeep: opening the file, handling trouble, salvage, the search index. A
 * failure here becomes a fault for the callers and a plan to go on.
 */
import { err, ok, type Result } from 'neverthrow';
import type { HistoryQuery, Entry } from '../../chat/delivery/entry.js';
import type { StoreError } from '../../chat/errors.js';
import { history as limits, pins as pinLimits } from './limits.js';
import type { LogLevel, ReplyTo } from '../../runtime/actor.js';
import { planSalvage, resumeSalvage, setAside, type Salvage } from './damage.js';
import { lostLogEvent, setAsideLogEvent } from './protocol.js';
import { lossOf, namesOf, type Names } from './names.js';
import { openError, openFile, storeError, type OpenError } from './open.js';
import { isLost, readPins, writePins } from './pins/pins.js';
import { contactValues } from './rows.js';
import { attempt, attemptDoubtful, type SqlTrouble } from './sql.js';
import { HistoryStore } from './store.js';

/** The functions of the actor's context that upkeep uses. */
export interface UpkeepContext {
  self(name: 'index', body: Record<string, never>): void;
  after(delayMs: number, name: 'index', body: Record<string, never>): () => void;
  log(level: LogLevel, event: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** One request of the open batch: `apply` runs inside the transaction and returns what to do after its commit. */
export interface PendingWrite {
  readonly apply: (store: HistoryStore) => () => void;
  readonly fail: (fault: StoreError) => void;
}

/** A search that waits until the index has caught up. */
export interface PendingSearch {
  readonly query: HistoryQuery;
  readonly from: ReplyTo<readonly Entry[], StoreError>;
  /** Whether it waits for an index that is rebuilt after damage. */
  readonly isHealing: boolean;
}

/** The open file. */
export interface Opened {
  readonly store: HistoryStore;
  salvage: Salvage | null;
  /** Whether the search index was rebuilt after damage. If damage comes back, the file itself is damaged. */
  wasIndexReset: boolean;
}

/** After a failure of the disk: the fault that every request gets until the file can be opened again. */
interface Closed {
  readonly closedBy: StoreError;
}

/** The state of the actor. */
export interface HistoryState {
  readonly file: string;
  /** Unindexed messages beyond which indexing runs beside appends. */
  readonly indexLagEntriesMax: number;
  /** The file and its directory when the file was opened; null before. */
  names: Names | null;
  opened: Opened | Closed;
  /** The damaged file that is not noted in the new file yet; null: none. */
  asideUnplanned: string | null;
  newestSeqKnown: number;
  writes: PendingWrite[];
  searches: PendingSearch[];
  isIndexPlanned: boolean;
  /** Whether contacts have changed since `pins.json` was written. */
  arePinsStale: boolean;
  /** Time before which it is not written again. */
  pinsDueMs: number;
  arePinsPlanned: boolean;
  lastWriteMs: number;
}

/** Makes the state before the file is open. */
export const newState = (
  file: string,
  indexLagEntriesMax: number = limits.indexLagEntriesMax,
): HistoryState => ({
  file,
  indexLagEntriesMax,
  names: null,
  opened: { closedBy: { code: 'store/io', file, reason: 'not open yet' } },
  asideUnplanned: null,
  newestSeqKnown: 0,
  writes: [],
  searches: [],
  isIndexPlanned: false,
  arePinsStale: true,
  pinsDueMs: -Infinity,
  arePinsPlanned: false,
  lastWriteMs: -Infinity,
});

/** Returns the open file. Errors: the failure that closed it. */
export const current = (state: HistoryState): Result<Opened, StoreError> =>
  'store' in state.opened ? ok(state.opened) : err(state.opened.closedBy);

/** Indexes about `entriesMax` entries. Trouble is handled; if it lasts, the next search meets it again. */
export function indexEntries(state: HistoryState, context: UpkeepContext, entriesMax: number): void {
  const opened = current(state);
  if (opened.isErr()) return;
  const { store } = opened.value;
  const wanted = Math.max(0, store.unindexed - entriesMax);
  while (store.unindexed > wanted && indexSliceOf(state, context));
}

/** Indexes for about `budgetMs`, one slice at least. */
export function indexFor(state: HistoryState, context: UpkeepContext, budgetMs: number): void {
  const untilMs = performance.now() + budgetMs;
  while (indexSliceOf(state, context) && performance.now() < untilMs);
}

/** Indexes one slice. False: nothing is left, or trouble was handled. */
export function indexSliceOf(state: HistoryState, context: UpkeepContext): boolean {
  const opened = current(state);
  if (opened.isErr() || opened.value.store.unindexed === 0) return false;
  const { store } = opened.value;
  const sliced = attempt(() => store.index());
  if (sliced.isErr()) onIndexTrouble(state, context, sliced.error);
  return sliced.isOk();
}

/** Plans a slice of background work. */
export function planIndex(state: HistoryState, context: UpkeepContext, delayMs: number): void {
  if (state.isIndexPlanned) return;
  state.isIndexPlanned = true;
  if (delayMs === 0) context.self('index', {});
  else context.after(delayMs, 'index', {});
}

/**
 * Opens the file; a damaged one is set aside and replaced. After a failure the state is closed with the fault, and
 * the opening is tried again.
 */
export function open(state: HistoryState, context: UpkeepContext): Result<void, StoreError> {
  // Another home may lie there now, whose database is not ours.
  if (isGone(state)) return current(state).map(() => undefined);
  const isLostNow = state.names === null && isLost(state.file);
  if (isLostNow) context.log('error', lostLogEvent, { file: state.file });
  let opened = openStore(state);
  if (opened.isErr() && opened.error.code === 'damaged') {
    const aside = replace(state, context, opened.error.reason);
    opened = aside.isErr() ? err(aside.error) : openStore(state);
  }
  if (opened.isErr()) {
    const { error } = opened;
    const fault: StoreError =
      error.code === 'damaged' ? { code: 'store/io', file: state.file, reason: error.reason } : error;
    state.opened = { closedBy: fault };
    for (const { from } of state.searches.splice(0)) from.err(fault);
    planIndex(state, context, limits.reopenDelayMs);
    return err(fault);
  }
  state.opened = opened.value;
  state.names = namesOf(state.file);
  state.asideUnplanned = null;
  if (isLostNow) restorePins(state, opened.value.store);
  state.newestSeqKnown = opened.value.store.newestSeq;
  keepPins(state);
  salvageFor(state, context, limits.salvageAtStartMs);
  expireOverdue(state, context);
  planIndex(state, context, limits.indexIdleMs);
  return ok();
}

/** Removes the texts whose time ended while the file was closed, before anything is read. */
function expireOverdue(state: HistoryState, context: UpkeepContext): void {
  let isDone = false;
  while (!isDone) {
    const expired = current(state).andThen(({ store }) =>
      attempt(() => store.transaction(() => store.expire(Date.now()))).mapErr((trouble) =>
        onTrouble(state, context, trouble),
      ),
    );
    isDone = expired.isErr() || expired.value.gone.length === 0;
  }
}

/** Pins the keys again that a lost database had pinned. */
function restorePins({ file }: HistoryState, store: HistoryStore): void {
  const { seq, contacts } = readPins(file);
  attempt(() =>
    store.transaction(() => {
      store.raiseSeqFloor(seq + pinLimits.seqLeap);
      for (const contact of contacts) store.putContact(contact.peerId, contactValues(contact));
    }),
  );
}

/** Writes the pinned keys beside the identity, where they changed. */
export function keepPins(state: HistoryState): void {
  const opened = current(state);
  if (opened.isErr() || !state.arePinsStale) return;
  const { store } = opened.value;
  const contacts = attempt(() => store.contacts());
  if (contacts.isErr()) return;
  const beganMs = performance.now();
  state.arePinsStale = !writePins(state.file, { seq: store.newestSeq, contacts: contacts.value });
  const endMs = performance.now();
  state.pinsDueMs = endMs + Math.max(pinLimits.writeEveryMs, pinLimits.writeShare * (endMs - beganMs));
}

/** Writes them in the background, not too often. */
export function keepPinsNow(state: HistoryState, context: UpkeepContext): void {
  if (!state.arePinsStale) return;
  const leftMs = state.pinsDueMs - performance.now();
  if (leftMs <= 0) {
    state.arePinsPlanned = false;
    keepPins(state);
  } else if (!state.arePinsPlanned) {
    state.arePinsPlanned = true;
    // The slices of the index have a timer of their own, which comes sooner.
    context.after(leftMs, 'index', {});
  }
}

const isGone = ({ opened }: HistoryState): boolean =>
  'closedBy' in opened && opened.closedBy.code === 'store/gone';

/**
 * Checks that the database has its name. Null: it has, so its writes can be acknowledged. Otherwise it is closed for
 * good, and the result is `store/gone`.
 */
export function lossAfterCommit(state: HistoryState, context: UpkeepContext): StoreError | null {
  const { file, names, opened } = state;
  const reason = names === null ? null : lossOf(file, names);
  if (reason === null) return null;
  const fault: StoreError = { code: 'store/gone', file, reason };
  context.log('error', 'history-gone', { file, reason });
  if ('store' in opened) attempt(() => opened.store.abandon());
  state.opened = { closedBy: fault };
  for (const { from } of state.searches.splice(0)) from.err(fault);
  return fault;
}

function openStore(state: HistoryState): Result<Opened, OpenError> {
  return openFile(state.file).andThen((sql) =>
    attemptDoubtful((): Opened => {
      const store = new HistoryStore(sql);
      if (state.asideUnplanned !== null) planSalvage(store, sql, state.asideUnplanned, state.newestSeqKnown);
      return { store, salvage: resumeSalvage(store, sql), wasIndexReset: false };
    })
      .mapErr((trouble) => openError(state.file, trouble))
      .orTee(() => attempt(() => sql.close())),
  );
}

/** Sets the closed file aside. Errors: `store/unusable` (the directory forbids the renaming). */
function replace(state: HistoryState, context: UpkeepContext, reason: string): Result<void, StoreError> {
  return setAside(state.file, Date.now()).map((file) => {
    context.log('error', setAsideLogEvent, { file, reason });
    state.asideUnplanned = file;
  });
}

/** Copies entries from a damaged file for about `budgetMs`. */
export function salvageFor(state: HistoryState, context: UpkeepContext, budgetMs: number): void {
  const untilMs = performance.now() + budgetMs;
  while ('store' in state.opened && state.opened.salvage !== null && performance.now() < untilMs) {
    const { opened } = state;
    const { salvage } = state.opened;
    const stepped = attempt(() => salvage.step());
    if (stepped.isErr()) {
      onTrouble(state, context, stepped.error);
      return;
    }
    const isDone = stepped.value;
    state.newestSeqKnown = state.opened.store.newestSeq;
    if (!isDone) continue;
    opened.salvage = null;
    context.log('warn', 'history-salvaged', { file: salvage.damagedFile, entries: salvage.entries });
  }
}

/** Handles trouble, and returns the failure for the requests concerned. */
export function onTrouble(state: HistoryState, context: UpkeepContext, trouble: SqlTrouble): StoreError {
  const fault = storeError(state.file, trouble);
  context.log('error', 'history-trouble', { kind: trouble.kind, reason: trouble.message });
  // The transaction was rolled back and the file is sound: the next request tries again.
  if (trouble.kind === 'full' || !('store' in state.opened)) return fault;
  const { store } = state.opened;
  // After a failed sync the content of the disk is unknown. The file is opened again, and nothing is confirmed until
  // then.
  attempt(() => store.abandon());
  state.opened = { closedBy: fault };
  if (trouble.kind === 'damaged') {
    const aside = replace(state, context, trouble.message);
    if (aside.isOk()) open(state, context);
  }
  planIndex(state, context, limits.reopenDelayMs);
  return fault;
}

/** Handles trouble of the search index, which holds no data of its own: damage is first answered by rebuilding it. */
export function onIndexTrouble(state: HistoryState, context: UpkeepContext, trouble: SqlTrouble): StoreError {
  if (trouble.kind !== 'damaged' || !('store' in state.opened) || state.opened.wasIndexReset)
    return onTrouble(state, context, trouble);
  const { store } = state.opened;
  state.opened.wasIndexReset = true;
  context.log('warn', 'history-index-rebuilt', { reason: trouble.message });
  const reset = attempt(() => store.resetIndex());
  if (reset.isErr()) return onTrouble(state, context, reset.error);
  planIndex(state, context, 0);
  return storeError(state.file, trouble);
}
