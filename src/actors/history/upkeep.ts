/**
 * The state of the history actor and its upkeep: opening the file, dealing with trouble, salvage, the search index.
 * What fails here becomes a fault for the callers and a plan to go on.
 */
import { err, ok, type Result } from 'neverthrow';
import type { HistoryQuery, Entry } from '../../chat/delivery/entry.js';
import type { StoreError } from '../../chat/errors.js';
import { history as limits } from './limits.js';
import type { LogLevel, ReplyTo } from '../../runtime/actor.js';
import { planSalvage, resumeSalvage, setAside, type Salvage } from './damage.js';
import { lossOf, namesOf, type Names } from './names.js';
import { openError, openFile, storeError, type OpenError } from './open.js';
import { attempt, attemptDoubtful, type SqlTrouble } from './sql.js';
import { HistoryStore } from './store.js';

/** What upkeep needs of the actor's context. */
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

/** A search that waits for the index to reach what is stored. */
export interface PendingSearch {
  readonly query: HistoryQuery;
  readonly from: ReplyTo<readonly Entry[], StoreError>;
}

export interface Opened {
  readonly store: HistoryStore;
  salvage: Salvage | null;
  /** Damage in the search index is healed once; if it comes back the file itself is damaged. */
  wasIndexReset: boolean;
}

/** After a failure of the disk: the fault that every request gets until the file can be opened again. */
interface Closed {
  readonly closedBy: StoreError;
}

export interface HistoryState {
  readonly file: string;
  /** The file and its directory when the file was opened; null before. */
  names: Names | null;
  opened: Opened | Closed;
  /** A damaged file that the new one does not know of yet. */
  asideUnplanned: string | null;
  newestSeqKnown: number;
  writes: PendingWrite[];
  searches: PendingSearch[];
  isIndexPlanned: boolean;
  lastWriteMs: number;
}

export const newState = (file: string): HistoryState => ({
  file,
  names: null,
  opened: { closedBy: { code: 'store/io', file, reason: 'not open yet' } },
  asideUnplanned: null,
  newestSeqKnown: 0,
  writes: [],
  searches: [],
  isIndexPlanned: false,
  lastWriteMs: -Infinity,
});

export const current = (state: HistoryState): Result<Opened, StoreError> =>
  'store' in state.opened ? ok(state.opened) : err(state.opened.closedBy);

/** Indexes about `linesMax` lines. Trouble is dealt with; the next search meets it again if it lasts. */
export function indexLines(state: HistoryState, context: UpkeepContext, linesMax: number): void {
  for (let left = linesMax; left > 0; left -= limits.indexSliceLines) {
    const opened = current(state);
    if (opened.isErr() || opened.value.store.unindexed === 0) return;
    const { store } = opened.value;
    const sliced = attempt(() => store.index(limits.indexSliceLines));
    if (sliced.isOk()) continue;
    onIndexTrouble(state, context, sliced.error);
    return;
  }
}

export function planIndex(state: HistoryState, context: UpkeepContext, delayMs: number): void {
  if (state.isIndexPlanned) return;
  state.isIndexPlanned = true;
  if (delayMs === 0) context.self('index', {});
  else context.after(delayMs, 'index', {});
}

/** Opens the file; a damaged one is set aside and replaced. Closed with the fault, and tried again, if that fails. */
export function open(state: HistoryState, context: UpkeepContext): Result<void, StoreError> {
  // Another home may have taken the place: its database is none of ours.
  if (isGone(state)) return current(state).map(() => undefined);
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
  state.newestSeqKnown = opened.value.store.newestSeq;
  salvageFor(state, context, limits.salvageAtStartMs);
  planIndex(state, context, limits.indexIdleMs);
  return ok();
}

const isGone = ({ opened }: HistoryState): boolean =>
  'closedBy' in opened && opened.closedBy.code === 'store/gone';

/**
 * Null: the database has its name, so what was written to it can be acknowledged. Otherwise it is closed for good.
 * Errors: `store/gone`.
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

/** Sets the file aside, closed before. Errors: `store/unusable` when the directory does not let it be renamed. */
function replace(state: HistoryState, context: UpkeepContext, reason: string): Result<void, StoreError> {
  return setAside(state.file, Date.now()).map((file) => {
    context.log('error', 'history-damaged-set-aside', { file, reason });
    state.asideUnplanned = file;
  });
}

/** Carries lines over from a damaged file for about `budgetMs`. */
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
    context.log('warn', 'history-salvaged', { file: salvage.damagedFile, lines: salvage.lines });
  }
}

/** What a trouble means for those who asked, after what can be done about it was done. */
export function onTrouble(state: HistoryState, context: UpkeepContext, trouble: SqlTrouble): StoreError {
  const fault = storeError(state.file, trouble);
  context.log('error', 'history-trouble', { kind: trouble.kind, reason: trouble.message });
  // Rolled back, and the file is sound: the next request tries again.
  if (trouble.kind === 'full' || !('store' in state.opened)) return fault;
  const { store } = state.opened;
  // A failed sync says nothing about what is on the disk now. Only a fresh look at the file does, and until then
  // nothing is confirmed.
  attempt(() => store.abandon());
  state.opened = { closedBy: fault };
  if (trouble.kind === 'damaged') {
    const aside = replace(state, context, trouble.message);
    if (aside.isOk()) open(state, context);
  }
  planIndex(state, context, limits.reopenDelayMs);
  return fault;
}

/** The index repeats what the lines say: damage met while using it is first answered by building it anew. */
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
