/**
 * Sending to foreign programs. Where a connection carries one message, each message has its own, one after the other,
 * so that they arrive in order. Where a connection carries a conversation, all messages go over the present one.
 *
 *   utter ─► jobs ─► transport.dial ─► foreign.utter … sent ─► confirmed as sent
 */
import { err, ok } from 'neverthrow';
import { formatHistoryLine, unannouncedName } from '../../dialects/cmp2204/files.js';
import type { AnyForeignDialect, ForeignOptions, Utterance } from '../../dialects/dialect.js';
import { parseForm } from '../../dialects/cmp2204/codec.js';
import { netechManual } from '../../dialects/netech/codec.js';
import type { DialectError } from '../../dialects/errors.js';
import type { RuntimeError } from '../../runtime/errors.js';
import type { DialError } from '../errors.js';
import {
  parseConnectionId,
  type ConnectionId,
  type MessageId,
  type PeerId,
  type SessionId,
} from '../../ids.js';
import { dialing } from '../routes/limits.js';
import { wordsOf, type Entry } from '../delivery/entry.js';
import type { RouteReport } from '../routes/route.js';
import { exchangeFailed, formFor } from './key-forms.js';
import { allowed, ownOptions } from './peers.js';
import { noteSent, noteGoodbyeLost } from './presence.js';
import { close, sayNext } from './standing.js';
import {
  newToken,
  noRandom,
  peerOf,
  settle,
  standingConnection,
  textOf,
  type ForeignConnection,
  type ForeignEnd,
  type ForeignFailure,
  type ForeignPeer,
  type ForeignState,
  type ForeignTurn,
  type Job,
} from './state.js';

type OwnOptions = Omit<ForeignOptions, 'random'>;

/** The outbox wants to send. Where each message has its own connection, a way exists at once. */
export function openRoute(state: ForeignState, peerId: PeerId, turn: ForeignTurn): readonly RouteReport[] {
  const peer = allowed(state, peerId, turn);
  if (peer.isErr() || state.people.isBlocked(peerId)) return [{ type: 'unreached', peerId, retryAfterMs: 0 }];
  const isUp =
    peer.value.dialect.can.connection === 'message' || standingConnection(state, peerId) !== undefined;
  if (isUp) return [{ type: 'up', peerId }];
  reach(state, peer.value, null, turn);
  return [];
}

/** Opens a connection, unless one is under way. */
export function reach(state: ForeignState, peer: ForeignPeer, job: Job | null, turn: ForeignTurn): void {
  if (peer.work !== null) return;
  state.lastId += 1;
  // The shape of the id is ours: a failure here is a bug.
  const connectionId = parseConnectionId(`f-${state.lastId}`)._unsafeUnwrap();
  peer.work = { connectionId, job, piece: '', isSent: false };
  state.dials.set(connectionId, peer.peerId);
  const address = { host: peer.host, port: peer.port };
  turn.emit({
    to: 'transport',
    say: 'dial',
    connectionId,
    address,
    deadlineMs: dialing.connectDeadlineMs,
  });
}

/** Says the entries of an outbox, in this order. */
export function sayEntries(
  state: ForeignState,
  peerId: PeerId,
  entries: readonly Entry[],
  turn: ForeignTurn,
): void {
  const peer = allowed(state, peerId, turn);
  if (peer.isErr()) return;
  if (peer.value.dialect.can.connection === 'message') {
    const jobs = entries.map((entry): Job => ({ type: 'entry', entry }));
    peer.value.jobs = [...peer.value.jobs, ...jobs];
    if (peer.value.dialect.name === 'synergy') limitTime(state, peerId, entries, turn);
    workOn(state, peer.value, turn);
    return;
  }
  const live = standingConnection(state, peerId);
  if (live === undefined) return;
  for (const entry of entries) live.waiting.push(entry);
  sayNext(state, live, turn);
}

/** Sends an utterance that is not a text, in turn with the waiting texts. */
export function sayControl(
  state: ForeignState,
  peer: ForeignPeer,
  job: Omit<Extract<Job, { type: 'control' }>, 'type'>,
  turn: ForeignTurn,
): void {
  peer.jobs = [...peer.jobs, { type: 'control', ...job }];
  workOn(state, peer, turn);
}

/** The peer that was dialled with this connection; null: it was none of a foreign program. */
export function takeDial(state: ForeignState, connectionId: ConnectionId): ForeignPeer | null {
  const peerId = state.dials.get(connectionId);
  state.dials.delete(connectionId);
  return (peerId === undefined ? undefined : state.peers.get(peerId)) ?? null;
}

/** How to speak on a connection that we opened. */
export function dialOptions(state: ForeignState, peer: ForeignPeer, turn: ForeignTurn): OwnOptions {
  const { dialect, host, work } = peer;
  const job = work?.job ?? null;
  const entry = job?.type === 'entry' ? job.entry : null;
  const isManual = job?.type === 'control' && job.isManual && dialect.name === 'netech';
  const chosen = {
    form: isManual ? netechManual : dialect.name === 'cmp2204' ? formFor(state, peer) : peer.form,
    secure: entry?.encryption === 'toy-dh-3des',
    privateNumber: (entry === null ? undefined : state.privateNumbers.get(entry.id)) ?? null,
  };
  return ownOptions(state, dialect.name, host, chosen, turn);
}

/** The connection for a message stands: says the message. */
export function sayJob(
  state: ForeignState,
  peer: ForeignPeer,
  live: ForeignConnection,
  options: OwnOptions,
  turn: ForeignTurn,
): void {
  const { work } = peer;
  const job = work?.job ?? null;
  if (work === null || job === null || !peer.jobs.includes(job)) {
    close(live, turn);
    return;
  }
  if (job.type === 'entry') {
    const { id, content } = job.entry;
    const saidUnits = peer.saidUnits.get(id) ?? 0;
    work.piece = nextPiece(peer.dialect, wordsOf(content) ?? '', saidUnits, { ...options, random: noRandom });
  }
  const utterance = utteranceOf(job, work.piece);
  turn.emit({
    to: 'foreign',
    say: 'utter',
    sessionId: live.sessionId,
    token: newToken(state),
    utterance,
  });
}

/**
 * The part of a text that goes over the next connection: the most of its rest that can. How much that is may change
 * from one to the next, with our name or with the form in which the peer spells, so each is cut for itself.
 */
export function nextPiece(
  dialect: AnyForeignDialect,
  text: string,
  saidUnits: number,
  options: ForeignOptions,
): string {
  const rest = text.slice(saidUnits);
  return dialect.pieces(rest, options).match(
    ([first]) => {
      const piece = first ?? rest;
      // A rest may be what alone would be a command; its first character is none.
      const isCommand = saidUnits > 0 && dialect.means(piece) !== 'text';
      return isCommand ? String.fromCodePoint(rest.codePointAt(0) ?? 0) : piece;
    },
    () => rest,
  );
}

/** The system has taken it: as far as a foreign program lets anybody know, it is sent. */
export function sent(
  state: ForeignState,
  sessionId: SessionId,
  token: number,
  turn: ForeignTurn,
): readonly RouteReport[] {
  const live = state.connections.get(sessionId);
  const peer = peerOf(state, live);
  if (live === undefined || peer === undefined) return [];
  const entry = live.said.get(token);
  if (entry !== undefined) {
    live.said.delete(token);
    sayNext(state, live, turn);
    return [entrySent(state, peer, entry, turn)];
  }
  const { work } = peer;
  if (work?.connectionId !== live.connectionId || work.job === null) return [];
  const { job } = work;
  work.isSent = true;
  peer.takenAtMs = turn.now.monotonicMs;
  noteSent(state, peer, meantUtterance(peer.dialect, job, work.piece), turn);
  if (job.type === 'entry') {
    const { id, content } = job.entry;
    const saidUnits = (peer.saidUnits.get(id) ?? 0) + work.piece.length;
    peer.saidUnits.set(id, saidUnits);
    if (saidUnits < (wordsOf(content) ?? '').length) return [];
  }
  peer.jobs = peer.jobs.filter((each) => each !== job);
  if (job.type === 'entry') {
    noteAnswered(peer, live, job.entry);
    return [entrySent(state, peer, job.entry, turn)];
  }
  settle(job.waiter, ok(null), turn);
  return [];
}

/** cmp2204: a text that went out encrypted proves the form of the number before it. */
function noteAnswered(peer: ForeignPeer, { form }: ForeignConnection, { id, encryption }: Entry): void {
  if (encryption !== 'toy-dh-3des') return;
  peer.keyForms.proven = parseForm(form).number;
  peer.keyForms.silences = 0;
  peer.keyForms.tries.delete(id);
}

/** Takes the refusal of an utterance that this program can never take. It is not tried again. */
export function refused(
  state: ForeignState,
  sessionId: SessionId,
  token: number,
  error: DialectError,
  turn: ForeignTurn,
): readonly RouteReport[] {
  const live = state.connections.get(sessionId);
  const peer = peerOf(state, live);
  if (live === undefined || peer === undefined) return [];
  const said = live.said.get(token);
  if (said !== undefined) {
    live.said.delete(token);
    sayNext(state, live, turn);
    return [entryRefused(state, said, error)];
  }
  const { work } = peer;
  if (work?.connectionId !== live.connectionId || work.job === null) return [];
  const { job } = work;
  work.isSent = true;
  peer.jobs = peer.jobs.filter((each) => each !== job);
  close(live, turn);
  if (job.type === 'entry') return [entryRefused(state, job.entry, error)];
  settle(job.waiter, err(error), turn);
  return [];
}

/**
 * The connection for a message is over: the next one follows if it brought its message; else the outbox tries later.
 * `stood`: how it was opened and how it ended; null: it never stood.
 */
export function jobEnded(
  state: ForeignState,
  peer: ForeignPeer,
  failure: DialError | RuntimeError,
  turn: ForeignTurn,
  stood: { readonly form: string | null; readonly end: ForeignEnd } | null = null,
): readonly RouteReport[] {
  const { work } = peer;
  peer.work = null;
  if (work === null || work.isSent || work.job === null) {
    workOn(state, peer, turn);
    return [];
  }
  peer.lastFailure = failure.code === 'transport/dial-failed' ? failure.reason : failure.code;
  const { job } = work;
  if (job.type === 'control') {
    peer.jobs = peer.jobs.filter((each) => each !== job);
    if (job.utterance.type === 'leave') noteGoodbyeLost(state, peer, turn);
    settle(job.waiter, err(failure), turn);
    workOn(state, peer, turn);
    return [];
  }
  peer.jobs = peer.jobs.filter((each) => each.type !== 'entry');
  workOn(state, peer, turn);
  const { entry } = job;
  const wasExchange = stood !== null && entry.encryption === 'toy-dh-3des';
  const reason = wasExchange ? exchangeFailed(state, peer, entry.id, stood) : null;
  if (reason !== null) {
    forgetEntries(state, peer.peerId, [entry.id]);
    return [
      { type: 'refused', peerId: peer.peerId, ids: [entry.id], reason },
      { type: 'way-failed', peerId: peer.peerId },
    ];
  }
  return [{ type: 'way-failed', peerId: peer.peerId }];
}

/** No peer took part in the conversation that we wanted to open. */
export function unreached(
  peer: ForeignPeer,
  failure: ForeignFailure,
  turn: ForeignTurn,
): readonly RouteReport[] {
  peer.work = null;
  const { waiters } = peer;
  peer.waiters = [];
  for (const waiter of waiters) settle(waiter, err(failure), turn);
  return [{ type: 'unreached', peerId: peer.peerId, retryAfterMs: 0 }];
}

/** Drops entries that wait to be said, and never says them. */
export function dropEntries(state: ForeignState, peerId: PeerId, ids: readonly MessageId[]): void {
  forgetEntries(state, peerId, ids);
  const peer = state.peers.get(peerId);
  if (peer === undefined) return;
  const dropped = new Set(ids);
  peer.jobs = peer.jobs.filter((job) => job.type !== 'entry' || !dropped.has(job.entry.id));
}

/** Forgets the facts kept about entries that are said, or never will be. */
export function forgetEntries(state: ForeignState, peerId: PeerId, ids: readonly MessageId[]): void {
  const peer = state.peers.get(peerId);
  for (const id of ids) {
    peer?.saidUnits.delete(id);
    peer?.keyForms.tries.delete(id);
    state.privateNumbers.delete(id);
    state.timed.delete(id);
  }
}

/** The foreign program's own file holds what it would hold there. */
export function keepHistoryLine(
  { people }: ForeignState,
  { peerId, host, dialect }: ForeignPeer,
  { content, direction, receivedAtMs }: Pick<Entry, 'content' | 'direction' | 'receivedAtMs'>,
  turn: ForeignTurn,
): void {
  const text = wordsOf(content);
  if (dialect.name !== 'cmp2204' || text === null) return;
  const username = people.saidName(peerId) || unannouncedName;
  const line = formatHistoryLine({ atMs: receivedAtMs, host, username, direction, text });
  turn.emit({ to: 'files', line });
}

/** The disk knows that these have gone out, or will never know: the next one may. */
export function marked(
  state: ForeignState,
  peerId: PeerId,
  ids: readonly MessageId[],
  turn: ForeignTurn,
): void {
  const peer = state.peers.get(peerId);
  if (peer === undefined || peer.dialect.can.connection !== 'message') return;
  for (const id of ids) peer.unmarked.delete(id);
  workOn(state, peer, turn);
}

/** synergy tells its user that a peer cannot be reached instead of trying for ever. */
function limitTime(state: ForeignState, peerId: PeerId, entries: readonly Entry[], turn: ForeignTurn): void {
  const fresh = entries.filter(({ id }) => !state.timed.has(id));
  if (fresh.length === 0) return;
  const ids = fresh.map(({ id }) => id);
  for (const id of ids) state.timed.set(id, turn.now.monotonicMs);
  turn.emit({ to: 'self', afterMs: state.args.sendTimeoutMs, due: { type: 'expire', peerId, ids } });
}

function workOn(state: ForeignState, peer: ForeignPeer, turn: ForeignTurn): void {
  const job = peer.jobs[0];
  // One after the other also on disk, so that a crash lets no more than one message go out twice.
  if (job !== undefined && peer.unmarked.size === 0) reach(state, peer, job, turn);
}

function entrySent(state: ForeignState, peer: ForeignPeer, entry: Entry, turn: ForeignTurn): RouteReport {
  const { peerId } = peer;
  forgetEntries(state, peerId, [entry.id]);
  peer.activeAtMs = turn.now.monotonicMs;
  if (peer.dialect.can.connection === 'message') peer.unmarked.add(entry.id);
  keepHistoryLine(state, peer, entry, turn);
  return { type: 'confirmed', peerId, ids: [entry.id], as: 'sent' };
}

function entryRefused(state: ForeignState, { peerId, id }: Entry, error: DialectError): RouteReport {
  forgetEntries(state, peerId, [id]);
  const reason =
    error.code === 'dialect/unsupported' ? `${error.dialect} cannot carry ${error.what}` : error.code;
  return { type: 'refused', peerId, ids: [id], reason };
}

/** Returns the meaning to the peer: a typed text may be the word of a command. */
function meantUtterance(dialect: AnyForeignDialect, job: Job, piece: string): Utterance {
  const meant = job.type === 'entry' && piece === wordsOf(job.entry.content) ? dialect.means(piece) : 'text';
  if (meant === 'leave') return { type: 'leave', words: null };
  return meant === 'connect' ? { type: 'connect' } : utteranceOf(job, piece);
}

const utteranceOf = (job: Job, piece: string): Utterance =>
  job.type === 'control' ? job.utterance : textOf(job.entry, piece);
