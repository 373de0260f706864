/** Rows of the local API about the own status and the own privacy. */
import * as v from 'valibot';
import { answers, questions, type PrivacyChoice } from '../../chat/contract.js';
import { nodeEvents } from '../../chat/events.js';
import { presence } from '../../chat/fields.js';
import type { OwnStatus } from '../../node/handle.js';
import { controlApi } from './limits.js';
import { method, nothing, peer } from './method.js';

/** Rows of the methods about the own status and privacy. */
export const statusMethods = {
  status: method({
    verb: 'GET',
    path: '/v1/status',
    does: 'the own status',
    takes: nothing,
    gives: nodeEvents.presence,
    pack: () => ({}),
    run: ({ node }) => node.status(),
  }),
  setStatus: method({
    verb: 'POST',
    path: '/v1/status',
    does: 'set the own status, until it is set again or until a time (ms since 1970)',
    takes: v.object({
      presence,
      text: v.exactOptional(v.pipe(v.string(), v.maxLength(controlApi.statusTextCharsMax))),
      untilMs: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
    }),
    gives: nodeEvents.presence,
    pack: (status: OwnStatus) => status,
    run: ({ node }, status) => node.setStatus(status),
  }),
  setTyping: method({
    verb: 'POST',
    path: '/v1/typing',
    does: 'tell the peer that the user types, or stopped; nothing is kept',
    takes: v.object({ peer, isTyping: v.boolean() }),
    gives: v.null(),
    pack: (word: string, isTyping: boolean) => ({ peer: word, isTyping }),
    run: ({ node }, { peer, isTyping }) => node.setTyping(peer, isTyping),
  }),
  privacy: method({
    verb: 'GET',
    path: '/v1/privacy',
    does: 'the peers that learn that their messages were read, and that this user types',
    takes: nothing,
    gives: answers.privacyInfo,
    pack: () => ({}),
    run: ({ node }) => node.privacy(),
  }),
  setPrivacy: method({
    verb: 'POST',
    path: '/v1/privacy',
    does: 'change these peers; their own marks are shown in return',
    takes: questions.privacyChoice,
    gives: answers.privacyInfo,
    pack: (choice: PrivacyChoice) => choice,
    run: ({ node }, choice) => node.setPrivacy(choice),
  }),
  setIdle: method({
    verb: 'POST',
    path: '/v1/idle',
    does: 'tell whether the user is idle: an idle user whose own presence is "here" is shown as away',
    takes: v.object({ isIdle: v.boolean() }),
    gives: nodeEvents.presence,
    pack: (isIdle: boolean) => ({ isIdle }),
    run: ({ node }, { isIdle }) => node.setIdle(isIdle),
  }),
};
