/**
 * What people ask of the node about people: who is there, is this really them, never again, call me so. Acts on the
 * node's state; called from the node's handlers only.
 */
import { err, errAsync, ok, okAsync, ResultAsync, type Result } from 'neverthrow';
import type { Contact } from '../chat/contact.js';
import type { Line } from '../chat/conversation.js';
import type { PeerEvent } from '../chat/events.js';
import { isNativeId, isSameSafetyNumber, tagOf } from '../chat/identity.js';
import { foldCase, resolvePeer, sanitiseName, taggedName } from '../chat/name.js';
import { isBlocked, namedPeers, nameOf, peerRow, peerRows, stateOf } from '../chat/peer-book.js';
import {
  unreachable,
  type ChatError,
  type RuntimeError,
  type SessionError,
  type TransportError,
} from '../errors.js';
import type { PeerId, SessionId } from '../ids.js';
import { dialing } from '../limits.js';
import type { BodyOf } from '../runtime/actor.js';
import type { SafetyInfo, SelfInfo } from './node-handle.js';
import type { NodeProtocol, SendFault } from './node.js';
import { dialAddress, introduce, putContact, tellDiscovery, tellTransport } from './node-sessions.js';
import { hush } from './node-legacy-say.js';
import { breakOff, currentTalk, sayFarewell } from './node-legacy-state.js';
import { publishPeer, type LiveSession, type NodeContext, type NodeState } from './node-state.js';
import { holdOutbox } from './node-talk.js';
import { formatAddress, type Address } from '../wire/address.js';

export type FindFault = ChatError | SessionError | TransportError | RuntimeError;

/**
 * Whom a word means. An address is dialled, since only its key tells who is there; one in a dialect is itself the
 * identity. Errors: `chat/unknown-peer`, `chat/ambiguous-peer`, `chat/key-changed`; for an address also what the dial or
 * the handshake says.
 */
export function findPeer(
  state: NodeState,
  word: string,
  context: NodeContext,
): ResultAsync<PeerId, FindFault> {
  return meantBy(state, word).asyncAndThen((meant): ResultAsync<PeerId, FindFault> =>
    typeof meant === 'string' ? okAsync(meant) : askAddress(state, meant, context),
  );
}

/** The same of those who are known, without a dial: an address means who was last there. Errors: the first three. */
export function knownPeer(state: NodeState, word: string): Result<PeerEvent, ChatError> {
  const unknown = err<PeerEvent, ChatError>({ code: 'chat/unknown-peer', peer: word });
  return meantBy(state, word).andThen((meant) => {
    if (typeof meant === 'string') {
      const isKnown = !isNativeId(meant) || namedPeers(state.book).some(({ peerId }) => peerId === meant);
      return isKnown ? ok(peerRow(state.book, meant)) : unknown;
    }
    const there = peerRows(state.book).filter(
      ({ dialect, address, port }) => dialect === 'native' && address === meant.host && port === meant.port,
    );
    const row = there.find(({ state: seen }) => seen === 'online') ?? there[0];
    return row === undefined ? unknown : ok(row);
  });
}

/** An identity, or an address at which somebody may be. */
function meantBy(state: NodeState, word: string): Result<PeerId | Address, ChatError> {
  const target = resolvePeer(word, namedPeers(state.book));
  if (target.isErr()) return ownerOfName(state, word, target.error);
  switch (target.value.type) {
    case 'peer':
      if (target.value.peerId === state.args.identity.peerId)
        return err({ code: 'chat/unknown-peer', peer: word });
      return guardName(state, ownerOfSpelling(state, target.value.peerId, word), word);
    case 'address':
      return ok(target.value);
    case 'legacy':
      // Its transcript may be read, and it may be blocked, whether its dialect is switched on or not.
      return ok(target.value.peerId);
    default:
      return unreachable(target.value);
  }
}

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

/** Who answers at the address. A contact proved there before must be the one who answers now. */
function askAddress(
  state: NodeState,
  address: Address,
  context: NodeContext,
): ResultAsync<PeerId, FindFault> {
  const typed = formatAddress(address);
  for (const [peerId, live] of state.book.live) if (formatAddress(live) === typed) return okAsync(peerId);
  const asked = new Promise<Result<PeerId, FindFault>>((resolve) => {
    dialAddress(
      state,
      address,
      (found) => {
        if (typeof found === 'string') resolve(sameAsBefore(state, found, typed));
        else if (found.code !== 'session/own-identity') resolve(err(found));
        else resolve(err({ code: 'chat/own-address', address: typed }));
      },
      context,
    );
  });
  return new ResultAsync(asked);
}

/** As with a host key that changed: whoever was pinned at this address is not replaced by whoever answers there. */
function sameAsBefore(state: NodeState, found: PeerId, typed: string): Result<PeerId, ChatError> {
  if (state.friends.has(found)) return ok(found);
  for (const peerId of state.friends) {
    const contact = state.book.contacts.get(peerId);
    if (contact?.address === typed && !contact.blocked)
      return err({ code: 'chat/key-changed', peer: taggedName(contact) });
  }
  return ok(found);
}

/**
 * A bare name that several bear belongs to the one contact among them. While that one is away and a stranger is here
 * under its name, the name leads to nobody: the user decides, by naming the tag.
 */
function ownerOfName(state: NodeState, word: string, error: ChatError): Result<PeerId, ChatError> {
  if (error.code !== 'chat/ambiguous-peer') return err(error);
  const bearers = namedPeers(state.book).filter(
    (peer) => error.candidates.includes(taggedName(peer)) && !isBlocked(state.book, peer.peerId),
  );
  // With all others blocked the user has decided already.
  const owners = bearers.length === 1 ? bearers : bearers.filter(({ peerId }) => state.friends.has(peerId));
  const [owner, second] = owners;
  if (owner === undefined || second !== undefined) return err(error);
  return guardName(state, owner.peerId, word);
}

/** A stranger who spells the name of one contact as the word does takes nothing over: `bob` still leads to Bob. */
function ownerOfSpelling(state: NodeState, found: PeerId, word: string): PeerId {
  const name = foldCase(word.trim());
  if (state.friends.has(found) || foldCase(nameOf(state.book, found)) !== name) return found;
  const owners = [...state.friends].filter(
    (peerId) =>
      isNativeId(peerId) && !isBlocked(state.book, peerId) && foldCase(nameOf(state.book, peerId)) === name,
  );
  const [owner, second] = owners;
  return owner === undefined || second !== undefined ? found : owner;
}

function guardName(state: NodeState, peerId: PeerId, word: string): Result<PeerId, ChatError> {
  const name = nameOf(state.book, peerId);
  const isBareName = foldCase(word.trim()) === foldCase(name);
  if (!isBareName || stateOf(state.book, peerId) === 'online') return ok(peerId);
  const impostor = namedPeers(state.book).find(
    (other) =>
      other.peerId !== peerId &&
      // A name of an older program stands for nothing, and takes nothing over.
      isNativeId(other.peerId) &&
      foldCase(other.name) === foldCase(name) &&
      stateOf(state.book, other.peerId) === 'online',
  );
  return impostor === undefined
    ? ok(peerId)
    : err({ code: 'chat/key-changed', peer: taggedName({ peerId, name }) });
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
      if (contact !== undefined) change(state, { ...contact, trust: 'verified' }, context);
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
    change(state, { ...before, blocked }, context);
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

/** Errors: `chat/name-invalid`. */
export function rename(state: NodeState, raw: string, context: NodeContext): Result<SelfInfo, ChatError> {
  return sanitiseName(raw).map((name) => {
    state.name = name;
    state.args.keepName(name);
    context.links.broadcast.cast('describe', { name, tcpPort: state.listening?.port ?? 0 });
    const instance = instanceOf(state);
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
  change(state, { ...contact, name: name.value }, context);
}

/** From now on a slot is kept for this peer, and its name is its own. */
export function befriend(state: NodeState, peerId: PeerId, context: NodeContext): void {
  if (state.friends.has(peerId)) return;
  state.friends.add(peerId);
  tellTransport(state, context);
  tellDiscovery(state, context);
}

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

export const instanceOf = (state: NodeState): string =>
  Buffer.from(state.args.identity.local.bootId).toString('hex');

function change(state: NodeState, contact: Contact, context: NodeContext): void {
  putContact(state, contact, context);
  publishPeer(state, contact.peerId);
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
