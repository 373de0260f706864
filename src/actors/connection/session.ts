/**
 * One live session: the shell around the pure machine of `session/machine.ts`. Its bytes travel over a stream of the
 * transport, and utterances go to the node and come from it. Child of the sessions' supervisor; temporary: after a
 * crash the node starts a new session and sends unconfirmed messages again.
 */
import { randomBytes } from 'node:crypto';
import { ok } from 'neverthrow';
import type { Utterance } from '../../dialects/dialect.js';
import { bytesOfWords, type FileWords } from '../../dialects/files.js';
import { joinTexts, splitTexts } from '../../dialects/texts.js';
import { peerIdOf } from '../../chat/people/identity.js';
import { copy } from '../../wire/bytes.js';
import { feature } from '../../wire/features.js';
import type { FilesProtocol } from '../files/protocol.js';
import { Bulk } from './bulk.js';
import { unreachable } from '../../exhaustive.js';
import type { PeerId, SessionId } from '../../ids.js';
import { connection as limits } from './limits.js';
import { actor, next, stop, type Context, type Step } from '../../runtime/actor.js';
import { openByteStream, type ByteStream } from '../../runtime/stream.js';
import { Pieces, piecesOf } from './pieces.js';
import { ReadCredit } from './read-credit.js';
import { Ticker } from './ticker.js';
import type { Session, SessionOutput } from '../../session/contract.js';
import { createSession } from '../../session/machine.js';
import type { SessionProtocol, SessionReports, SessionArgs } from './protocol.js';
import type { SessionEnd } from '../../chat/routes/live-session.js';

interface State {
  readonly sessionId: SessionId;
  readonly machine: Session;
  readonly stream: ByteStream;
  readonly credit: ReadCredit;
  readonly pieces: Pieces;
  /** Words about files that wait for the stream. */
  readonly bulk: Bulk;
  /** The peer, once it is proved and understands transfers. */
  peerId: PeerId | null;
  isUp: boolean;
  /** Bytes arrived since the last `sessionHeard`, and the ticks since then. */
  hasHeard: boolean;
  quietTicks: number;
}

type NodeLinks = { readonly node: SessionReports; readonly files: FilesProtocol };
type Here = Context<SessionProtocol, NodeLinks>;

/** The actor of one session. */
export const session = actor<SessionArgs, State, SessionProtocol, NodeLinks>({
  name: 'session',
  restart: 'temporary',
  init(args, context) {
    const machine = createSession({
      local: args.local,
      random: randomBytes,
      nowMs: performance.now(),
      wallClockMs: Date.now(),
      certificateClockMs: certificateClockMs(),
      role: args.role,
    });
    const stream = openByteStream(args.port, {
      onBytes: (chunk) => context.self('received', { chunk }),
      onDrain: () => {
        if (state.bulk.isWaiting) context.self('drained', {});
      },
      onEnd: (reason) => context.self('streamEnded', { reason }),
    });
    // A silent session costs only this check.
    const endTicks = ticker.add(() => {
      state.quietTicks += 1;
      if (isHeardDue(state) || machine.needsTick(performance.now())) context.self('tick', {});
    });
    // A crash runs no `terminate`, and the job holds the machine with its keys.
    context.atEnd(endTicks);
    const state: State = {
      sessionId: args.sessionId,
      machine,
      stream,
      isUp: false,
      hasHeard: false,
      quietTicks: 0,
      credit: new ReadCredit(stream),
      pieces: new Pieces(),
      bulk: new Bulk(),
      peerId: null,
    };
    for (const output of machine.start()) if (output.type === 'write') send(state, output.bytes, context);
    return ok(state);
  },
  receive: {
    say(state, { utterances }, context) {
      if (!state.isUp) return next(state);
      return act(state, state.machine.say(splitTexts(utterances), performance.now()), context);
    },
    close(state, { reason }, context) {
      const outputs = state.machine.close(reason);
      flush(state, outputs);
      return end(state, { type: 'closed', by: 'us', reason }, context);
    },
    ping(state, _body, context) {
      return act(state, state.machine.ping(), context);
    },
    narrow(state) {
      state.pieces.narrow();
      return next(state);
    },
    sayFiles(state, { words }, context) {
      state.bulk.add(words);
      return sayBulk(state, context);
    },
    drained: (state, _body, context) => sayBulk(state, context),
    filesTaken(state, { bytes }) {
      state.credit.filesTaken(bytes);
      return next(state);
    },
    attachFiles(state, _body, context) {
      state.credit.filesForgotten();
      attach(state, context);
      return next(state);
    },
    pieceDue(state, _body, context) {
      const piece = state.pieces.next();
      if (piece !== null) state.stream.write(piece);
      if (!state.pieces.areWaiting) return sayBulk(state, context);
      context.after(limits.pieceEveryMs, 'pieceDue', {});
      return next(state);
    },
    async received(state, { chunk }, context) {
      state.hasHeard = true;
      const step = await act(state, state.machine.receive(chunk, performance.now()), context);
      state.credit.received(chunk.byteLength);
      state.credit.repay();
      return step;
    },
    streamEnded(state, { reason }, context) {
      return end(state, { type: 'lost', reason }, context);
    },
    committed(state, { bytes, receipts }, context) {
      state.credit.committed(bytes);
      if (receipts.length === 0) return next(state);
      return act(state, state.machine.say([{ type: 'receipt', ids: receipts }], performance.now()), context);
    },
    tick(state, _body, context) {
      tellHeard(state, context);
      return act(state, state.machine.tick(performance.now()), context);
    },
  },
  terminate(state) {
    flush(state, state.machine.close('shutdown'));
    state.machine.destroy();
    state.stream.end('shutdown');
  },
});

/** Shared by the sessions of this thread. */
const ticker = new Ticker(limits.tickEveryMs);

/**
 * Returns the wall clock for the expiry of certificates. A clock that jumps ahead must not make every peer look
 * expired, so the time since the start of this thread is used where it is less.
 */
const certificateClockMs = (): number => Math.min(Date.now(), performance.timeOrigin + performance.now());

/**
 * Carries out the outputs of the machine. A question is answered before anything else is read, as the machine
 * requires.
 */
async function act(state: State, outputs: readonly SessionOutput[], context: Here): Promise<Step<State>> {
  for (const output of outputs) {
    switch (output.type) {
      case 'write':
        send(state, output.bytes, context);
        break;
      case 'find-ticket': {
        const found = await context.links.node.call('findTicket', { ticketId: output.ticketId });
        return act(state, state.machine.ticket(found.unwrapOr(null), performance.now()), context);
      }
      case 'judge-peer': {
        const { sessionId } = state;
        const asked = await context.links.node.call('judgePeer', { sessionId, peer: output.peer });
        const refusal = asked.unwrapOr({ code: 'session/deadline' } as const);
        const verdict =
          refusal === null ? ({ welcome: true } as const) : ({ welcome: false, error: refusal } as const);
        return act(state, state.machine.judge(verdict, performance.now()), context);
      }
      case 'resumable':
        context.links.node.cast('resumable', { resumption: output.resumption });
        break;
      case 'up': {
        state.isUp = true;
        const { peer, isResumed, resumption } = output;
        context.links.node.cast('sessionUp', { sessionId: state.sessionId, peer, isResumed, resumption });
        if ((peer.features & feature.files) !== 0) state.peerId = peerIdOf(peer.idKey);
        attach(state, context);
        break;
      }
      case 'said':
        report(state, output.utterances, context);
        break;
      case 'answered':
        context.links.node.cast('sessionAnswered', { sessionId: state.sessionId });
        break;
      case 'due':
        flush(state, state.machine.close(output.reason));
        return end(state, { type: 'closed', by: 'us', reason: output.reason }, context);
      case 'closed':
        return end(state, { type: 'closed', by: 'peer', reason: output.reason }, context);
      case 'failed':
        return end(state, { type: 'failed', error: output.error }, context);
      default:
        return unreachable(output);
    }
  }
  return next(state);
}

/** Makes the session known to the actor of files. */
function attach({ isUp, peerId, sessionId }: State, context: Here): void {
  if (!isUp || peerId === null) return;
  context.links.files.cast('sessionUp', { sessionId, peerId, session: context.address });
}

/** Writes words about files, as far as the stream has room. Words of people are never behind more than that. */
async function sayBulk(state: State, context: Here): Promise<Step<State>> {
  const { bulk, stream, pieces } = state;
  if (!state.isUp) return next(state);
  let step: Step<State> = next(state);
  let written = 0;
  while (!pieces.areWaiting && step.step === 'next') {
    const words = bulk.next(stream.outstandingBytes(), performance.now());
    if (words === null) break;
    step = await act(state, state.machine.sayBulk([words]), context);
    if (words.type === 'data') written += words.bytes.length;
  }
  if (written > 0)
    context.links.files.castOnce('filesWritten', { sessionId: state.sessionId, bytes: written });
  return step;
}

/**
 * Hands words about files to their actor, in buffers of their own. `isAlone`: nothing else came in the record of the
 * only word, so the memory of the record moves with it.
 */
function reportFiles(state: State, words: readonly FileWords[], isAlone: boolean, context: Here): void {
  const { peerId, sessionId } = state;
  if (peerId === null || words.length === 0) return;
  let bytes = 0;
  const buffers: ArrayBuffer[] = [];
  const given = words.map((each): FileWords => {
    bytes += bytesOfWords(each);
    if (each.type !== 'data' && each.type !== 'manifest') return each;
    const own = isAlone && isMostOf(each.bytes) ? each.bytes : copy(each.bytes);
    if (own.length > 0 && own.buffer instanceof ArrayBuffer) buffers.push(own.buffer);
    return { ...each, bytes: own };
  });
  const sent = context.links.files.castOnce('heard', { sessionId, peerId, words: given }, buffers);
  // Where they are lost, their receiver asks again.
  if (sent.isOk()) state.credit.filesGiven(bytes);
}

/** Whether bytes fill their memory but for the head and the padding of a record. */
const isMostOf = (bytes: Uint8Array): boolean =>
  bytes.buffer instanceof ArrayBuffer && bytes.buffer.byteLength - bytes.length <= limits.recordSlackBytesMax;

/** Hands utterances to the node without waiting: several batches may be on their way to the disk. */
function report(state: State, said: readonly Utterance[], context: Here): void {
  const words = said.flatMap((each) => (each.type === 'file' ? [each.words] : []));
  reportFiles(state, words, said.length === 1, context);
  const utterances = words.length === 0 ? said : said.filter(({ type }) => type !== 'file');
  if (utterances.length === 0) return;
  const bytes = utterances.reduce((sum, utterance) => sum + weightOf(utterance), 0);
  state.credit.reported(bytes);
  const { sessionId } = state;
  void context.links.node.call('said', { sessionId, utterances: joinTexts(utterances) }).then((replied) => {
    // Without a commit there is no receipt, so the peer sends the message again.
    const receipts = replied.isOk() ? replied.value.receipts : [];
    context.self('committed', { bytes, receipts });
  });
}

/** Reports now and then that bytes arrived, for the time of the last sign of life. */
function tellHeard(state: State, context: Here): void {
  if (!isHeardDue(state)) return;
  state.hasHeard = false;
  state.quietTicks = 0;
  context.links.node.cast('sessionHeard', { sessionId: state.sessionId });
}

const isHeardDue = ({ isUp, hasHeard, quietTicks }: State): boolean =>
  isUp && hasHeard && quietTicks >= limits.heardEveryTicks;

const weightOf = (utterance: Utterance): number =>
  limits.utteranceOverheadBytes + (utterance.type === 'text' ? utterance.text.length : 0);

/** Sends bytes: in pieces during a handshake and on a narrow path, otherwise whole. */
function send({ isUp, pieces, stream }: State, bytes: Uint8Array, context: Here): void {
  if (!isUp) {
    for (const piece of piecesOf(bytes)) stream.write(piece);
    return;
  }
  const now = pieces.write(bytes);
  if (now !== null) stream.write(now);
  if (now !== null && pieces.areWaiting) context.after(limits.pieceEveryMs, 'pieceDue', {});
}

/** Writes the waiting pieces and the last bytes of a session at once. */
function flush(state: State, outputs: readonly SessionOutput[]): void {
  for (const piece of state.pieces.rest()) state.stream.write(piece);
  for (const output of outputs) if (output.type === 'write') state.stream.write(output.bytes);
}

function end(state: State, how: SessionEnd, context: Here): Step<State> {
  state.isUp = false;
  state.machine.destroy();
  state.stream.end(how.type === 'failed' ? how.error.code : how.type);
  context.links.node.cast('sessionDown', { sessionId: state.sessionId, end: how });
  return stop(state);
}
