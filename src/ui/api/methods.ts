/**
 * The table of the local API. One row is one method of the handle: its route, the schemas of its input and its answer,
 * the arguments as the caller packs them, and the call of the node. Server, client, JSON Schema and documentation
 * derive from the rows. A row that is missing or differs from the handle does not compile.
 */
import * as v from 'valibot';
import { okAsync } from 'neverthrow';
import { answers, questions, type HistoryOptions, type SendViaOptions } from '../../chat/contract.js';
import { nodeEvents } from '../../chat/events.js';
import { foreignDialectNames } from '../../chat/fields.js';
import type { ForeignDialectName } from '../../dialects/dialect.js';
import type { SendAllOptions, SendOptions } from '../../node/handle.js';
import { controlApi } from './limits.js';
import { method, nothing, onePeer, peer } from './method.js';
import { peopleMethods } from './people-methods.js';
import { fileMethods } from './file-methods.js';
import { statusMethods } from './status-methods.js';
import { operationMethods, unseenMethods } from './unseen-methods.js';

// The id that the caller gives a message; without it the node gives one.
const id = v.exactOptional(v.pipe(v.string(), v.description('id of the message: a UUID in lower case')));
const dialect = v.picklist(foreignDialectNames);
const statuses = v.pipe(v.array(nodeEvents.status), v.readonly());
const record = v.record(v.string(), v.unknown());

const historyQuery = v.object({
  ...questions.historyOptions.entries,
  peer: v.exactOptional(peer),
  search: v.exactOptional(v.pipe(v.string(), v.maxLength(controlApi.searchCharsMax))),
  limit: v.exactOptional(
    v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(controlApi.historyLimitMax)),
  ),
});

const asking = {
  startedWith: method({
    verb: 'GET',
    path: '/v1/start',
    does: 'the settings that the node was started with',
    takes: nothing,
    gives: record,
    pack: () => ({}),
    run: ({ startedWith }) => okAsync(startedWith),
  }),
  self: method({
    verb: 'GET',
    path: '/v1/self',
    does: 'the own identity, and where others reach it',
    takes: nothing,
    gives: answers.selfInfo,
    pack: () => ({}),
    run: ({ node }) => node.self(),
  }),
  ownSafetyCode: method({
    verb: 'GET',
    path: '/v1/self/code',
    does: 'the own half of every safety code',
    takes: nothing,
    gives: v.object({ code: v.string() }),
    pack: () => ({}),
    run: ({ node }) => node.ownSafetyCode().map((code) => ({ code })),
  }),
  peers: method({
    verb: 'GET',
    path: '/v1/peers',
    does: 'every known peer',
    takes: nothing,
    gives: v.pipe(v.array(nodeEvents.peer), v.readonly()),
    pack: () => ({}),
    run: ({ node }) => node.peers(),
  }),
  find: method({
    verb: 'GET',
    path: '/v1/peer',
    does: 'the peer that a word names',
    takes: onePeer,
    gives: nodeEvents.peer,
    pack: (peer: string) => ({ peer }),
    run: ({ node }, { peer }) => node.find(peer),
  }),
  history: method({
    verb: 'GET',
    path: '/v1/messages',
    does: 'messages of the history, oldest first',
    takes: historyQuery,
    gives: v.pipe(v.array(nodeEvents.message), v.readonly()),
    pack: (options: HistoryOptions) => options,
    run: ({ node }, query) => node.history(query),
  }),
  safety: method({
    verb: 'GET',
    path: '/v1/safety',
    does: 'the safety code of the pair',
    takes: onePeer,
    gives: answers.safetyInfo,
    pack: (peer: string) => ({ peer }),
    run: ({ node }, { peer }) => node.safety(peer),
  }),
  network: method({
    verb: 'GET',
    path: '/v1/network',
    does: 'what the node sends to and hears from its network',
    takes: nothing,
    gives: answers.networkInfo,
    pack: () => ({}),
    run: ({ node }) => node.network(),
  }),
  stats: method({
    verb: 'GET',
    path: '/v1/stats',
    does: 'counters of the node and its actors',
    takes: nothing,
    gives: record,
    pack: () => ({}),
    run: ({ node }) => node.stats(),
  }),
};

const acting = {
  release: method({
    verb: 'POST',
    path: '/v1/release',
    does: 'end a node that was started for commands and has no other client; false: it goes on',
    takes: nothing,
    gives: v.boolean(),
    pack: () => ({}),
    run: ({ release }) => okAsync(release()),
  }),
  send: method({
    verb: 'POST',
    path: '/v1/messages',
    does: 'queue one message',
    takes: v.object({ peer, text: v.string(), id }),
    gives: nodeEvents.status,
    pack: (peer: string, text: string, { id }: Pick<SendOptions, 'id'> = {}) => ({
      peer,
      text,
      ...(id === undefined ? {} : { id }),
    }),
    run: ({ node }, { peer, text, ...options }) => node.send(peer, text, options),
  }),
  sendAll: method({
    verb: 'POST',
    path: '/v1/messages/all',
    does: 'queue several messages, all or none',
    takes: v.object({ peer, texts: v.array(v.string()), ids: v.exactOptional(v.array(v.string())) }),
    gives: statuses,
    pack: (peer: string, texts: readonly string[], { ids }: SendAllOptions = {}) => ({
      peer,
      texts: [...texts],
      ...(ids === undefined ? {} : { ids: [...ids] }),
    }),
    run: ({ node }, { peer, texts, ...options }) => node.sendAll(peer, texts, options),
  }),
  verify: method({
    verb: 'POST',
    path: '/v1/verify',
    does: 'mark the peer verified; code null: the user compared the codes',
    takes: v.object({
      peer,
      code: v.nullable(v.pipe(v.string(), v.maxLength(controlApi.peerWordCharsMax))),
    }),
    gives: answers.safetyInfo,
    pack: (peer: string, code: string | null) => ({ peer, code }),
    run: ({ node }, { peer, code }) => node.verify(peer, code),
  }),
  block: method({
    verb: 'POST',
    path: '/v1/block',
    does: 'block or unblock the peer',
    takes: v.object({ peer, blocked: v.boolean() }),
    gives: nodeEvents.peer,
    pack: (peer: string, blocked: boolean) => ({ peer, blocked }),
    run: ({ node }, { peer, blocked }) => node.block(peer, blocked),
  }),
  rename: method({
    verb: 'POST',
    path: '/v1/name',
    does: 'change the own name',
    takes: v.object({ name: v.pipe(v.string(), v.maxLength(controlApi.nameCharsMax)) }),
    gives: answers.selfInfo,
    pack: (name: string) => ({ name }),
    run: ({ node }, { name }) => node.rename(name),
  }),
  probe: method({
    verb: 'POST',
    path: '/v1/probe',
    does: 'find out what arrives in each direction between this node and the peer',
    takes: onePeer,
    gives: answers.probeInfo,
    pack: (peer: string) => ({ peer }),
    run: ({ node }, { peer }) => node.probe(peer),
  }),
  disconnect: method({
    verb: 'POST',
    path: '/v1/disconnect',
    does: 'end the live sessions with the peer',
    takes: onePeer,
    gives: v.null(),
    pack: (peer: string) => ({ peer }),
    run: ({ node }, { peer }) => node.disconnect(peer),
  }),
};

/** Methods for older programs alone. */
const foreign = {
  sendVia: method({
    verb: 'POST',
    path: '/v1/messages/via',
    does: 'cmp2204: queue one message with options',
    takes: v.object({ peer, text: v.string(), id, ...questions.sendViaOptions.entries }),
    gives: nodeEvents.status,
    pack: (peer: string, text: string, via: SendViaOptions, { id }: Pick<SendOptions, 'id'> = {}) => ({
      peer,
      text,
      ...via,
      ...(id === undefined ? {} : { id }),
    }),
    run: ({ node }, { peer, text, id, ...via }) =>
      node.sendVia(peer, text, via, id === undefined ? {} : { id }),
  }),
  foreignPeers: method({
    verb: 'GET',
    path: '/v1/foreign/peers',
    does: 'the active peers of an older program',
    takes: v.object({ dialect }),
    gives: v.pipe(v.array(answers.foreignPeer), v.readonly()),
    pack: (dialect: ForeignDialectName) => ({ dialect }),
    run: ({ node }, { dialect }) => node.foreignPeers(dialect),
  }),
  foreignConnect: method({
    verb: 'POST',
    path: '/v1/foreign/connect',
    does: 'send a connection message, or begin a conversation',
    takes: v.object({ peer, isManual: v.boolean() }),
    gives: v.null(),
    pack: (peer: string, { isManual = false }: { readonly isManual?: boolean } = {}) => ({ peer, isManual }),
    run: ({ node }, { peer, isManual }) => node.foreignConnect(peer, { isManual }),
  }),
  foreignLeave: method({
    verb: 'POST',
    path: '/v1/foreign/leave',
    does: 'say goodbye to one peer, or (peer null) to every peer of the dialect',
    takes: v.object({ dialect, peer: v.nullable(peer) }),
    gives: v.null(),
    pack: (dialect: ForeignDialectName, peer: string | null) => ({ dialect, peer }),
    run: ({ node }, { dialect, peer }) => node.foreignLeave(dialect, peer),
  }),
};

/** All methods of the API, one row for each. */
export const methods = {
  ...asking,
  ...acting,
  ...operationMethods,
  ...unseenMethods,
  ...peopleMethods,
  ...statusMethods,
  ...fileMethods,
  ...foreign,
};
/** The types of all rows. */
export type Methods = typeof methods;

/** Routes that answer with NDJSON. `reads`: schema of the lines of an NDJSON body. */
export const streams = {
  events: {
    verb: 'GET',
    path: '/v1/events',
    does: 'every event from now on; since: first the stored messages with a greater seq',
    takes: v.object({ since: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))) }),
    reads: null,
    gives: v.variant('type', [
      nodeEvents.ready,
      nodeEvents.peer,
      nodeEvents.message,
      nodeEvents.edit,
      nodeEvents.delete,
      nodeEvents.reaction,
      nodeEvents.timer,
      nodeEvents.read,
      nodeEvents.typing,
      nodeEvents.status,
      nodeEvents.presence,
      nodeEvents.transfer,
      nodeEvents.notice,
      nodeEvents.error,
      nodeEvents.bye,
    ]),
  },
  sendLines: {
    verb: 'POST',
    path: '/v1/messages/stream',
    does: 'queue each line as a message; answers with their statuses, and with one error when it stops',
    takes: onePeer,
    reads: v.object({ text: v.string(), id }),
    gives: v.variant('type', [nodeEvents.status, nodeEvents.error]),
  },
} as const;

/** The answer of a call that failed. */
export const failureAnswer = v.object({ error: v.object({ code: v.string() }) });
