/**
 * What people ask of the node about a peer: what was said with it, is this really it, never again. Acts on the node's
 * state; called from the node's handlers only.
 */
import { errAsync, okAsync, type ResultAsync } from 'neverthrow';
import type { Contact } from './contact.js';
import type { Line } from '../delivery/entry.js';
import type { PeerEvent } from '../events.js';
import { isSameSafetyNumber } from './identity.js';
import { nameOf, peerRow } from './book.js';
import type { PeerId } from '../../ids.js';
import type { BodyOf } from '../../runtime/actor.js';
import { befriend, changeContact, tellTransport } from './contacts.js';
import { findPeer } from './find.js';
import { hush } from '../foreign/sending.js';
import { breakOff, currentTalk, sayFarewell } from '../foreign/peers.js';
import type { NodeContext, NodeState } from '../core.js';
import { holdOutbox } from '../delivery/delivery.js';
import type { SafetyInfo } from '../contract.js';
import type { NodeProtocol, SendFault, FindFault } from '../../actors/node/protocol.js';

/** Lines of the history; `peer`: only those of the conversation with it. Errors: as `findPeer`; `store/…`. */
export function page(
  state: NodeState,
  body: BodyOf<NodeProtocol, 'page'>,
  context: NodeContext,
): ResultAsync<readonly Line[], SendFault> {
  const { peer, query } = body;
  if (peer === null) return context.links.history.call('page', query);
  return findPeer(state, peer, context).andThen((peerId) =>
    context.links.history.call('page', { ...query, peerId }),
  );
}

/** Both keys as sixty digits, the same on both sides. Errors: as `findPeer`; `chat/unknown-peer` before a handshake. */
export function safetyOf(
  state: NodeState,
  word: string,
  context: NodeContext,
): ResultAsync<SafetyInfo, FindFault> {
  return findPeer(state, word, context).andThen((peerId) => safetyWith(state, peerId, word));
}

function safetyWith(state: NodeState, peerId: PeerId, word: string): ResultAsync<SafetyInfo, FindFault> {
  const contact = state.book.contacts.get(peerId);
  if (contact === undefined || contact.idKeyHex === '') {
    return errAsync<SafetyInfo, FindFault>({ code: 'chat/unknown-peer', peer: word });
  }
  const other = new Uint8Array(Buffer.from(contact.idKeyHex, 'hex'));
  const number = state.args.safetyNumber(state.args.identity.idKey, other);
  return number.map((code) => ({
    peer: peerRow(state.book, peerId),
    code,
    verified: contact.trust === 'verified',
  }));
}

/** Marks a peer verified. Errors: as `safetyOf`; `chat/code-mismatch`. */
export function verify(
  state: NodeState,
  word: string,
  code: string | null,
  context: NodeContext,
): ResultAsync<SafetyInfo, FindFault> {
  // Found once: who bears the name may change while the number is worked out.
  return findPeer(state, word, context).andThen((peerId) =>
    safetyWith(state, peerId, word).andThen((safety) => {
      if (code !== null && !isSameSafetyNumber(code, safety.code)) {
        return errAsync<SafetyInfo, FindFault>({ code: 'chat/code-mismatch', peer: safety.peer.name });
      }
      const contact = state.book.contacts.get(peerId);
      if (contact !== undefined) changeContact(state, { ...contact, trust: 'verified' }, context);
      befriend(state, peerId, context);
      return okAsync({ ...safety, peer: peerRow(state.book, peerId), verified: true });
    }),
  );
}

/** Ends and refuses all sessions with a peer from now on, or lets it in again. Errors: as `findPeer`. */
export function block(
  state: NodeState,
  word: string,
  blocked: boolean,
  context: NodeContext,
): ResultAsync<PeerEvent, FindFault> {
  return findPeer(state, word, context).map((peerId) => {
    const before = state.book.contacts.get(peerId) ?? stranger(state, peerId);
    if (before.blocked === blocked) return peerRow(state.book, peerId);
    changeContact(state, { ...before, blocked }, context);
    if (blocked) {
      // Who resumes is not judged again: without a ticket it must show its certificate.
      state.tickets.forget(new Uint8Array(Buffer.from(before.idKeyHex, 'hex')));
      hush(state, peerId);
      const talk = currentTalk(state, peerId);
      if (talk !== undefined) breakOff(talk);
      endSessions(state, peerId);
    }
    holdOutbox(state, peerId, blocked, context);
    tellTransport(state, context);
    return peerRow(state.book, peerId);
  });
}

export function endSessions(state: NodeState, peerId: PeerId): void {
  const talk = currentTalk(state, peerId);
  if (talk !== undefined) sayFarewell(state, talk);
  for (const live of state.sessions.values())
    if (live.peerId === peerId) live.ref.cast('close', { reason: 'shutdown' });
}

/** A peer that was only heard of so far: its key is not known, only the id that stands for it. */
function stranger(state: NodeState, peerId: PeerId): Contact {
  const lastSeenMs = state.book.presence.get(peerId)?.lastSeenMs ?? 0;
  return {
    peerId,
    name: nameOf(state.book, peerId),
    idKeyHex: '',
    trust: 'pinned',
    blocked: false,
    certificateSerial: 0,
    wireVersion: 0,
    address: '',
    firstSeenMs: lastSeenMs,
    lastSeenMs,
  };
}
