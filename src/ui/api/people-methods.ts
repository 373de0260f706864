/** Rows of the local API about contacts and about messages that wait for them. */
import * as v from 'valibot';
import { answers, questions, type ContactChoice, type OutboxOptions } from '../../chat/contract.js';
import { nodeEvents } from '../../chat/events.js';
import { controlApi } from './limits.js';
import { method, nothing, onePeer, peer } from './method.js';

const short = v.pipe(v.string(), v.maxLength(controlApi.nameCharsMax));

const packPeer = (word: string) => ({ peer: word });

/** Rows of the methods about contacts. */
export const peopleMethods = {
  contacts: method({
    verb: 'GET',
    path: '/v1/contacts',
    does: 'every contact with the decisions of the user',
    takes: nothing,
    gives: v.pipe(v.array(answers.contactInfo), v.readonly()),
    pack: () => ({}),
    run: ({ node }) => node.contacts(),
  }),
  contact: method({
    verb: 'GET',
    path: '/v1/contact',
    does: 'one contact with the decisions of the user',
    takes: onePeer,
    gives: answers.contactInfo,
    pack: packPeer,
    run: ({ node }, { peer }) => node.contact(peer),
  }),
  changeContact: method({
    verb: 'POST',
    path: '/v1/contact',
    does: 'give the contact an alias or a note, or mute it',
    takes: v.object({
      peer,
      choice: v.object({
        ...questions.choice.entries,
        alias: v.exactOptional(short),
        note: v.exactOptional(short),
      }),
    }),
    gives: answers.contactInfo,
    pack: (word: string, choice: ContactChoice) => ({ peer: word, choice }),
    run: ({ node }, { peer, choice }) => node.changeContact(peer, choice),
  }),
  acceptContact: method({
    verb: 'POST',
    path: '/v1/contact/accept',
    does: 'accept a request, or the new key of a contact',
    takes: onePeer,
    gives: answers.accepted,
    pack: packPeer,
    run: ({ node }, { peer }) => node.acceptContact(peer),
  }),
  rejectContact: method({
    verb: 'POST',
    path: '/v1/contact/reject',
    does: 'refuse a request, or the new key of a contact',
    takes: onePeer,
    gives: answers.contactInfo,
    pack: packPeer,
    run: ({ node }, { peer }) => node.rejectContact(peer),
  }),
  forgetContact: method({
    verb: 'POST',
    path: '/v1/contact/forget',
    does: 'forget a contact with its key',
    takes: onePeer,
    gives: nodeEvents.peer,
    pack: packPeer,
    run: ({ node }, { peer }) => node.forgetContact(peer),
  }),
  outbox: method({
    verb: 'GET',
    path: '/v1/outbox',
    does: 'messages that wait, oldest first, a page at a time',
    takes: v.object({ ...questions.outboxQuery.entries, peer: v.exactOptional(peer) }),
    gives: answers.outboxPage,
    pack: (options: OutboxOptions = {}) => options,
    run: ({ node }, options) => node.outbox(options),
  }),
  withdraw: method({
    verb: 'POST',
    path: '/v1/outbox/withdraw',
    does: 'take messages out of the outbox',
    takes: v.object({ peer, ids: v.array(v.string()) }),
    gives: v.pipe(v.array(nodeEvents.status), v.readonly()),
    pack: (word: string, ids: readonly string[]) => ({ peer: word, ids: [...ids] }),
    run: ({ node }, { peer, ids }) => node.withdraw(peer, ids),
  }),
  retry: method({
    verb: 'POST',
    path: '/v1/outbox/retry',
    does: 'dial the peer, or (peer null) every peer for which messages wait, at once',
    takes: v.object({ peer: v.nullable(peer) }),
    gives: answers.retried,
    pack: (word: string | null) => ({ peer: word }),
    run: ({ node }, { peer }) => node.retry(peer),
  }),
};
