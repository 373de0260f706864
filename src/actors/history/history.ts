/**
 * The history actor keeps messages, the outbox and contacts on disk. Child of the root; permanent; own thread; the
 * only user of SQLite. Writes are collected while a batch of messages is handled, committed together in `settle`, and
 * answered after that. Full and failing disks and damaged files lead to faults, never to lost answers.
 */
import { err, ok, type Result } from 'neverthrow';
import type { StoreError } from '../../chat/errors.js';
import { history as limits, operations } from './limits.js';
import {
  actor,
  later,
  next,
  reply,
  type Context,
  type Fault,
  type ReplyTo,
  type CallStep,
} from '../../runtime/actor.js';
import { contactValues, encodeEntries } from './rows.js';
import { attempt } from './sql.js';
import type { HistoryStore } from './store.js';
import {
  current,
  indexFor,
  indexEntries,
  indexSliceOf,
  keepPins,
  keepPinsNow,
  lossAfterCommit,
  newState,
  onIndexTrouble,
  onTrouble,
  open,
  planIndex,
  salvageFor,
  type HistoryState,
  type Opened,
} from './upkeep.js';
import type { HistoryProtocol } from './protocol.js';

/** Arguments of the actor. */
export interface HistoryArgs {
  /** Absolute path, by convention `history.db` in the home, which must be of mode 0700. */
  readonly file: string;
  /** Unindexed messages beyond which indexing runs beside appends. */
  readonly indexLagEntriesMax?: number;
}

type HistoryContext = Context<HistoryProtocol, Record<never, never>>;

/** The actor of the history. Errors of `init`: `store/unusable`, `store/newer-schema`, `store/io`, `store/gone`. */
export const history = actor<HistoryArgs, HistoryState, HistoryProtocol>({
  name: 'history',
  restart: 'permanent',
  init(args, context) {
    const state = newState(args.file, args.indexLagEntriesMax);
    const opened = open(state, context);
    // A full disk does not prevent the start: the node reports it, and goes on once there is space.
    if (opened.isErr() && opened.error.code !== 'store/full') return err(opened.error);
    return ok(state);
  },
  receive: {
    append(state, body, _context, from) {
      // Encode now: an invalid entry must fail its own request, not the batch.
      const entries = body.entries.flatMap(encodeEntries);
      return write(state, from, (store) => store.append(entries));
    },
    mark: (state, body, _context, from) =>
      write(state, from, (store) =>
        ok({ reached: store.mark(body.peerId, body.ids, body.state), outbox: store.outboxDraft }),
      ),
    find: (state, { peerId, word, emoji }, context) =>
      reply(
        state,
        read(state, context, (store) => store.find(peerId, word, emoji)),
      ),
    rewrite: (state, { peerId, seq, text, isHere }, _context, from) =>
      write(state, from, (store) => ok(store.rewrite(peerId, seq, text, isHere))),
    readdress: (state, { from: fromId, peerId, name }, _context, from) =>
      write(state, from, (store) => ok(store.readdress(fromId, peerId, name))),
    putContact(state, body, _context, from) {
      const values = contactValues(body);
      state.arePinsStale = true;
      return write(state, from, (store) => {
        store.putContact(body.peerId, values);
        return ok(null);
      });
    },
    dropContact(state, { peerId }, _context, from) {
      state.arePinsStale = true;
      return write(state, from, (store) => {
        store.dropContact(peerId);
        return ok(null);
      });
    },
    read: (state, { peerId, upToSeq, isTold }, _context, from) =>
      write(state, from, (store) => ok(store.read(peerId, upToSeq, isTold))),
    told: (state, { peerId, seq }, _context, from) =>
      write(state, from, (store) => {
        store.receipts.told(peerId, seq);
        return ok(null);
      }),
    peerRead: (state, { peerId, upTo, unread, atMs }, _context, from) =>
      write(state, from, (store) => ok(store.receipts.peerRead(peerId, upTo, unread, atMs))),
    expire: (state, { nowMs }, _context, from) => write(state, from, (store) => ok(store.expire(nowMs))),
    emitted: (state, { seq }, _context, from) => write(state, from, (store) => ok(store.raiseEmitted(seq))),
    unseen: (state, _body, context) =>
      reply(
        state,
        read(state, context, (store) => store.unseen()),
      ),
    outbox: (state, body, context) =>
      reply(
        state,
        read(state, context, (store) =>
          body.handsOver === true && body.peerId !== null
            ? store.handOver(body.peerId, body.afterSeq, body)
            : store.outbox(body.peerId, body.afterSeq, body),
        ),
      ),
    correspondents: (state, _body, context) =>
      reply(
        state,
        read(state, context, (store) => store.correspondents()),
      ),
    outboxSize: (state) =>
      reply(
        state,
        current(state).map(({ store }) => store.outboxSize),
      ),
    newest: (state) =>
      reply(
        state,
        current(state).map(({ store }) => store.newestSeq),
      ),
    page(state, body, context, from) {
      if (body.search === undefined)
        return reply(
          state,
          read(state, context, (store) => store.page(body)).andThen((page) => page),
        );
      commit(state, context);
      state.searches.push({ query: body, from, isHealing: false });
      answerSearches(state, context);
      return later(state, from);
    },
    contacts: (state, _body, context) =>
      reply(
        state,
        read(state, context, (store) => store.contacts()),
      ),
    stats: (state) =>
      reply(
        state,
        ok(
          current(state)
            .map(({ store }) => ({ commits: store.commits, unindexed: store.unindexed }))
            .unwrapOr({ commits: 0, unindexed: 0 }),
        ),
      ),
    erase(state, body, context) {
      const erased = read(state, context, (store) => store.erase(body));
      planIndex(state, context, 0);
      return reply(state, erased);
    },
    index(state, _body, context) {
      state.isIndexPlanned = false;
      workWhenIdle(state, context);
      return next(state);
    },
  },
  settle: (state, context) => commit(state, context),
  terminate(state) {
    const { opened } = state;
    keepPins(state);
    if ('store' in opened) attempt(() => opened.store.close());
  },
});

/** Adds a write to the open batch; `settle` answers it. A refused write has written nothing. */
function write<R, E extends Fault>(
  state: HistoryState,
  from: ReplyTo<R, StoreError | E>,
  apply: (store: HistoryStore) => Result<R, E>,
): CallStep<HistoryState, R, StoreError | E> {
  state.writes.push({
    apply(store) {
      const result = apply(store);
      return () =>
        result.match(
          (value) => from.ok(value),
          (fault) => from.err(fault),
        );
    },
    fail: (fault) => from.err(fault),
  });
  return later(state, from);
}

/** Answers a question from the stored rows, earlier writes included. */
function read<R>(
  state: HistoryState,
  context: HistoryContext,
  ask: (store: HistoryStore) => R,
): Result<R, StoreError> {
  commit(state, context);
  return current(state).andThen(({ store }) =>
    attempt(() => ask(store)).mapErr((trouble) => onTrouble(state, context, trouble)),
  );
}

/** Commits the open batch in one transaction, and answers it after the sync. */
function commit(state: HistoryState, context: HistoryContext): void {
  if (state.writes.length === 0) return;
  const writes = state.writes;
  state.writes = [];
  for (const canRetry of [true, false]) {
    const opened = current(state);
    const done = opened.andThen(({ store }) =>
      attempt(() => store.transaction(() => writes.map((one) => one.apply(store)))).mapErr((trouble) => ({
        trouble,
        fault: onTrouble(state, context, trouble),
      })),
    );
    if (done.isOk() && opened.isOk()) {
      const loss = lossAfterCommit(state, context);
      if (loss !== null) {
        for (const one of writes) one.fail(loss);
        return;
      }
      for (const answer of done.value) answer();
      afterCommit(state, context, opened.value);
      return;
    }
    if (done.isErr() && 'fault' in done.error) {
      // The damaged file was set aside meanwhile, and the new one takes the batch.
      if (canRetry && done.error.trouble.kind === 'damaged') continue;
      for (const one of writes) one.fail(done.error.fault);
    } else if (opened.isErr()) for (const one of writes) one.fail(opened.error);
    return;
  }
}

function afterCommit(state: HistoryState, context: HistoryContext, { store }: Opened): void {
  state.newestSeqKnown = store.newestSeq;
  state.lastWriteMs = performance.now();
  const checkpoint = attempt(() => store.checkpointIfDue());
  if (checkpoint.isErr()) onTrouble(state, context, checkpoint.error);
  const overdue = store.unindexed - state.indexLagEntriesMax;
  if (overdue > 0) indexEntries(state, context, overdue);
  planIndex(state, context, limits.indexIdleMs);
}

/** Answers the waiting searches from what is indexed; the index catches up for a short time first. */
function answerSearches(state: HistoryState, context: HistoryContext): void {
  if (state.searches.length === 0) return;
  indexFor(state, context, limits.searchCatchUpMs);
  const isBehind = current(state)
    .map(({ store }) => store.unindexed > 0)
    .unwrapOr(false);
  const searches = state.searches;
  state.searches = [];
  for (const search of searches) {
    if (search.isHealing && isBehind) {
      state.searches.push(search);
      continue;
    }
    const page = current(state).andThen(({ store }) =>
      attempt(() => store.page(search.query)).mapErr((trouble) => {
        const fault = onIndexTrouble(state, context, trouble);
        // The index was reset meanwhile: the search waits for the new one.
        if (trouble.kind === 'damaged' && 'store' in state.opened)
          state.searches.push({ ...search, isHealing: true });
        return fault;
      }),
    );
    if (state.searches.some(({ from }) => from === search.from)) continue;
    page
      .andThen((answer) => answer)
      .match(
        (entries) => search.from.ok(entries),
        (fault) => search.from.err(fault),
      );
  }
  if (state.searches.length > 0) planIndex(state, context, 0);
}

/** Does one slice of the background work: reopen, salvage, index. */
function workWhenIdle(state: HistoryState, context: HistoryContext): void {
  if (!('store' in state.opened)) {
    open(state, context);
    return;
  }
  if (state.opened.salvage !== null) {
    salvageFor(state, context, limits.salvageStepMs);
    planIndex(state, context, 0);
    return;
  }
  const isIdle = performance.now() - state.lastWriteMs >= limits.indexIdleMs;
  if (isIdle) indexSliceOf(state, context);
  answerSearches(state, context);
  keepPinsNow(state, context);
  if (!('store' in state.opened)) return;
  const { store } = state.opened;
  const checkpoint = attempt(() => store.checkpointIfDue());
  if (checkpoint.isErr()) onTrouble(state, context, checkpoint.error);
  if (store.unindexed > 0) planIndex(state, context, isIdle ? 0 : limits.indexIdleMs);
  else if (store.hasErased) planIndex(state, context, operations.eraseEveryMs);
}
