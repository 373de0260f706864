/**
 * The actor of files: the only one that reads and writes files of users. Its transfers run beside the handling of
 * messages, so that none waits for another one's disk. Child of the network; permanent; own thread.
 */
import { err, ok, type Result } from 'neverthrow';
import type { FileError } from '../../chat/errors.js';
import { bytesOfWords } from '../../dialects/files.js';
import { actor, later, next, reply, type CallStep, type Context, type ReplyTo } from '../../runtime/actor.js';
import { reasonOf } from '../../system-errors.js';
import { files as limits } from './limits.js';
import { Ways } from './peers.js';
import type { FilesArgs, FilesProtocol, FilesReports } from './protocol.js';
import { TransferTable } from './table.js';

interface State {
  readonly table: TransferTable;
  readonly ways: Ways;
  isTickPlanned: boolean;
}

type FilesContext = Context<FilesProtocol, { readonly node: FilesReports }>;

/** The actor of files. Errors of `init`: `files/io`, where the folder of the home cannot be read. */
export const filesActor = actor<FilesArgs, State, FilesProtocol, { readonly node: FilesReports }>({
  name: 'files',
  restart: 'permanent',
  // Bytes of files come in messages of a record each; a session bounds how many are on their way.
  mailboxMax: 16_384,
  init: start,
  receive: {
    offer(state, body, context, from) {
      return answerLater(state, context, from, state.table.prepare(body));
    },
    offered(state, body, context, from) {
      return answerLater(state, context, from, state.table.offered(body));
    },
    list: (state) => reply(state, ok(state.table.rows())),
    act(state, { id, action, directory, options }, context, from) {
      return answerLater(state, context, from, state.table.act(id, action, directory, options));
    },
    unsent(state, { ids }) {
      void state.table.unsent(ids);
      return next(state);
    },
    sessionUp(state, { sessionId, peerId, session }, context) {
      state.ways.up(peerId, sessionId, context.ref(session), () => state.table.worksOf(peerId));
      context.watch(session, 'sessionOver');
      state.table.sessionUp(peerId);
      planTick(state, context);
      return next(state);
    },
    heard(state, { sessionId, peerId, words }, context) {
      for (const each of words) {
        const bytes = bytesOfWords(each);
        state.table.heard(peerId, each, () => {
          if (bytes > 0) state.ways.taken(sessionId, bytes);
        });
      }
      planTick(state, context);
      return next(state);
    },
    filesWritten(state, { sessionId, bytes }) {
      state.ways.written(sessionId, bytes);
      return next(state);
    },
    sessionOver(state, { actor: actorId }, context) {
      const over = state.ways.over(actorId);
      if (over === null) return next(state);
      // Chunks under way are lost with the session, and are asked for again in the one that is left.
      state.table.sessionDown(over.peerId);
      if (over.isReplaced) state.table.sessionUp(over.peerId);
      planTick(state, context);
      return next(state);
    },
    tick(state, _body, context) {
      state.isTickPlanned = false;
      state.table.tick(performance.now());
      planTick(state, context);
      return next(state);
    },
    sweep(state, _body, context) {
      // Beside the handling of messages: large folders take their time.
      void state.table.sweep().then(() => context.after(limits.sweepEveryMs, 'sweep', {}));
      return next(state);
    },
  },
  terminate: ({ table }) => table.end(),
});

async function start(args: FilesArgs, context: FilesContext): Promise<Result<State, FileError>> {
  const { node } = context.links;
  const ways = new Ways();
  const table = new TransferTable(args, {
    onRow: (row) => void node.cast('transferChanged', { row }),
    onWanted: (peerIds) => void node.cast('filesWanted', { peerIds }),
    say: (peerId, words) => ways.say(peerId, words),
    isUp: ways.isUp,
    work: (peerId) => ways.work(peerId),
    log: (event, fields) => context.log('warn', event, fields),
  });
  try {
    await table.load();
  } catch (cause) {
    return err({ code: 'files/io', reason: reasonOf(cause) });
  }
  const state: State = { table, ways, isTickPlanned: false };
  node.cast('filesStarted', {});
  context.after(limits.firstSweepMs, 'sweep', {});
  planTick(state, context);
  return ok(state);
}

/** Answers once the disk has, without holding up other messages. */
function answerLater<R>(
  state: State,
  context: FilesContext,
  from: ReplyTo<R, FileError>,
  work: Promise<Result<R, FileError>>,
): CallStep<State, R, FileError> {
  void work.then((done) => {
    done.match(
      (value) => from.ok(value),
      (error) => from.err(error),
    );
    planTick(state, context);
  });
  return later(state, from);
}

/** Looks at the clock while something runs; an idle node is left asleep. */
function planTick(state: State, context: FilesContext): void {
  if (state.isTickPlanned || !state.table.isBusy) return;
  state.isTickPlanned = true;
  context.after(limits.tickMs, 'tick', {});
}
