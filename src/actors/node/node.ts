/**
 * The shell around the core: each message becomes an input, each effect a message or a call. It runs in the main
 * thread and touches no socket and no disk itself. A restart loses live sessions only, since the rest is read back
 * from the history.
 */
import { splitTexts } from '../../dialects/texts.js';
import { randomInt } from 'node:crypto';
import { err, ok, type Result } from 'neverthrow';
import { Core } from '../../chat/core.js';
import type { StoreFailure } from '../../chat/delivery/effects.js';
import type { Erased, Erasure } from '../../chat/delivery/erasure.js';
import type { AskedInput } from '../../chat/asked.js';
import type { Input } from '../../chat/effects.js';
import type { Given } from '../../chat/turn.js';
import {
  actor,
  later,
  next,
  reply,
  type CallStep,
  type Fault,
  type ReplyTo,
  type Step,
} from '../../runtime/actor.js';
import { addressesOf } from '../interfaces.js';
import { TicketBook } from '../../session/tickets.js';
import { beaconSigningBytes } from '../../wire/beacon.js';
import { toHex } from '../../wire/bytes.js';
import { inputOfEnd } from './connections.js';
import { perform, rationOf } from './perform.js';
import { newShell, ownKeyOf, type NodeContext, type NodeLinks, type Shell } from './shell.js';
import type { EndOfConnection, NodeProtocol } from './protocol.js';
import type { NodeArgs } from './services.js';

/**
 * Time that the report of an actor about its own end may take after the news that the actor is gone: they travel by
 * different ways, and the report is lost when its thread dies at that moment.
 */
const reportMsMax = 1_000;

interface State extends Shell {
  readonly core: Core;
}

/** The actor of the node. Errors of `init`: `store/…`, where the history cannot be read. */
export const node = actor<NodeArgs, State, NodeProtocol, NodeLinks>({
  name: 'node',
  restart: 'permanent',
  // All connections share the mailbox: some hundred messages for each of the most connections.
  mailboxMax: 65_536,
  init: start,
  receive: {
    self: (state, body, context, from) =>
      ask(state, { name: 'self', body, call: state.calls.open(from) }, context, from),
    send: (state, body, context, from) =>
      ask(state, { name: 'send', body, call: state.calls.open(from) }, context, from),
    offerFiles: (state, body, context, from) =>
      ask(state, { name: 'offerFiles', body, call: state.calls.open(from) }, context, from),
    transfers: (state, body, context, from) =>
      ask(state, { name: 'transfers', body, call: state.calls.open(from) }, context, from),
    actOnTransfer: (state, body, context, from) =>
      ask(state, { name: 'actOnTransfer', body, call: state.calls.open(from) }, context, from),
    peers: (state, body, context, from) =>
      ask(state, { name: 'peers', body, call: state.calls.open(from) }, context, from),
    find: (state, body, context, from) =>
      ask(state, { name: 'find', body, call: state.calls.open(from) }, context, from),
    unread: (state, body, context, from) =>
      ask(state, { name: 'unread', body, call: state.calls.open(from) }, context, from),
    read: (state, body, context, from) =>
      ask(state, { name: 'read', body, call: state.calls.open(from) }, context, from),
    emitted: (state, body, context, from) =>
      ask(state, { name: 'emitted', body, call: state.calls.open(from) }, context, from),
    typing: (state, body, context, from) =>
      ask(state, { name: 'typing', body, call: state.calls.open(from) }, context, from),
    timer: (state, body, context, from) =>
      ask(state, { name: 'timer', body, call: state.calls.open(from) }, context, from),
    setTimer: (state, body, context, from) =>
      ask(state, { name: 'setTimer', body, call: state.calls.open(from) }, context, from),
    privacy: (state, body, context, from) =>
      ask(state, { name: 'privacy', body, call: state.calls.open(from) }, context, from),
    setPrivacy: (state, body, context, from) =>
      ask(state, { name: 'setPrivacy', body, call: state.calls.open(from) }, context, from),
    contacts: (state, body, context, from) =>
      ask(state, { name: 'contacts', body, call: state.calls.open(from) }, context, from),
    contact: (state, body, context, from) =>
      ask(state, { name: 'contact', body, call: state.calls.open(from) }, context, from),
    choose: (state, body, context, from) =>
      ask(state, { name: 'choose', body, call: state.calls.open(from) }, context, from),
    accept: (state, body, context, from) =>
      ask(state, { name: 'accept', body, call: state.calls.open(from) }, context, from),
    reject: (state, body, context, from) =>
      ask(state, { name: 'reject', body, call: state.calls.open(from) }, context, from),
    forget: (state, body, context, from) =>
      ask(state, { name: 'forget', body, call: state.calls.open(from) }, context, from),
    outbox: (state, body, context, from) =>
      ask(state, { name: 'outbox', body, call: state.calls.open(from) }, context, from),
    withdraw: (state, body, context, from) =>
      ask(state, { name: 'withdraw', body, call: state.calls.open(from) }, context, from),
    retry: (state, body, context, from) =>
      ask(state, { name: 'retry', body, call: state.calls.open(from) }, context, from),
    page: (state, body, context, from) =>
      ask(state, { name: 'page', body, call: state.calls.open(from) }, context, from),
    safety: (state, body, context, from) =>
      ask(state, { name: 'safety', body, call: state.calls.open(from) }, context, from),
    verify: (state, body, context, from) =>
      ask(state, { name: 'verify', body, call: state.calls.open(from) }, context, from),
    block: (state, body, context, from) =>
      ask(state, { name: 'block', body, call: state.calls.open(from) }, context, from),
    operate: (state, body, context, from) =>
      ask(state, { name: 'operate', body, call: state.calls.open(from) }, context, from),
    rename: (state, body, context, from) =>
      ask(state, { name: 'rename', body, call: state.calls.open(from) }, context, from),
    ownStatus: (state, body, context, from) =>
      ask(state, { name: 'ownStatus', body, call: state.calls.open(from) }, context, from),
    setStatus: (state, body, context, from) =>
      ask(state, { name: 'setStatus', body, call: state.calls.open(from) }, context, from),
    idle: (state, body, context, from) =>
      ask(state, { name: 'idle', body, call: state.calls.open(from) }, context, from),
    probe: (state, body, context, from) =>
      ask(state, { name: 'probe', body, call: state.calls.open(from) }, context, from),
    disconnect: (state, body, context, from) =>
      ask(state, { name: 'disconnect', body, call: state.calls.open(from) }, context, from),
    foreignPeers: (state, body, context, from) =>
      ask(state, { name: 'foreignPeers', body, call: state.calls.open(from) }, context, from),
    foreignConnect: (state, body, context, from) =>
      ask(state, { name: 'foreignConnect', body, call: state.calls.open(from) }, context, from),
    foreignLeave: (state, body, context, from) =>
      ask(state, { name: 'foreignLeave', body, call: state.calls.open(from) }, context, from),
    farewell: (state, body, context, from) =>
      ask(state, { name: 'farewell', body, call: state.calls.open(from) }, context, from),
    counts: (state, body, context, from) =>
      ask(state, { name: 'counts', body, call: state.calls.open(from) }, context, from),
    // The history alone removes entries. Waiting ones stay, so that the core need not know.
    erase(state, body, context, from) {
      void eraseEntries(context, body, from);
      return later(state, from);
    },

    listening: (state, body, context) => step(state, { type: 'listening', ...body }, context),
    accepted(state, { connectionId, dialect, remoteAddress, remotePort, port }, context) {
      state.ports.set(connectionId, port);
      const address = { host: remoteAddress, port: remotePort };
      return step(state, { type: 'accepted', connectionId, dialect, address }, context);
    },
    unheard: (state, body, context) => step(state, { type: 'unheard', ...body }, context),
    turnedAway: (state, body, context) => step(state, { type: 'turnedAway', ...body }, context),
    slotWanted: (state, body, context) => step(state, { type: 'slotWanted', ...body }, context),
    dialled(state, { connectionId, opened, ownHost }, context) {
      state.ports.set(connectionId, opened);
      return step(state, { type: 'dialled', connectionId, ownHost }, context);
    },
    dialFailed: (state, body, context) => step(state, { type: 'dialFailed', ...body }, context),

    hearing: (state, _body, context) => step(state, { type: 'discoveryStarted' }, context),
    twin: (state, { address }, context) => step(state, { type: 'twin', address }, context),
    seen: (state, body, context) => step(state, { type: 'seen', ...body }, context),
    presence: (state, { rows }, context) => step(state, { type: 'presence', rows }, context),
    description: (state, body, context, from) =>
      ask(state, { name: 'description', body, call: state.calls.open(from) }, context, from),
    // Needs no decision of the core. The signing key lies here, since code below `chat/` holds none.
    signBeacon: (state, { body }) => reply(state, ok(state.identity.sign(beaconSigningBytes(body)))),

    findTicket: (state, body, context, from) =>
      ask(state, { name: 'findTicket', body, call: state.calls.open(from) }, context, from),
    judgePeer: (state, body, context, from) =>
      ask(state, { name: 'judgePeer', body, call: state.calls.open(from) }, context, from),
    resumable: (state, body, context) => step(state, { type: 'resumable', ...body }, context),
    sessionUp: (state, body, context) => step(state, { type: 'sessionUp', ...body }, context),
    sessionHeard: (state, body, context) => step(state, { type: 'sessionHeard', ...body }, context),
    sessionAnswered: (state, body, context) => step(state, { type: 'sessionAnswered', ...body }, context),
    said(state, { sessionId, utterances }, context, from) {
      const body = { sessionId, utterances: splitTexts(utterances) };
      return ask(state, { name: 'said', body, call: state.calls.open(from) }, context, from);
    },
    sessionDown: (state, body, context) => down(state, { type: 'sessionDown', ...body }, context),
    connectionEnded(state, ended, context) {
      const input = inputOfEnd(ended);
      if (input === null) return next(state);
      if (ended.reason.type === 'normal') context.after(reportMsMax, 'connectionGone', input);
      else down(state, input, context);
      return next(state);
    },
    connectionGone(state, input, context) {
      const open = input.type === 'sessionDown' ? state.sessions : state.foreign;
      return open.has(input.sessionId) ? down(state, input, context) : next(state);
    },

    foreignRunning: (state, { sessionId }, context) =>
      step(state, { type: 'foreignRunning', sessionId }, context),
    foreignReading: (state, { sessionId }, context) =>
      step(state, { type: 'foreignReading', sessionId }, context),
    foreignUp: (state, { sessionId, isTextToCome }, context) =>
      step(state, { type: 'foreignUp', sessionId, isTextToCome }, context),
    foreignHeard: (state, { sessionId, words }, context, from) => {
      const body = { sessionId, words };
      return ask(state, { name: 'foreignHeard', body, call: state.calls.open(from) }, context, from);
    },
    foreignSent: (state, { sessionId, token }, context) =>
      step(state, { type: 'foreignSent', sessionId, token }, context),
    foreignRefused: (state, { sessionId, token, error }, context) =>
      step(state, { type: 'foreignRefused', sessionId, token, error }, context),
    foreignDown: (state, { sessionId, end }, context) =>
      down(state, { type: 'foreignDown', sessionId, end }, context),

    stored: (state, body, context) => step(state, { type: 'stored', ...body }, context),
    heardReport: (state, body, context) => step(state, { type: 'heardReport', ...body }, context),
    transfersAnswered: (state, body, context) => step(state, { type: 'transfersAnswered', ...body }, context),
    filesStarted: (state, _body, context) => step(state, { type: 'filesStarted' }, context),
    transferChanged: (state, { row }, context) => step(state, { type: 'transferChanged', row }, context),
    filesWanted: (state, { peerIds }, context) => step(state, { type: 'filesWanted', peerIds }, context),
    computed: (state, body, context) => step(state, { type: 'computed', ...body }, context),
    keyRenewed: (state, body, context) => step(state, { type: 'keyRenewed', ...body }, context),
    due: (state, { due }, context) => step(state, { type: 'due', due }, context),
    logSuppressed(state, { event }, context) {
      context.log('warn', `${event}-unlogged`, { count: rationOf(state, event).takeSuppressed() });
      return next(state);
    },
  },
});

/** Reads the stored state back: contacts, undelivered messages, and messages that readers have not seen. */
async function start(args: NodeArgs, context: NodeContext): Promise<Result<State, Fault>> {
  const { history } = context.links;
  const contacts = await history.call('contacts', {});
  if (contacts.isErr()) return err(contacts.error);
  const correspondents = await history.call('correspondents', {});
  if (correspondents.isErr()) return err(correspondents.error);
  const newest = await history.call('newest', {});
  if (newest.isErr()) return err(newest.error);
  const unseen = await history.call('unseen', {});
  if (unseen.isErr()) return err(unseen.error);
  const size = await history.call('outboxSize', {});
  if (size.isErr()) return err(size.error);

  const { services, foreign, beaconIntervalMs } = args;
  const identity = args.identity();
  const { peerId, idKey, local } = identity;
  const own = { peerId, idKey, instance: toHex(local.bootId), ...ownKeyOf(identity) };
  const core = new Core({
    own,
    name: services.name(),
    foreign,
    tickets: new TicketBook(),
    beaconIntervalMs,
    random,
  });
  const state: State = { ...newShell(args), core };
  const stored = {
    contacts: contacts.value,
    correspondents: correspondents.value,
    newestSeq: newest.value,
    outboxSize: size.value,
    unseen: unseen.value,
    publishedSeq: services.publishedSeq(newest.value),
    status: services.status(),
    privacy: services.privacy(),
  };
  for (const effect of core.restore(stored, given(args))) perform(state, effect, context);
  return ok(state);
}

async function eraseEntries(
  context: NodeContext,
  erasure: Erasure,
  from: ReplyTo<Erased, StoreFailure>,
): Promise<void> {
  const erased = await context.links.history.call('erase', erasure);
  if (erased.isOk()) from.ok(erased.value);
  else from.err(erased.error);
}

function ask<R, F extends Fault>(
  state: State,
  asked: Omitted<AskedInput, 'type'>,
  context: NodeContext,
  from: ReplyTo<R, F>,
): CallStep<State, R, F> {
  step(state, { type: 'asked', ...asked }, context);
  return later(state, from);
}
type Omitted<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

/** The end of a connection. Its actor is sent nothing any more. */
function down(state: State, input: EndOfConnection, context: NodeContext): Step<State> {
  const stepped = step(state, input, context);
  (input.type === 'sessionDown' ? state.sessions : state.foreign).delete(input.sessionId);
  return stepped;
}

/** Hands one input to the core and performs the effects in their order. */
function step(state: State, input: Input, context: NodeContext): Step<State> {
  for (const effect of state.core.handle(input, given(state.args))) perform(state, effect, context);
  return next(state);
}

const given = ({ services, bind }: NodeArgs): Given => ({
  now: { monotonicMs: performance.now(), wallMs: Date.now() },
  random,
  newMessageId: () => services.newMessageId(),
  ownAddresses: () => addressesOf(bind),
});

/** From 0 (included) to 1 (excluded). */
const random = (): number => randomInt(2 ** 32) / 2 ** 32;
