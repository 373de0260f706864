/** Rows of the local API about what readers have not seen: unread messages, and the mark of `serve --json`. */
import * as v from 'valibot';
import { answers, questions, type EraseOptions } from '../../chat/contract.js';
import { nodeEvents } from '../../chat/events.js';
import { method, nothing, peer } from './method.js';

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
