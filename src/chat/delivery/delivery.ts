/**
 * Words: from the person who says them to the disk, to the session, to the receipt; and from a session to the disk,
 * to those who watch, to the receipt that goes back. Acts on the node's state; called from the node's handlers only.
 *
 *   out   send ─► history.append ─► queued ─► outbox ─► session.say … receipt ─► history.mark ─► delivered
 *   in    said ─► history.append ─► message ─► receipts back to the session
 */
import { errAsync, type ResultAsync } from 'neverthrow';
import type { DeliveryState, Line, NewLine } from './entry.js';
import type { StatusEvent } from '../events.js';
import { createOutbox, type Outbox, type OutboxOutput } from './outbox.js';
import { isBlocked, nameOf } from '../people/book.js';
import { isNativeId } from '../people/identity.js';
import type { Utterance } from '../../dialects/dialect.js';
import { unreachable } from '../../exhaustive.js';
import type { ChatError } from '../errors.js';
import { directConversation, type MessageId, type PeerId } from '../../ids.js';
import { outbox as outboxLimits } from './limits.js';
import { text as limits } from '../../dialects/limits.js';
import type { BodyOf, ReplyTo, ReplyOf } from '../../runtime/actor.js';
import { commitIncoming, incomingLine } from './incoming.js';
import { mannerOf, noteQueued } from '../foreign/commands.js';
import { forgetLines, linesKept, reachForOutbox, sayLines } from '../foreign/sending.js';
import type { OutboxTurn } from '../foreign/peers.js';
import { befriend } from '../people/contacts.js';
import { findPeer } from '../people/find.js';
import { heardName } from '../people/naming.js';
import { dialNewRun, dialPeer, tell } from '../routes/native.js';
import { commitLines } from './shown.js';
import { publishGone, publishPeer, type LiveSession, type NodeContext, type NodeState } from '../core.js';
import type { SendViaOptions } from '../contract.js';
import type { NodeProtocol, SendFault, Words } from '../../actors/node/protocol.js';
import type { Presence } from '../people/presence.js';

/** Writes texts to the outbox on disk, in this order. See `NodeHandle.send` for the errors. */
export function send(
  state: NodeState,
  { peer, messages, via }: BodyOf<NodeProtocol, 'send'>,
  context: NodeContext,
): ResultAsync<readonly StatusEvent[], SendFault> {
  for (const { text } of messages) {
    const refusal = refusalOfText(text);
    if (refusal !== null) return errAsync(refusal);
  }
  return findPeer(state, peer, context).andThen((peerId) => queue(state, peerId, messages, via, context));
}

/** A peer is there and proved: what waits for it can go. */
export function sessionReady(state: NodeState, live: LiveSession, context: NodeContext): void {
  if (live.peerId === null) return;
  run(state, live.peerId, outboxOf(state, live.peerId).sessionUp(performance.now()), context);
}

/** What was said and not confirmed is said again in the next session. */
export function sessionLost(state: NodeState, peerId: PeerId, context: NodeContext): void {
  const outbox = outboxOf(state, peerId);
  run(state, peerId, outbox.sessionDown(performance.now()), context);
  if (outbox.isEmpty()) state.outboxes.delete(peerId);
}

/** A dial, or the handshake on it, came to nothing. `retryAfterMs`: how long the peer asked us to stay away. */
export function dialCameToNothing(
  state: NodeState,
  peerId: PeerId,
  retryAfterMs: number,
  context: NodeContext,
): void {
  run(state, peerId, outboxOf(state, peerId).dialFailed(performance.now(), retryAfterMs), context);
}

/** What happened to talks with older programs, as far as it concerns what waits for them. */
export function takeTurns(state: NodeState, turns: readonly OutboxTurn[], context: NodeContext): void {
  const nowMs = performance.now();
  for (const turn of turns) {
    const outbox = outboxOf(state, turn.peerId);
    if (turn.type === 'sent') run(state, turn.peerId, outbox.confirmed(turn.ids, nowMs), context);
    else if (turn.type === 'up') run(state, turn.peerId, outbox.sessionUp(nowMs), context);
    else if (turn.type === 'down') run(state, turn.peerId, outbox.sessionDown(nowMs), context);
    else run(state, turn.peerId, outbox.dialFailed(nowMs), context);
  }
}

/** These can not be said, or not any more: they are not tried again, and those who watch learn why. */
export function fail(
  state: NodeState,
  peerId: PeerId,
  ids: readonly MessageId[],
  reason: string,
  context: NodeContext,
): void {
  if (ids.length === 0) return;
  mark(state, peerId, ids, 'failed', context, reason);
  // Out of its window, too; a line that has failed is never marked sent.
  takeTurns(state, [{ type: 'sent', peerId, ids }], context);
}

/** Presence: a row for those who watch, and the moment to send what waits. */
export function heard(state: NodeState, row: Presence, context: NodeContext): void {
  if (row.peerId === state.args.identity.peerId) return;
  const before = state.book.presence.get(row.peerId);
  state.book.presence.set(row.peerId, row);
  // Where it is heard now comes first, whichever of its old addresses was next.
  if (before?.bootIdHex !== row.bootIdHex || before.state !== 'online') state.addressTurn.delete(row.peerId);
  if (row.state === 'offline') publishGone(state, row.peerId);
  else publishPeer(state, row.peerId);
  if (row.state !== 'online' || isBlocked(state.book, row.peerId)) return;
  dialNewRun(state, row, context);
  const outbox = state.outboxes.get(row.peerId);
  if (outbox !== undefined) run(state, row.peerId, outbox.present(performance.now()), context);
}

/** Discovery that begins anew knows nobody: it goes on from what it had told. */
export function remindDiscovery(state: NodeState, context: NodeContext): void {
  const rows = [...state.book.presence.values()].filter(
    ({ peerId }) => isNativeId(peerId) || state.legacy.peers.get(peerId)?.isAnnounced !== false,
  );
  if (rows.length > 0) context.links.discovery.cast('recall', { rows });
}

/** Words of a peer: each kind goes its way; the reply waits for the commit of the texts. */
export function said(
  state: NodeState,
  { sessionId, utterances }: BodyOf<NodeProtocol, 'said'>,
  context: NodeContext,
  from: ReplyTo<ReplyOf<NodeProtocol, 'said'>, never>,
): void {
  const live = state.sessions.get(sessionId);
  const peerId = live?.peerId ?? null;
  if (live === undefined || peerId === null || live.isRefused || isBlocked(state.book, peerId)) {
    from.ok({ receipts: [] });
    return;
  }
  const lines: NewLine[] = [];
  const confirmed: MessageId[] = [];
  for (const utterance of utterances) {
    switch (utterance.type) {
      case 'text':
        if (utterance.id !== null) lines.push(incomingLine(state, peerId, utterance.id, utterance));
        break;
      case 'receipt':
        confirmed.push(...utterance.ids);
        break;
      case 'profile':
        heardName(state, live, utterance.name, context);
        break;
      case 'connect':
      case 'leave':
        // Words of older programs; the native dialect has sessions for that.
        break;
      default:
        unreachable(utterance);
    }
  }
  // Somebody we never wrote to has nothing to confirm.
  if (confirmed.length > 0 && state.friends.has(peerId))
    run(state, peerId, outboxOf(state, peerId).confirmed(confirmed, performance.now()), context);
  // The reply gives the peer credit for more: never faster than the disk takes what this cost.
  if (lines.length === 0) void context.links.history.credit().then(() => from.ok({ receipts: [] }));
  else void commitIncoming(state, live, lines, context).then((receipts) => from.ok({ receipts }));
}

/** The outbox has something to do by now. */
export function wake(state: NodeState, context: NodeContext): void {
  state.callOffWake = null;
  const nowMs = performance.now();
  for (const [peerId, outbox] of state.outboxes) {
    const dueAtMs = outbox.dueAtMs();
    if (dueAtMs !== null && dueAtMs <= nowMs) run(state, peerId, outbox.tick(nowMs), context);
  }
  planWake(state, context);
}

function queue(
  state: NodeState,
  peerId: PeerId,
  messages: readonly Words[],
  via: SendViaOptions | null,
  context: NodeContext,
): ResultAsync<readonly StatusEvent[], SendFault> {
  const contact = state.book.contacts.get(peerId);
  const name = nameOf(state.book, peerId);
  if (contact?.blocked === true) return errAsync({ code: 'chat/blocked', peer: name });
  const bytes = messages.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  const refusal = refusalOfOutbox(state, messages.length, bytes);
  if (refusal !== null) return errAsync(refusal);
  const texts = messages.map(({ text }) => text);
  const manner = mannerOf(state, peerId, texts, via);
  if (manner.isErr()) return errAsync(manner.error);
  const nowMs = Date.now();
  const lines = messages.map(({ id, text }): NewLine => ({
    id,
    direction: 'out',
    peerId,
    peer: name,
    conversation: directConversation(peerId),
    text,
    sentAtMs: nowMs,
    receivedAtMs: nowMs,
    dialect: manner.value.dialect,
    encryption: manner.value.encryption,
    verified: contact?.trust === 'verified',
    state: 'queued',
  }));
  noteQueued(state, lines, manner.value.privateNumber);
  // Counted before the commit, so that many callers at once cannot overfill it.
  const weigh = (sign: 1 | -1): void => {
    state.committing = {
      lines: state.committing.lines + sign * lines.length,
      bytes: state.committing.bytes + sign * bytes,
    };
  };
  weigh(1);
  befriend(state, peerId, context);
  return commitLines(state, lines, context)
    .mapErr((error) => {
      weigh(-1);
      forgetLines(
        state,
        peerId,
        lines.map(({ id }) => id),
      );
      return error;
    })
    .map((queued) => {
      weigh(-1);
      const statuses = queued.map((line) => status(line.id, name, 'queued'));
      for (const each of statuses) state.args.publish(each);
      // Blocked meanwhile: they wait on disk with the rest.
      if (!isBlocked(state.book, peerId))
        run(state, peerId, outboxOf(state, peerId).queued(queued, performance.now()), context);
      return statuses;
    });
}

/** What waits for a peer who was blocked stays on disk, and goes out if it is let in again. */
export function holdOutbox(state: NodeState, peerId: PeerId, isHeld: boolean, context: NodeContext): void {
  if (isHeld) state.outboxes.delete(peerId);
  else run(state, peerId, openOutbox(state, peerId, true).tick(performance.now()), context);
}

/** Carries out what the outbox of a peer decided. */
function run(state: NodeState, peerId: PeerId, outputs: readonly OutboxOutput[], context: NodeContext): void {
  for (const output of outputs) {
    switch (output.type) {
      case 'dial':
        dial(state, peerId, context);
        break;
      case 'say':
        if (isNativeId(peerId)) say(state, peerId, output.lines, context);
        // An older program confirms nothing: what the socket has not taken yet is not to be said twice.
        else if (!output.isAgain) sayLines(state, peerId, output.lines, context);
        break;
      case 'need-more':
        load(state, peerId, output, context);
        break;
      case 'delivered':
        mark(state, peerId, output.ids, isNativeId(peerId) ? 'delivered' : 'sent', context);
        break;
      case 'hang-up':
        hangUp(state, peerId, context);
        break;
      default:
        unreachable(output);
    }
  }
  planWake(state, context);
}

function dial(state: NodeState, peerId: PeerId, context: NodeContext): void {
  if (isNativeId(peerId)) {
    if (!dialPeer(state, peerId, context)) dialCameToNothing(state, peerId, 0, context);
    return;
  }
  const reached = reachForOutbox(state, peerId, context);
  if (reached === 'up') takeTurns(state, [{ type: 'up', peerId }], context);
  if (reached === 'refused') dialCameToNothing(state, peerId, 0, context);
}

function say(state: NodeState, peerId: PeerId, lines: readonly Line[], context: NodeContext): void {
  const live = currentSession(state, peerId);
  if (live === undefined) return;
  const utterances = lines.map(({ id, sentAtMs, text }): Utterance => ({ type: 'text', id, sentAtMs, text }));
  tell(live, 'say', { utterances }, context);
  const name = nameOf(state.book, peerId);
  const sentSeq = state.sentSeq.get(peerId) ?? 0;
  for (const { id, seq } of lines) if (seq > sentSeq) state.args.publish(status(id, name, 'sent'));
  state.sentSeq.set(peerId, Math.max(sentSeq, lines.at(-1)?.seq ?? 0));
}

/** Nothing was confirmed for long: whatever is left of that session, it is not the one to talk on. */
function hangUp(state: NodeState, peerId: PeerId, context: NodeContext): void {
  const live = currentSession(state, peerId);
  if (live !== undefined) tell(live, 'close', { reason: 'shutdown' }, context);
}

function load(
  state: NodeState,
  peerId: PeerId,
  { request, afterSeq, linesMax }: Extract<OutboxOutput, { type: 'need-more' }>,
  context: NodeContext,
): void {
  void context.links.history.call('outbox', { peerId, afterSeq, linesMax }).match(
    (lines) => {
      const isLast = lines.length < linesMax;
      run(state, peerId, outboxOf(state, peerId).loaded(request, lines, isLast, performance.now()), context);
    },
    (error) => {
      context.log('error', 'outbox-not-read', { code: error.code });
      run(state, peerId, outboxOf(state, peerId).loadFailed(request, performance.now()), context);
    },
  );
}

/** Only what really changed is told: a receipt that comes twice is one delivery. */
function mark(
  state: NodeState,
  peerId: PeerId,
  ids: readonly MessageId[],
  reached: 'sent' | 'delivered' | 'failed',
  context: NodeContext,
  reason?: string,
): void {
  void context.links.history
    .call('mark', { peerId, ids, state: reached })
    .match(
      ({ changed, outbox }) => {
        state.outboxSize = outbox;
        const name = nameOf(state.book, peerId);
        for (const id of changed)
          state.args.publish({ ...status(id, name, reached), ...(reason === undefined ? {} : { reason }) });
      },
      // They stay undelivered on disk and are said again; the peer knows them and confirms again.
      (error) => context.log('error', 'receipt-not-kept', { code: error.code }),
    )
    .then(() => linesKept(state, peerId, ids, context));
}

/** The outbox of a peer, known to hold something on disk or not. */
export function openOutbox(state: NodeState, peerId: PeerId, hasUndelivered: boolean): Outbox {
  const fresh = createOutbox({ hasUndelivered, random: state.args.random });
  state.outboxes.set(peerId, fresh);
  return fresh;
}

const outboxOf = (state: NodeState, peerId: PeerId): Outbox =>
  state.outboxes.get(peerId) ?? openOutbox(state, peerId, false);

function currentSession(state: NodeState, peerId: PeerId): LiveSession | undefined {
  const sessionId = state.current.get(peerId);
  return sessionId === undefined ? undefined : state.sessions.get(sessionId);
}

/** One timer for all outboxes: the earliest of what they are due for. */
function planWake(state: NodeState, context: NodeContext): void {
  let earliestMs = Number.POSITIVE_INFINITY;
  for (const outbox of state.outboxes.values())
    earliestMs = Math.min(earliestMs, outbox.dueAtMs() ?? earliestMs);
  if (state.wakeAtMs === earliestMs && state.callOffWake !== null) return;
  state.callOffWake?.();
  state.callOffWake = null;
  state.wakeAtMs = earliestMs;
  if (earliestMs === Number.POSITIVE_INFINITY) return;
  state.callOffWake = context.after(Math.max(1, earliestMs - performance.now()), 'wake', {});
}

function refusalOfText(text: string): ChatError | null {
  if (text === '') return { code: 'chat/text-empty' };
  if (!isWellFormed(text)) return { code: 'chat/text-invalid', detail: 'half of a surrogate pair' };
  const gotBytes = Buffer.byteLength(text);
  const limitBytes = limits.messageBytesMax;
  return gotBytes > limitBytes ? { code: 'chat/text-too-long', limitBytes, gotBytes } : null;
}

function refusalOfOutbox(state: NodeState, lines: number, bytes: number): ChatError | null {
  const { linesMax, bytesMax } = outboxLimits;
  const { outboxSize, committing } = state;
  if (outboxSize.lines + committing.lines + lines > linesMax)
    return { code: 'chat/outbox-full', limit: linesMax };
  const total = outboxSize.bytes + committing.bytes + bytes;
  return total > bytesMax ? { code: 'chat/outbox-full', limit: bytesMax } : null;
}

/** Half of a surrogate pair has no form in UTF-8: it would arrive as something else than was sent. */
const isWellFormed = (text: string): boolean => !/[\uD800-\uDFFF]/u.test(text);

const status = (id: MessageId, peer: string, state: DeliveryState): StatusEvent => ({
  type: 'status',
  id,
  peer,
  state,
});
