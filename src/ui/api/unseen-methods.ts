/** Rows of the local API about stored messages: unread ones, the mark of `serve --json`, operations on messages. */
import * as v from 'valibot';
import { answers, questions, type EraseOptions, type Operation } from '../../chat/contract.js';
import { nodeEvents } from '../../chat/events.js';
import type { OperateOptions } from '../../node/handle.js';
import { controlApi } from './limits.js';
import { method, nothing, onePeer, peer } from './method.js';

const seq = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** Rows of the methods about unread and printed messages. */
export const unseenMethods = {
  unread: method({
    verb: 'GET',
    path: '/v1/unread',
    does: 'conversations with messages that the user has not read',
    takes: nothing,
    gives: v.pipe(v.array(answers.unreadInfo), v.readonly()),
    pack: () => ({}),
    run: ({ node }) => node.unread(),
  }),
  markRead: method({
    verb: 'POST',
    path: '/v1/read',
    does: 'mark the messages of the peer as read up to a seq; null: all',
    takes: v.object({ peer, upToSeq: v.nullable(seq) }),
    gives: nodeEvents.peer,
    pack: (peer: string, upToSeq: number | null) => ({ peer, upToSeq }),
    run: ({ node }, { peer, upToSeq }) => node.markRead(peer, upToSeq),
  }),
  erase: method({
    verb: 'POST',
    path: '/v1/erase',
    does: 'remove messages from this home, a slice at a time',
    takes: questions.erasure,
    gives: answers.erased,
    pack: (options: EraseOptions) => options,
    run: ({ node }, options) => node.erase(options),
  }),
  emittedSeq: method({
    verb: 'GET',
    path: '/v1/emitted',
    does: 'newest seq that `serve --json` has written',
    takes: nothing,
    gives: seq,
    pack: () => ({}),
    run: ({ node }) => node.emittedSeq(),
  }),
  markEmitted: method({
    verb: 'POST',
    path: '/v1/emitted',
    does: 'tell that `serve --json` has written everything up to a seq',
    takes: v.object({ seq }),
    gives: seq,
    pack: (seq: number) => ({ seq }),
    run: ({ node }, { seq }) => node.markEmitted(seq),
  }),
};

/** Rows of the methods about operations. */
export const operationMethods = {
  timer: method({
    verb: 'GET',
    path: '/v1/timer',
    does: 'the time after which messages to and from the peer disappear',
    takes: onePeer,
    gives: answers.timerInfo,
    pack: (word: string) => ({ peer: word }),
    run: ({ node }, { peer }) => node.timer(peer),
  }),
  setTimer: method({
    verb: 'POST',
    path: '/v1/timer',
    does: 'change that time for the messages from now on, on both sides; 0: they stay',
    takes: v.object({ peer, seconds: seq }),
    gives: nodeEvents.status,
    pack: (word: string, seconds: number) => ({ peer: word, seconds }),
    run: ({ node }, { peer, seconds }) => node.setTimer(peer, seconds),
  }),
  operate: method({
    verb: 'POST',
    path: '/v1/messages/operate',
    does: 'answer, edit, delete or react to the message that the word names: an id, its last characters, ^1 or @1',
    takes: v.object({
      word: v.pipe(v.string(), v.nonEmpty(), v.maxLength(controlApi.peerWordCharsMax)),
      operation: questions.operation,
      peer: v.exactOptional(peer),
    }),
    gives: nodeEvents.status,
    pack: (word: string, operation: Operation, { peer: to }: OperateOptions = {}) => ({
      word,
      operation,
      ...(to === undefined ? {} : { peer: to }),
    }),
    run: ({ node }, { word, operation, ...options }) => node.operate(word, operation, options),
  }),
};
