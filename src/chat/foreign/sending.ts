/**
 * What is said to older programs. Where a connection carries one message, each has its own, one after the other, so
 * that they arrive in order; where it carries a talk, all goes over the one that stands. Acts on the node's state;
 * called from the node's handlers only. What the outbox has to be told is returned.
 *
 *   outbox.say ─► jobs ─► dial ─► talk.say … talkSent ─► outbox.confirmed ─► sent
 */
import { err, ok } from 'neverthrow';
import type { Line } from '../delivery/entry.js';
import { isBlocked, nameOf, saidNameOf } from '../people/book.js';
import { formatHistoryLine, unannouncedName } from '../../dialects/cmp2204/files.js';
import type {
  AnyForeignDialect as TalkDialect,
  ForeignOptions as TalkOptions,
  Utterance,
} from '../../dialects/dialect.js';
import { netechManual } from '../../dialects/netech/codec.js';
import type { ChatError, DialError as TransportError } from '../errors.js';
import type { DialectError } from '../../dialects/errors.js';
import type { RuntimeError } from '../../runtime/errors.js';
import { parseConnectionId, type ConnectionId, type MessageId, type PeerId } from '../../ids.js';
import { dialing } from '../routes/limits.js';
import type { BodyOf } from '../../runtime/actor.js';
import { noteSent } from './presence.js';
import {
  allowed,
  currentTalk,
  newToken,
  noRandom,
  recordOf,
  sayNext,
  talkOptions,
  textOf,
  type OutboxTurn,
} from './peers.js';
import { newId, type NodeContext, type NodeState } from '../core.js';
import type { TalkArgs } from '../../actors/connection/protocol.js';
import type { NodeProtocol } from '../../actors/node/protocol.js';
import type { Job, LegacyFault, LegacyRecord, LiveTalk } from './state.js';

/**
 * The outbox wants to send. `up`: there is a way, or there will be one for each message. `dialling`: the talk will
 * report. `refused`: the dialect is off, or the peer blocked.
 */
export function reachForOutbox(
  state: NodeState,
  peerId: PeerId,
  context: NodeContext,
): 'up' | 'dialling' | 'refused' {
  const record = allowed(state, peerId);
  if (record.isErr() || isBlocked(state.book, peerId)) return 'refused';
  if (record.value.dialect.can.connection === 'message') return 'up';
  if (currentTalk(state, peerId) !== undefined) return 'up';
  reach(state, record.value, null, context);
  return 'dialling';
}

/** Opens a connection, unless one is under way. */
export function reach(state: NodeState, record: LegacyRecord, job: Job | null, context: NodeContext): void {
  if (record.work !== null) return;
  const connectionId = parseConnectionId(newId(state, 'o'))._unsafeUnwrap();
  record.work = { connectionId, job, piece: '', isSent: false };
  state.legacy.dials.set(connectionId, record.peerId);
  const { host, port } = record;
  const deadlineMs = dialing.connectDeadlineMs;
  void context.links.transport.call('dial', { connectionId, host, port, deadlineMs }).match(
    (opened) => context.self('dialled', { connectionId, opened: opened.port }),
    (error) => context.self('dialFailed', { connectionId, error }),
  );
}

/** Lines of an outbox, to be said in this order. */
export function sayLines(
  state: NodeState,
  peerId: PeerId,
  lines: readonly Line[],
  context: NodeContext,
): void {
  const record = allowed(state, peerId);
  if (record.isErr()) return;
  if (record.value.dialect.can.connection === 'message') {
    const jobs = lines.map((line): Job => ({ type: 'line', line }));
    record.value.jobs = [...record.value.jobs, ...jobs];
    if (record.value.dialect.name === 'synergy') limitTime(state, peerId, lines, context);
    workOn(state, record.value, context);
    return;
  }
  const live = currentTalk(state, peerId);
  if (live === undefined) return;
  for (const line of lines) live.waiting.push(line);
  sayNext(state, live);
}

/** Something that is no text; goes in turn with what waits for the peer. */
export function sayControl(
  state: NodeState,
  record: LegacyRecord,
  job: Omit<Extract<Job, { type: 'control' }>, 'type'>,
  context: NodeContext,
): void {
  record.jobs = [...record.jobs, { type: 'control', ...job }];
  workOn(state, record, context);
}

/** Whose dial this was; null: of no older program. */
export function takeDial(state: NodeState, connectionId: ConnectionId): LegacyRecord | null {
  const peerId = state.legacy.dials.get(connectionId);
  state.legacy.dials.delete(connectionId);
  return (peerId === undefined ? undefined : state.legacy.peers.get(peerId)) ?? null;
}

/** How to speak on a connection that we opened. */
export function dialOptions(state: NodeState, record: LegacyRecord): TalkArgs['options'] {
  const { dialect, host, work } = record;
  const job = work?.job ?? null;
  const line = job?.type === 'line' ? job.line : null;
  const isManual = job?.type === 'control' && job.isManual && dialect.name === 'netech';
  return talkOptions(state, dialect.name, host, {
    form: isManual ? netechManual : record.form,
    secure: line?.encryption === 'toy-dh-3des',
    privateNumber: (line === null ? undefined : state.legacy.privateNumbers.get(line.id)) ?? null,
  });
}

/** The connection for a message stands: says the message. */
export function sayJob(
  state: NodeState,
  record: LegacyRecord,
  live: LiveTalk,
  options: TalkArgs['options'],
): void {
  const { work } = record;
  const job = work?.job ?? null;
  if (work === null || job === null || !record.jobs.includes(job)) {
    live.ref.cast('close', {});
    return;
  }
  if (job.type === 'line') {
    const { id, text } = job.line;
    const saidUnits = record.saidUnits.get(id) ?? 0;
    work.piece = nextPiece(record.dialect, text, saidUnits, { ...options, random: noRandom });
  }
  live.ref.cast('say', { token: newToken(state), utterance: utteranceOf(job, work.piece) });
}

/**
 * What of a text goes over the next connection: the most of its rest that can. How much that is may change from one to
 * the next, with our name or with the form in which the peer spells, so each is cut for itself.
 */
export function nextPiece(
  dialect: TalkDialect,
  text: string,
  saidUnits: number,
  options: TalkOptions,
): string {
  const rest = text.slice(saidUnits);
  return dialect.pieces(rest, options).match(
    ([first]) => first ?? rest,
    // A rest may be what alone would be a command; its first character is none. A whole text is refused for it.
    () => (saidUnits === 0 ? rest : String.fromCodePoint(rest.codePointAt(0) ?? 0)),
  );
}

/** The system has taken it: as far as an older program lets anybody know, it is sent. */
export function talkSent(
  state: NodeState,
  { talkId, token }: BodyOf<NodeProtocol, 'talkSent'>,
): readonly OutboxTurn[] {
  const live = state.legacy.talks.get(talkId);
  const record = recordOf(state, live);
  if (live === undefined || record === undefined) return [];
  const line = live.said.get(token);
  if (line !== undefined) {
    live.said.delete(token);
    sayNext(state, live);
    return [lineSent(state, record, line)];
  }
  const { work } = record;
  if (work?.connectionId !== live.connectionId || work.job === null) return [];
  const { job } = work;
  work.isSent = true;
  noteSent(state, record, utteranceOf(job, work.piece));
  if (job.type === 'line') {
    const { id, text } = job.line;
    const saidUnits = (record.saidUnits.get(id) ?? 0) + work.piece.length;
    record.saidUnits.set(id, saidUnits);
    if (saidUnits < text.length) return [];
  }
  record.jobs = record.jobs.filter((each) => each !== job);
  if (job.type === 'line') return [lineSent(state, record, job.line)];
  job.settle(ok(null));
  return [];
}

/** Not a matter of trying again: it can never be said there. Returns the line that has failed. */
export function talkRefused(
  state: Pick<NodeState, 'legacy'>,
  { talkId, token, error }: BodyOf<NodeProtocol, 'talkRefused'>,
): { readonly line: Line; readonly error: DialectError } | null {
  const live = state.legacy.talks.get(talkId);
  const record = recordOf(state, live);
  if (live === undefined || record === undefined) return null;
  const said = live.said.get(token);
  if (said !== undefined) {
    live.said.delete(token);
    sayNext(state, live);
    forgetLines(state, said.peerId, [said.id]);
    return { line: said, error };
  }
  const { work } = record;
  if (work?.connectionId !== live.connectionId || work.job === null) return null;
  const { job } = work;
  work.isSent = true;
  record.jobs = record.jobs.filter((each) => each !== job);
  live.ref.cast('close', {});
  if (job.type === 'line') {
    forgetLines(state, job.line.peerId, [job.line.id]);
    return { line: job.line, error };
  }
  job.settle(err(error));
  return null;
}

/** The connection for a message is over: the next, if it brought its message; else the outbox tries again later. */
export function jobEnded(
  state: NodeState,
  record: LegacyRecord,
  fault: TransportError | RuntimeError,
  context: NodeContext,
): readonly OutboxTurn[] {
  const { work } = record;
  record.work = null;
  if (work === null || work.isSent || work.job === null) {
    workOn(state, record, context);
    return [];
  }
  record.lastFault = fault.code === 'transport/dial-failed' ? fault.reason : fault.code;
  const { job } = work;
  if (job.type === 'control') {
    record.jobs = record.jobs.filter((each) => each !== job);
    job.settle(err(fault));
    workOn(state, record, context);
    return [];
  }
  record.jobs = record.jobs.filter((each) => each.type !== 'line');
  workOn(state, record, context);
  return [{ type: 'down', peerId: record.peerId }];
}

/** Nobody took part in the talk that we wanted to open. */
export function talkCameToNothing(record: LegacyRecord, fault: LegacyFault): readonly OutboxTurn[] {
  record.work = null;
  const waiting = record.waiters;
  record.waiters = [];
  for (const waiter of waiting) waiter(err(fault));
  return [{ type: 'unreached', peerId: record.peerId }];
}

/** Takes these lines out of what is to be said, for good. */
export function dropLines(state: Pick<NodeState, 'legacy'>, peerId: PeerId, ids: readonly MessageId[]): void {
  forgetLines(state, peerId, ids);
  const record = state.legacy.peers.get(peerId);
  if (record === undefined) return;
  const dropped = new Set(ids);
  record.jobs = record.jobs.filter((job) => job.type !== 'line' || !dropped.has(job.line.id));
}

/** A peer is blocked: nothing more is said to it. Its lines wait in the history, which knows them all. */
export function hush(state: NodeState, peerId: PeerId): void {
  const record = state.legacy.peers.get(peerId);
  if (record === undefined) return;
  const { jobs } = record;
  record.jobs = [];
  for (const job of jobs) if (job.type === 'control') job.settle(err(blockedFault(state, peerId)));
}

export const blockedFault = (state: NodeState, peerId: PeerId): ChatError => ({
  code: 'chat/blocked',
  peer: nameOf(state.book, peerId),
});

/** What was kept of lines that are said, or never will be. */
export function forgetLines(
  { legacy }: Pick<NodeState, 'legacy'>,
  peerId: PeerId,
  ids: readonly MessageId[],
): void {
  const { peers, privateNumbers, timed } = legacy;
  const record = peers.get(peerId);
  for (const id of ids) {
    record?.saidUnits.delete(id);
    privateNumbers.delete(id);
    timed.delete(id);
  }
}

/** The old program's own file holds what it would hold there. */
export function keepOldLine(
  state: NodeState,
  record: LegacyRecord,
  { text, direction, receivedAtMs }: Pick<Line, 'text' | 'direction' | 'receivedAtMs'>,
): void {
  if (record.dialect.name !== 'cmp2204') return;
  const { peerId, host } = record;
  const username = saidNameOf(state.book, peerId) || unannouncedName;
  state.args.legacy.keepOldLine(formatHistoryLine({ atMs: receivedAtMs, host, username, direction, text }));
}

/** synergy tells its user that a peer cannot be reached instead of trying for ever. */
function limitTime(state: NodeState, peerId: PeerId, lines: readonly Line[], context: NodeContext): void {
  const { timed } = state.legacy;
  const fresh = lines.filter(({ id }) => !timed.has(id));
  const [first] = fresh;
  if (first === undefined) return;
  for (const { id } of fresh) timed.add(id);
  const leftMs = first.receivedAtMs + state.args.legacy.sendTimeoutMs - Date.now();
  context.after(Math.max(0, leftMs), 'giveUp', { peerId, ids: fresh.map(({ id }) => id) });
}

/** The disk knows that these have gone out, or will never know: the next one may. */
export function linesKept(
  state: NodeState,
  peerId: PeerId,
  ids: readonly MessageId[],
  context: NodeContext,
): void {
  const record = state.legacy.peers.get(peerId);
  if (record === undefined || record.dialect.can.connection !== 'message') return;
  for (const id of ids) record.unkept.delete(id);
  workOn(state, record, context);
}

function workOn(state: NodeState, record: LegacyRecord, context: NodeContext): void {
  const job = record.jobs[0];
  // One after the other also on disk, so that a crash lets no more than one message go out twice.
  if (job !== undefined && record.unkept.size === 0) reach(state, record, job, context);
}

function lineSent(state: NodeState, record: LegacyRecord, line: Line): OutboxTurn {
  forgetLines(state, record.peerId, [line.id]);
  record.activeAtMs = performance.now();
  if (record.dialect.can.connection === 'message') record.unkept.add(line.id);
  keepOldLine(state, record, line);
  return { type: 'sent', peerId: record.peerId, ids: [line.id] };
}

const utteranceOf = (job: Job, piece: string): Utterance =>
  job.type === 'control' ? job.utterance : textOf(job.line, piece);
