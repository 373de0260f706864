/**
 * One connection with an older program: the shell around the pure machine of its dialect (`dialects/`). Its bytes
 * travel over a stream of the transport; received texts go to the node, and texts to send come from it. Child of the
 * sessions' supervisor; temporary. Malformed input ends the connection, as in the real programs, and reaches other
 * actors as an error value only.
 *
 * Some programs take the bytes of one read as one message. In a conversation with such a program each write waits
 * until the system has taken the one before it, and for a pause after that.
 */
import { randomBytes } from 'node:crypto';
import { ok } from 'neverthrow';
import { uuidv7obj } from 'uuidv7';
import type {
  ForeignMachine,
  AnyForeignDialect,
  ForeignInput,
  ForeignOutput,
  ForeignRole,
  Pacing,
} from '../../dialects/dialect.js';
import { foreignDialects } from '../../dialects/sniff.js';
import { unreachable } from '../../exhaustive.js';
import type { DialectError } from '../../dialects/errors.js';
import { messageIdFromBytes, type SessionId } from '../../ids.js';
import { connection } from './limits.js';
import { actor, next, stop, type Context, type Step } from '../../runtime/actor.js';
import { openByteStream, type ByteStream } from '../../runtime/stream.js';
import { ReadCredit } from './read-credit.js';
import type { ForeignProtocol, ForeignReports, ForeignConnectionArgs } from './protocol.js';
import type { ForeignEnd, HeardWords } from '../../chat/foreign/state.js';

interface State {
  readonly sessionId: SessionId;
  readonly dialect: AnyForeignDialect;
  readonly machine: ForeignMachine;
  readonly role: ForeignRole;
  readonly stream: ByteStream;
  readonly credit: ReadCredit;
  /** Null: the program may be written to at any time. */
  readonly pacing: Pacing | null;
  /** A later try to write is planned. */
  isRetryPlanned: boolean;
  /** Our farewell is said: what cannot be written before it stays unsaid. */
  isLeaving: boolean;
  isUp: boolean;
  /** Tokens of utterances that are not all in `unwritten` yet, since the key of cmp2204 has to arrive first. */
  readonly said: number[];
  /** Writes that wait for their turn. The token of an utterance follows its last write. */
  unwritten: (Uint8Array | number)[];
  /** Tokens of utterances that are all written, and not all taken by the socket yet. */
  readonly flushing: number[];
  /** Pause between two writes, ms; 0: none. */
  readonly gapMs: number;
  /**
   * The reason to wait. `taken`: the system has not taken the last write yet. `gap`: the pause after it is not over.
   */
  pause: 'none' | 'taken' | 'gap';
  /** Whether the connection is closing, so that nothing more is sent. */
  isClosing: boolean;
  chunks: number;
}

type NodeLinks = { readonly node: ForeignReports };
type Here = Context<ForeignProtocol, NodeLinks>;

/** The actor of one connection with an older program. */
export const foreignConnection = actor<ForeignConnectionArgs, State, ForeignProtocol, NodeLinks>({
  name: 'foreign',
  restart: 'temporary',
  init(args, context) {
    const dialect: AnyForeignDialect = foreignDialects[args.dialect];
    const stream = openByteStream(args.port, {
      onBytes: (chunk) => context.self('received', { chunk }),
      onDrain: (outstandingBytes) => {
        if (outstandingBytes === 0) context.self('drained', {});
      },
      onEnd: (reason) => context.self('streamEnded', { reason }),
    });
    const state: State = {
      sessionId: args.sessionId,
      dialect,
      machine: dialect.openMachine(args.role, {
        ...args.options,
        random: (bytes) => new Uint8Array(randomBytes(bytes)),
      }),
      stream,
      credit: new ReadCredit(stream),
      role: args.role,
      pacing: dialect.openPacing?.(args.role) ?? null,
      isRetryPlanned: false,
      isLeaving: false,
      isUp: false,
      said: [],
      unwritten: [],
      flushing: [],
      gapMs: gapOf(dialect),
      pause: 'none',
      isClosing: false,
      chunks: 0,
    };
    if (args.role === 'dial') {
      up(state, false, context);
      // A connection for one message ends when the peer does not take the message in time.
      if (dialect.can.connection === 'message') context.after(connection.sayDeadlineMs, 'overdue', {});
    }
    return ok(state);
  },
  receive: {
    say(state, { token, utterance }, context) {
      // The end is under way, and it reports this utterance as unsent.
      if (state.isClosing) return next(state);
      const said = state.machine.say(utterance);
      if (said.isErr()) {
        context.links.node.cast('foreignRefused', { sessionId: state.sessionId, token, error: said.error });
        return next(state);
      }
      state.said.push(token);
      state.isLeaving ||= utterance.type === 'leave';
      return act(state, said.value, 0, context);
    },
    close(state, _body, context) {
      state.isClosing = true;
      return settle(state, context);
    },
    stopSending(state) {
      state.unwritten = [];
      return next(state);
    },
    received(state, { chunk }, context) {
      state.chunks += 1;
      if (state.chunks === 1) context.links.node.cast('foreignReading', { sessionId: state.sessionId });
      // With its first byte: what the program reads next is all that was written by then.
      state.pacing?.heard(performance.now());
      planQuiet(state, context);
      return hear(state, { type: 'bytes', bytes: chunk }, chunk.byteLength, context);
    },
    quiet(state, { afterChunks }, context) {
      return afterChunks === state.chunks ? hear(state, { type: 'idle' }, 0, context) : next(state);
    },
    finish(state, { afterChunks }) {
      if (afterChunks === state.chunks) state.stream.finish();
      return next(state);
    },
    drained(state, _body, context) {
      if (state.pause === 'taken' && state.stream.outstandingBytes() === 0) {
        state.pause = 'gap';
        context.after(state.gapMs, 'rested', {});
      }
      return settle(state, context);
    },
    rested(state, _body, context) {
      state.pause = 'none';
      write(state, context);
      return settle(state, context);
    },
    retry(state, _body, context) {
      state.isRetryPlanned = false;
      write(state, context);
      return settle(state, context);
    },
    streamEnded(state, { reason }, context) {
      state.unwritten = [];
      const outputs = state.machine.receive({ type: 'closed' }, Date.now());
      const step = act(state, outputs, 0, context);
      if (step.step === 'stop') return step;
      // `closed`: the other side ended its half in order; with any other reason the connection broke.
      return end(
        state,
        reason === 'closed' ? { type: 'closed', by: 'peer' } : { type: 'lost', reason },
        context,
      );
    },
    committed(state, { bytes }) {
      state.credit.committed(bytes);
      return next(state);
    },
    overdue: (state, _body, context) => end(state, { type: 'lost', reason: 'deadline' }, context),
  },
  terminate: (state) => state.stream.end('shutdown'),
});

function hear(state: State, input: ForeignInput, bytes: number, context: Here): Step<State> {
  state.credit.received(bytes);
  const outputs = state.machine.receive(input, Date.now());
  // The other side has ended the conversation and reads no more writes.
  if (state.gapMs > 0 && outputs.some(({ type }) => type === 'close')) state.unwritten = [];
  const step = act(state, outputs, bytes, context);
  state.credit.repay();
  return step;
}

/** Plans what silence means. A sender that waits for our end may close then, and a slow one has time for the rest. */
function planQuiet({ dialect: { framing }, role, chunks }: State, context: Here): void {
  if (framing.type !== 'read') return;
  context.after(framing.idleGapMs, 'quiet', { afterChunks: chunks });
  if (role === 'accept' && framing.finishAfterMs !== undefined)
    context.after(framing.finishAfterMs, 'finish', { afterChunks: chunks });
}

/** Carries out the outputs of the machine. `bytes`: the size of the texts among them. */
function act(state: State, outputs: readonly ForeignOutput[], bytes: number, context: Here): Step<State> {
  const words: HeardWords[] = [];
  let failure: DialectError | null = null;
  for (const output of outputs) {
    switch (output.type) {
      case 'heard': {
        const { utterance, speaker, encryption } = output;
        words.push({ id: messageIdFromBytes(uuidv7obj().bytes), utterance, speaker, encryption });
        break;
      }
      case 'write':
        state.unwritten.push(output.bytes);
        break;
      case 'sent': {
        const token = state.said.shift();
        if (token !== undefined) state.unwritten.push(token);
        break;
      }
      case 'close':
        state.isClosing = true;
        break;
      case 'failed':
        failure = output.error;
        break;
      default:
        unreachable(output);
    }
  }
  write(state, context);
  if (failure === null && outputs.length > 0) {
    const isAnswered = outputs.some(({ type }) => type === 'write');
    up(state, state.role === 'accept' && isAnswered && words.length === 0, context);
  }
  if (words.length > 0) report(state, words, bytes, context);
  if (failure !== null) return end(state, { type: 'failed', error: failure }, context);
  return settle(state, context);
}

/** Hands the next writes to the socket, as far as the pause and the turns of the program allow. */
function write(state: State, context: Here): void {
  for (let item = state.unwritten[0]; item !== undefined; item = state.unwritten[0]) {
    if (typeof item === 'number') state.flushing.push(item);
    else if (state.pause !== 'none') return;
    else {
      const bytes = paced(state, item, context);
      if (bytes === null) return;
      state.stream.write(bytes);
      if (state.gapMs > 0) state.pause = 'taken';
    }
    state.unwritten.shift();
  }
}

/** Returns the bytes to write; null: the program is not to be written to now. Our farewell does not wait for a turn. */
function paced(state: State, message: Uint8Array, context: Here): Uint8Array | null {
  if (state.pacing === null) return message;
  const taken = state.pacing.take(message, performance.now());
  if (taken.bytes !== null) return taken.bytes;
  if (state.isLeaving) {
    const [farewell, token] = state.unwritten.slice(-2);
    const isHeld = farewell !== undefined && farewell !== message;
    state.unwritten = isHeld && token !== undefined ? [farewell, token] : [];
    if (isHeld) write(state, context);
  } else if (taken.retryAfterMs !== null && !state.isRetryPlanned) {
    state.isRetryPlanned = true;
    context.after(taken.retryAfterMs, 'retry', {});
  }
  return null;
}

/** Returns the pause between writes. A connection for one message needs none. */
const gapOf = ({ framing, can }: AnyForeignDialect): number =>
  framing.type === 'read' && can.connection === 'conversation' ? framing.idleGapMs : 0;

function up(state: State, isTextToCome: boolean, context: Here): void {
  if (state.isUp) return;
  state.isUp = true;
  context.links.node.cast('foreignUp', { sessionId: state.sessionId, isTextToCome });
}

/** Hands received texts to the node without waiting: several batches may be on their way to the disk. */
function report(state: State, words: readonly HeardWords[], bytes: number, context: Here): void {
  state.credit.reported(bytes);
  const { sessionId } = state;
  void context.links.node
    .call('foreignHeard', { sessionId, words })
    .then(() => context.self('committed', { bytes }));
}

/** Reports the sent utterances once the socket has taken every write, and closes where that was the end. */
function settle(state: State, context: Here): Step<State> {
  if (state.stream.outstandingBytes() > 0) return next(state);
  for (const token of state.flushing.splice(0))
    context.links.node.cast('foreignSent', { sessionId: state.sessionId, token });
  const isDone = state.isClosing && state.unwritten.length === 0;
  return isDone ? end(state, { type: 'closed', by: 'us' }, context) : next(state);
}

function end(state: State, how: ForeignEnd, context: Here): Step<State> {
  state.stream.end(how.type);
  context.links.node.cast('foreignDown', { sessionId: state.sessionId, end: how });
  return stop(state);
}
