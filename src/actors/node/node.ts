/**
 * The node: decides what happens with everything the other actors report and people ask. It runs in the main thread,
 * holds roster, outbox and session table, and touches no socket and no disk itself. Child of root; permanent; when it
 * starts again it has lost nothing but live sessions, since all else is read back from the history.
 *
 * One file per concern works on its state: `node-talk` (words, receipts, the outbox), `node-sessions` (who is
 * connected), `node-find`, `node-names`, `node-people` and `node-contacts` (who is who, and who is a friend), `node-legacy`
 * (older programs).
 */
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import { peerIdOf } from '../../chat/people/identity.js';
import { emptyPeerBook, isBlocked, peerRows } from '../../chat/people/book.js';
import type { DialectError } from '../../dialects/errors.js';
import { dialing } from '../../chat/routes/limits.js';
import { foreignRoutes as talks } from '../../chat/foreign/limits.js';
import { actor, next, reply, type Fault, type ReplyTo, type Step } from '../../runtime/actor.js';
import { TicketBook } from '../../session/tickets.js';
import { beaconSigningBytes } from '../../wire/beacon.js';
import { FaultRation } from '../../runtime/log-ration.js';
import { tellDiscovery, tellTransport } from '../../chat/people/contacts.js';
import { findPeer, knownPeer } from '../../chat/people/find.js';
import {
  farewell,
  giveUp,
  legacyConnect,
  legacyLeave,
  legacyPeersOf,
  takeGreetings,
} from '../../chat/foreign/commands.js';
import { look, talkDown, talkHeard } from '../../chat/foreign/hearing.js';
import { ageLegacyPeers, noteAnnounced } from '../../chat/foreign/presence.js';
import { talkRefused, talkSent } from '../../chat/foreign/sending.js';
import {
  acceptTalk,
  isLegacyDial,
  isLegacyDialect,
  parkTalk,
  talkAccepted,
  talkDialFailed,
  talkDialled,
  talkUp,
} from '../../chat/foreign/connections.js';
import { nameDue, rename, selfInfo } from '../../chat/people/naming.js';
import { block, endSessions, page, safetyOf, verify } from '../../chat/people/trust.js';
import {
  accept,
  dialFailed,
  dialled,
  judgePeer,
  sessionDown,
  sessionUp,
  slotWanted,
} from '../../chat/routes/native.js';
import { logUnloggedFailures } from '../../chat/routes/failures.js';
import { showMissed } from '../../chat/delivery/shown.js';
import type { NodeArgs, NodeContext, NodeLinks, NodeState } from '../../chat/core.js';
import {
  dialCameToNothing,
  fail,
  heard,
  openOutbox,
  remindDiscovery,
  said,
  send,
  sessionLost,
  sessionReady,
  takeTurns,
  wake,
} from '../../chat/delivery/delivery.js';
import type { SessionEnd } from '../connection/protocol.js';
import type { NodeProtocol } from './protocol.js';
import { newLegacyState } from '../../chat/foreign/state.js';

export const node = actor<NodeArgs, NodeState, NodeProtocol, NodeLinks>({
  name: 'node',
  restart: 'permanent',
  init: start,
  receive: {
    self: (state) => reply(state, ok(selfInfo(state))),
    send: (state, body, context, from) => later(state, from, send(state, body, context)),
    peers: (state) => reply(state, ok(peerRows(state.book))),
    find: (state, { peer }) => reply(state, knownPeer(state, peer)),
    page: (state, body, context, from) => later(state, from, page(state, body, context)),
    safety: (state, { peer }, context, from) => later(state, from, safetyOf(state, peer, context)),
    verify: (state, { peer, code }, context, from) => later(state, from, verify(state, peer, code, context)),
    block: (state, { peer, blocked }, context, from) =>
      later(state, from, block(state, peer, blocked, context)),
    rename: (state, { name }, context) => reply(state, rename(state, name, context)),
    disconnect: (state, { peer }, context, from) =>
      later(
        state,
        from,
        findPeer(state, peer, context).map((peerId) => endSessions(state, peerId)),
      ),

    legacyPeers: (state, { dialect }) => reply(state, legacyPeersOf(state, dialect)),
    legacyConnect: (state, { peer, isManual }, context, from) =>
      later(state, from, legacyConnect(state, peer, isManual, context)),
    legacyLeave: (state, { dialect, peer }, context, from) =>
      later(state, from, legacyLeave(state, dialect, peer, context)),
    farewell: (state, _body, context, from) => later(state, from, farewell(state, context)),
    malformed: (state) => reply(state, ok(Object.fromEntries(state.legacy.malformed))),

    listening(state, { address, port, others }, context) {
      state.listening = { host: address, port };
      for (const other of others)
        if (isLegacyDialect(other.dialect)) state.legacy.ports.set(other.dialect, other.port);
      tellTransport(state, context);
      context.links.broadcast.cast('describe', { name: state.name, tcpPort: port });
      const { peerId } = state.args.identity;
      state.args.publish({ type: 'ready', id: peerId, name: state.name, address, port, pid: process.pid });
      const greetings = takeGreetings(state);
      for (const peer of greetings.peers)
        void send(
          state,
          { peer, messages: [{ id: state.args.newMessageId(), text: greetings.text }], via: null },
          context,
        ).mapErr(({ code }) => context.log('warn', 'greeting-failed', { peer, code }));
      return next(state);
    },
    accepted(state, body, context) {
      const { dialect, connectionId } = body;
      if (isLegacyDialect(dialect)) {
        acceptTalk(state, { ...body, dialect });
        takeTurns(state, talkAccepted(state, connectionId, context), context);
      } else accept(state, body);
      return next(state);
    },
    slotWanted(state, { connectionId }, context) {
      slotWanted(state, connectionId, context);
      parkTalk(state, connectionId);
      return next(state);
    },
    hearing(state, _body, context) {
      tellDiscovery(state, context);
      remindDiscovery(state, context);
      return next(state);
    },
    twin(state, { address }) {
      const message = `another node with this home's key runs at ${address}; a home must not be copied`;
      state.args.publish({ type: 'error', code: 'node/twin', message });
      return next(state);
    },
    presence(state, { rows }, context) {
      for (const row of rows) {
        noteAnnounced(state, row.peerId, row.state !== 'offline');
        heard(state, row, context);
      }
      return next(state);
    },
    description(state) {
      const { name, listening } = state;
      return reply(state, ok(listening === null ? null : { name, tcpPort: listening.port }));
    },
    signBeacon: (state, { body }) => reply(state, ok(state.args.identity.sign(beaconSigningBytes(body)))),

    findTicket: (state, { ticketId }) => reply(state, ok(state.tickets.find(ticketId, Date.now()))),
    resumable(state, { resumption }, context) {
      if (isBlocked(state.book, peerIdOf(resumption.peer.idKey))) return next(state);
      state.tickets.offer(resumption);
      tellTransport(state, context);
      return next(state);
    },
    judgePeer: (state, { sessionId, peer }) => reply(state, ok(judgePeer(state, sessionId, peer))),
    sessionUp(state, body, context) {
      const live = sessionUp(state, body, Date.now(), context);
      if (live !== null) sessionReady(state, live, context);
      return next(state);
    },
    said: (state, body, context, from) => (said(state, body, context, from), next(state)),
    sessionDown(state, { sessionId, end }, context) {
      const ended = sessionDown(state, sessionId, end, context);
      if (ended.lost !== null) sessionLost(state, ended.lost, context);
      if (ended.unreached !== null) dialCameToNothing(state, ended.unreached, busyForMs(end), context);
      return next(state);
    },

    talkUp: (state, body, context) => (takeTurns(state, talkUp(state, body, context), context), next(state)),
    talkHeard(state, body, context, from) {
      takeTurns(state, talkHeard(state, body, context, from), context);
      return next(state);
    },
    talkSent: (state, body, context) => (takeTurns(state, talkSent(state, body), context), next(state)),
    talkRefused(state, body, context) {
      const refused = talkRefused(state, body);
      if (refused !== null) {
        const { line, error } = refused;
        fail(state, line.peerId, [line.id], wordsOf(error), context);
      }
      return next(state);
    },
    talkDown: (state, body, context) => (
      takeTurns(state, talkDown(state, body, context), context),
      next(state)
    ),
    look: (state, _body, context) => (takeTurns(state, look(state, context), context), next(state)),
    giveUp(state, body, context) {
      const { ids, reason } = giveUp(state, body);
      fail(state, body.peerId, ids, reason, context);
      return next(state);
    },
    ageLegacyPeers(state, _body, context) {
      context.after(talks.ageEveryMs, 'ageLegacyPeers', {});
      ageLegacyPeers(state, performance.now());
      return next(state);
    },

    logUnloggedFailures(state, _body, context) {
      logUnloggedFailures(state, context);
      return next(state);
    },

    dialled(state, { connectionId, opened }) {
      if (isLegacyDial(state, connectionId)) talkDialled(state, connectionId, opened);
      else dialled(state, connectionId, opened);
      return next(state);
    },
    dialFailed(state, { connectionId, error }, context) {
      takeTurns(state, talkDialFailed(state, connectionId, error, context), context);
      const unreached = dialFailed(state, connectionId, error);
      if (unreached !== null) dialCameToNothing(state, unreached, 0, context);
      return next(state);
    },
    wake: (state, _body, context) => (wake(state, context), next(state)),
    nameDue: (state, { sessionId }, context) => (nameDue(state, sessionId, context), next(state)),
    expire(state, _body, context) {
      state.tickets.expire(Date.now());
      tellTransport(state, context);
      context.after(dialing.expireEveryMs, 'expire', {});
      return next(state);
    },
  },
});

/** Reads back what the history keeps: contacts, friends, and what is not delivered yet. */
async function start(args: NodeArgs, context: NodeContext): Promise<Result<NodeState, Fault>> {
  const contacts = await context.links.history.call('contacts', {});
  if (contacts.isErr()) return err(contacts.error);
  const correspondents = await context.links.history.call('correspondents', {});
  if (correspondents.isErr()) return err(correspondents.error);
  const newest = await context.links.history.call('newest', {});
  if (newest.isErr()) return err(newest.error);
  const state: NodeState = {
    args,
    name: args.name(),
    listening: null,
    book: emptyPeerBook(),
    outboxes: new Map(),
    outboxSize: { lines: 0, bytes: 0 },
    committing: { lines: 0, bytes: 0 },
    wakeAtMs: Number.POSITIVE_INFINITY,
    sessions: new Map(),
    current: new Map(),
    dials: new Map(),
    waiters: new Map(),
    friends: new Set(),
    tickets: new TicketBook(),
    addressTurn: new Map(),
    shownSeq: args.publishedSeq() ?? newest.value,
    isCatchingUp: false,
    heldUntilSeq: 0,
    sentSeq: new Map(),
    poison: new Map(),
    sessionFaults: new FaultRation(dialing.failureLog),
    toldPeers: new Map(),
    legacy: newLegacyState(),
    nextId: 0,
    callOffWake: null,
  };
  for (const contact of contacts.value) {
    state.book.contacts.set(contact.peerId, contact);
    if (contact.trust === 'verified') state.friends.add(contact.peerId);
  }
  for (const { peerId, isWrittenTo, isWaiting } of correspondents.value) {
    if (isWrittenTo) state.friends.add(peerId);
    if (isWaiting && !isBlocked(state.book, peerId)) openOutbox(state, peerId, true);
  }
  // Later lines are told by whoever appends them.
  const caughtUp = await showMissed(state, newest.value, context);
  if (caughtUp.isErr()) return err(caughtUp.error);
  const size = await context.links.history.call('outboxSize', {});
  if (size.isErr()) return err(size.error);
  state.outboxSize = size.value;
  // Behind the start, so that a dial reports to a node that is there.
  context.self('wake', {});
  context.after(dialing.expireEveryMs, 'expire', {});
  if (args.legacy.enabled.size > 0) context.self('ageLegacyPeers', {});
  return ok(state);
}

const wordsOf = (error: DialectError): string =>
  error.code === 'dialect/unsupported' ? `${error.dialect} cannot carry ${error.what}` : error.code;

const busyForMs = (end: SessionEnd): number =>
  end.type === 'failed' && end.error.code === 'session/busy' ? end.error.retryAfterMs : 0;

/** Answers a call when the work is done, while the node goes on with other messages. */
function later<Reply, Failure extends Fault>(
  state: NodeState,
  from: ReplyTo<Reply, Failure>,
  work: ResultAsync<Reply, Failure>,
): Step<NodeState> {
  void work.match(
    (value) => from.ok(value),
    (fault) => from.err(fault),
  );
  return next(state);
}
