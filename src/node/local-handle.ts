/**
 * The handle on a node that runs in this process: turns each method into a message to the node, and the node's events
 * into feeds that readers take at their own pace.
 */
import { err, ok, okAsync, Result, type ResultAsync } from 'neverthrow';
import { messageEventOf } from '../chat/delivery/transcript.js';
import type { NodeEvent, PeerEvent } from '../chat/events.js';
import { messageTraits, type HistoryQuery } from '../chat/delivery/entry.js';
import type { RuntimeError } from '../runtime/errors.js';
import { parseMessageId, parsePeerId, type MessageId, type PeerId } from '../ids.js';
import type { ChatError } from '../chat/errors.js';
import type { Words } from '../chat/delivery/sending.js';
import { sendAwaited } from './awaited.js';
import { newMessageId } from './message-id.js';
import { feed as limits } from './limits.js';
import type { Ref } from '../runtime/actor.js';
import type { Feed, FeedReader } from './feed.js';
import type { NodeError, NodeHandle } from './handle.js';
import type { CoreSelf } from '../chat/asked.js';
import type { HistoryOptions, SelfInfo } from '../chat/contract.js';
import type { NodeProtocol } from '../actors/node/protocol.js';

/** The parts that a handle needs. */
export interface LocalHandleParts {
  readonly node: Ref<NodeProtocol>;
  /** The home directory. */
  readonly home: string;
  readonly feed: Feed;
  readonly stats: NodeHandle['stats'];
  readonly network: NodeHandle['network'];
  readonly ownSafetyCode: () => ResultAsync<string, RuntimeError>;
  readonly close: () => Promise<void>;
}

/** Makes the handle. */
export function localHandle(parts: LocalHandleParts): NodeHandle {
  const { node, home, feed, stats, network, ownSafetyCode, close } = parts;
  const sendAll: NodeHandle['sendAll'] = (peer, texts, { ids } = {}) =>
    named(texts, ids).asyncAndThen((messages) =>
      node.call('send', { peer, messages, via: null }, { deadlineMs: limits.commandDeadlineMs }),
    );
  const find: NodeHandle['find'] = (peer) => node.call('find', { peer });
  const events: NodeHandle['events'] = ({ sinceSeq } = {}) => {
    // Subscribe now, however late the first event is asked for.
    const live = feed.read();
    return endable(follow(node, live, sinceSeq ?? null), live);
  };
  return {
    self: () => node.call('self', {}).map((self) => whole(self, home)),
    ownSafetyCode,
    sendAll,
    send: (peer, text, options = {}) =>
      sendAwaited({ events, find }, peer, options, ({ id }) =>
        sendAll(peer, [text], id === undefined ? {} : { ids: [id] }).map(([status]) => one(status)),
      ),
    sendVia: (peer, text, via, { id } = {}) =>
      named([text], id === undefined ? undefined : [id])
        .asyncAndThen((messages) => node.call('send', { peer, messages, via }))
        .map(([status]) => one(status)),
    foreignPeers: (dialect) => node.call('foreignPeers', { dialect }),
    foreignConnect: (peer, { isManual = false } = {}) =>
      node.call('foreignConnect', { peer, isManual }, { deadlineMs: limits.commandDeadlineMs }),
    foreignLeave: (dialect, peer) =>
      node.call('foreignLeave', { dialect, peer }, { deadlineMs: limits.commandDeadlineMs }),
    ...peerAndFileMethodsOf(node),
    find,
    unread: () => node.call('unread', {}),
    markRead: (peer, upToSeq) => node.call('read', { peer, upToSeq }),
    emittedSeq: () => node.call('emitted', { seq: null }).map(({ seq }) => seq),
    markEmitted: (seq) => node.call('emitted', { seq }).map(({ seq: marked }) => marked),
    contacts: () => node.call('contacts', {}),
    contact: (peer) => node.call('contact', { peer }),
    changeContact: (peer, choice) => node.call('choose', { peer, choice }),
    acceptContact: (peer) => node.call('accept', { peer }),
    rejectContact: (peer) => node.call('reject', { peer }),
    forgetContact: (peer) => node.call('forget', { peer }),
    outbox: ({ peer = null, afterSeq = 0 } = {}) =>
      node.call('outbox', { peer, afterSeq }).map(({ entries, isLast }) => ({
        messages: entries.flatMap((entry) => messageEventOf(entry) ?? []),
        isLast,
      })),
    withdraw: (peer, ids) =>
      Result.combine(ids.map(messageIdOf)).asyncAndThen((known) =>
        node.call('withdraw', { peer, ids: known }),
      ),
    ...operationMethodsOf(node),
    history: ({ peer = null, ...options }) =>
      node
        .call('page', { peer, query: queryOf(options) }, { deadlineMs: limits.commandDeadlineMs })
        .map((entries) => entries.flatMap((entry) => messageEventOf(entry) ?? [])),
    events,
    safety: (peer) => node.call('safety', { peer }),
    verify: (peer, code) => node.call('verify', { peer, code }),
    block: (peer, blocked) => node.call('block', { peer, blocked }),
    rename: (name) => node.call('rename', { name }).map((self) => whole(self, home)),
    erase: eraseOf(node, find),
    ...statusMethodsOf(node),
    network,
    probe: (peer) => node.call('probe', { peer }, { deadlineMs: limits.probeDeadlineMs }),
    stats,
    close,
    [Symbol.asyncDispose]: close,
  };
}

const eraseOf =
  (node: Ref<NodeProtocol>, find: NodeHandle['find']): NodeHandle['erase'] =>
  ({ peer, beforeMs = null, id, afterSeq = 0 }) => {
    const named: Result<MessageId | null, NodeError> = id === undefined ? ok(null) : messageIdOf(id);
    const found: ResultAsync<PeerEvent | null, NodeError> = peer === undefined ? okAsync(null) : find(peer);
    return found.andThen((row) => {
      const peerId: Result<PeerId | null, NodeError> =
        row === null
          ? ok(null)
          : parsePeerId(row.id).mapErr(() => ({ code: 'chat/unknown-peer', peer: row.id }) as const);
      return Result.combine([named, peerId]).asyncAndThen(([messageId, from]) =>
        node.call(
          'erase',
          { peerId: from, beforeMs, id: messageId, afterSeq },
          { deadlineMs: limits.commandDeadlineMs },
        ),
      );
    });
  };

const peerAndFileMethodsOf = (
  node: Ref<NodeProtocol>,
): Pick<NodeHandle, 'offerFiles' | 'transfers' | 'actOnTransfer' | 'peers'> => ({
  peers: () => node.call('peers', {}),
  offerFiles: (peer, paths, { id = newMessageId(), comment = '', spool = '', wishes = {} } = {}) =>
    messageIdOf(id).asyncAndThen((known) =>
      node
        .call(
          'offerFiles',
          { peer, id: known, paths, comment, spool, wishes },
          { deadlineMs: limits.offerDeadlineMs },
        )
        .andThen(() => node.call('transfers', {}))
        .map((all) => one(all.find((each) => each.id === known))),
    ),
  transfers: () => node.call('transfers', {}),
  actOnTransfer: (id, action, directory = null, options = {}) =>
    node.call('actOnTransfer', { id, action, directory, options }, { deadlineMs: limits.commandDeadlineMs }),
});

const statusMethodsOf = (
  node: Ref<NodeProtocol>,
): Pick<
  NodeHandle,
  'disconnect' | 'status' | 'setStatus' | 'setIdle' | 'setTyping' | 'privacy' | 'setPrivacy'
> => ({
  setTyping: (peer, isTyping) => node.call('typing', { peer, isTyping }),
  privacy: () => node.call('privacy', {}),
  setPrivacy: (choice) => node.call('setPrivacy', choice),
  disconnect: (peer) => node.call('disconnect', { peer }),
  status: () => node.call('ownStatus', {}),
  setStatus: ({ presence, text = '', untilMs = null }) => node.call('setStatus', { presence, text, untilMs }),
  setIdle: (isIdle) => node.call('idle', { isIdle }),
});

/**
 * Pairs texts with ids: those of the caller, or new ones. New ids are made here and not by the node, since a node
 * that crashed over a request gets it again and must recognise the messages. Errors: `message/id-invalid`.
 */
function named(
  texts: readonly string[],
  ids: readonly string[] | undefined,
): Result<readonly Words[], ChatError> {
  if (ids === undefined) return ok(texts.map((text) => ({ id: newMessageId(), text })));
  if (ids.length !== texts.length)
    return invalid(`${String(ids.length)} ids were given for ${String(texts.length)} texts`);
  return Result.combine(
    ids.map((id, at) => messageIdOf(id).map((parsed): Words => ({ id: parsed, text: texts[at] ?? '' }))),
  );
}

const whole = (self: CoreSelf, home: string): SelfInfo => ({ ...self, pid: process.pid, home });

const operationMethodsOf = (
  node: Ref<NodeProtocol>,
): Pick<NodeHandle, 'operate' | 'timer' | 'setTimer' | 'retry'> => ({
  operate: operateOn(node),
  retry: (peer) => node.call('retry', { peer }),
  timer: (peer) => node.call('timer', { peer }),
  setTimer: (peer, seconds) =>
    node
      .call('setTimer', { peer, seconds, id: newMessageId() }, { deadlineMs: limits.commandDeadlineMs })
      .map(([status]) => one(status)),
});

const operateOn =
  (node: Ref<NodeProtocol>): NodeHandle['operate'] =>
  (word, operation, { peer = null } = {}) =>
    node
      .call('operate', { peer, word, operation }, { deadlineMs: limits.commandDeadlineMs })
      .map(([status]) => one(status));

const messageIdOf = (id: string): Result<MessageId, ChatError> =>
  parseMessageId(id).orElse(() => invalid(`"${id}" is not a UUID in lower case`));

const invalid = (detail: string) => err<never, ChatError>({ code: 'message/id-invalid', detail });

/**
 * Yields `ready`, then the stored messages after `sinceSeq`, then the live events. A message that is in both comes
 * once.
 */
async function* follow(
  node: Ref<NodeProtocol>,
  live: FeedReader,
  sinceSeq: number | null,
): AsyncGenerator<NodeEvent, void, undefined> {
  let newestSeq = sinceSeq ?? 0;
  try {
    const self = await node.call('self', {});
    const port = self.isOk() ? self.value.port : null;
    if (self.isOk()) yield readyEvent(self.value);
    for (let isLast = sinceSeq === null; !isLast;) {
      const query: HistoryQuery = { afterSeq: newestSeq, limit: limits.resumePageEntries };
      const page = await node.call('page', { peer: null, query });
      if (page.isErr()) {
        yield { type: 'error', code: page.error.code, message: 'the history could not be read' };
        return;
      }
      for (const entry of page.value) {
        newestSeq = entry.seq;
        const event = messageEventOf(entry);
        if (event !== null) yield event;
      }
      // A short page is not the last one, since its bytes are bounded.
      isLast = page.value.length === 0;
    }
    for await (const event of live) {
      // Repeat `ready` only where the port has changed.
      if (event.type === 'ready' && event.port === port) continue;
      if (event.type === 'message' && event.seq <= newestSeq) continue;
      yield event;
    }
  } finally {
    await live.return();
  }
}

/** Lets a reader end at once: a generator alone would first wait for its next event. */
function endable(
  events: AsyncGenerator<NodeEvent, void, undefined>,
  live: FeedReader,
): AsyncIterableIterator<NodeEvent> {
  const reader: AsyncIterableIterator<NodeEvent> = {
    [Symbol.asyncIterator]: () => reader,
    next: () => events.next(),
    async return() {
      await live.return();
      return events.return();
    },
  };
  return reader;
}

const readyEvent = ({ id, name, bound, boundAll, port }: CoreSelf): NodeEvent => ({
  type: 'ready',
  id,
  name,
  address: bound,
  ...(boundAll === undefined ? {} : { addresses: boundAll }),
  port,
  pid: process.pid,
});

function queryOf({ only, ...options }: Omit<HistoryOptions, 'peer'>): HistoryQuery {
  const traits = only?.split(',') ?? [];
  return {
    ...options,
    ...(traits.length === 0 ? {} : { only: messageTraits.filter((trait) => traits.includes(trait)) }),
    isMessagesOnly: true,
    limit: Math.min(options.limit ?? limits.historyEntries, limits.historyEntriesMax),
  };
}

/** Returns the one status of one text. Throws where it is missing. */
function one<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('one text was sent, and no status came back');
  return value;
}
