/**
 * Whom a word means: a name, a tag, an id, a place in the list or an address. Acts on the node's state; called from the
 * node's handlers only.
 */
import { err, ok, okAsync, ResultAsync, type Result } from 'neverthrow';
import type { PeerEvent } from '../events.js';
import { isNativeId } from './identity.js';
import { foldCase, resolvePeer, taggedName } from './name.js';
import { isBlocked, namedPeers, peerRow, peerRows, nameOf, stateOf } from './book.js';
import { unreachable } from '../../exhaustive.js';
import type { ChatError } from '../errors.js';
import type { PeerId } from '../../ids.js';
import { formatAddress, type Address } from '../../wire/address.js';
import { dialAddress } from '../routes/native.js';
import type { NodeContext, NodeState } from '../core.js';
import type { FindFault } from '../../actors/node/protocol.js';

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
