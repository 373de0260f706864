/**
 * Who we are to others, and how they want to be called. Acts on the node's state; called from the node's handlers only.
 */
import type { Result } from 'neverthrow';
import { tagOf } from './identity.js';
import { sanitiseName } from './name.js';
import type { ChatError } from '../errors.js';
import type { PeerId, SessionId } from '../../ids.js';
import { name as dialing } from './limits.js';
import { toHex } from '../../wire/bytes.js';
import { changeContact } from './contacts.js';
import { introduce } from '../routes/native.js';
import type { LiveSession, NodeContext, NodeState } from '../core.js';
import type { SelfInfo } from '../contract.js';

export function selfInfo(state: NodeState): SelfInfo {
  const { peerId } = state.args.identity;
  return {
    id: peerId,
    name: state.name,
    tag: tagOf(peerId),
    addresses: state.args.ownAddresses(),
    bound: state.listening?.host ?? '',
    port: state.listening?.port ?? 0,
    pid: process.pid,
    home: state.args.home,
    legacyPorts: [...state.legacy.ports].map(([dialect, port]) => ({ dialect, port })),
  };
}

/** Takes another name and tells it to everybody. Errors: `chat/name-invalid`. */
export function rename(state: NodeState, raw: string, context: NodeContext): Result<SelfInfo, ChatError> {
  return sanitiseName(raw).map((name) => {
    state.name = name;
    state.args.keepName(name);
    context.links.broadcast.cast('describe', { name, tcpPort: state.listening?.port ?? 0 });
    const instance = toHex(state.args.identity.local.bootId);
    for (const sessionId of state.current.values()) {
      state.sessions.get(sessionId)?.ref.cast('say', { utterances: [{ type: 'profile', name, instance }] });
    }
    for (const talkId of state.legacy.standing.values())
      state.legacy.talks
        .get(talkId)
        ?.ref.cast('say', { token: 0, utterance: { type: 'profile', name, instance } });
    return selfInfo(state);
  });
}

/**
 * A peer says how it wants to be called. Each change costs a row on disk and a word to everybody who watches, so only
 * one a second is taken; of those that come faster the last.
 */
export function heardName(state: NodeState, live: LiveSession, raw: string, context: NodeContext): void {
  const waitMs = live.renamedAtMs + dialing.renameEveryMs - performance.now();
  if (waitMs > 0) {
    if (live.renameTo === null) context.after(waitMs, 'nameDue', { sessionId: live.sessionId });
    live.renameTo = raw;
    return;
  }
  live.renamedAtMs = performance.now();
  if (live.peerId !== null) renamed(state, live.peerId, raw, context);
  introduce(state, live);
}

/** The time for a change of name that had to wait; or nobody has told a name so far, and it goes without. */
export function nameDue(state: NodeState, sessionId: SessionId, context: NodeContext): void {
  const live = state.sessions.get(sessionId);
  if (live === undefined) return;
  const { renameTo } = live;
  live.renameTo = null;
  if (renameTo === null) introduce(state, live);
  else heardName(state, live, renameTo, context);
}

function renamed(state: NodeState, peerId: PeerId, raw: string, context: NodeContext): void {
  const name = sanitiseName(raw);
  const contact = state.book.contacts.get(peerId);
  if (name.isErr() || contact === undefined || contact.name === name.value) return;
  changeContact(state, { ...contact, name: name.value }, context);
}
