/**
 * What is kept of peers that were met, and which of them are friends: whom discovery never forgets, and for whom the
 * transport keeps a slot. Acts on the node's state; called from the node's handlers only.
 */
import type { Contact } from './contact.js';
import { isNativeId } from './identity.js';
import { addressesOf, isBlocked, longestUnseenStranger } from './book.js';
import type { PeerId } from '../../ids.js';
import { publishPeer, type NodeContext, type NodeState } from '../core.js';

/** Changes a contact here and on disk. The disk may lag: what is lost with it is learnt again. */
export function putContact(state: NodeState, contact: Contact, context: NodeContext): void {
  state.book.contacts.set(contact.peerId, contact);
  void context.links.history
    .call('putContact', contact)
    .mapErr((error) => context.log('error', 'contact-not-kept', { code: error.code, peer: contact.peerId }));
}

/** … and tells those who watch. */
export function changeContact(state: NodeState, contact: Contact, context: NodeContext): void {
  putContact(state, contact, context);
  publishPeer(state, contact.peerId);
}

/** Makes room for a newcomer, who may be one of very many: what is kept of the other goes with it. */
export function forgetStranger(
  { book, friends, toldPeers }: Pick<NodeState, 'book' | 'friends' | 'toldPeers'>,
  context: ContactKeeper,
): void {
  const peerId = longestUnseenStranger(book, friends);
  if (peerId === null) return;
  book.contacts.delete(peerId);
  // Of one who is still here it is told when it goes.
  if (!book.presence.has(peerId)) toldPeers.delete(peerId);
  void context.links.history
    .call('dropContact', { peerId })
    .mapErr(({ code }) => context.log('error', 'contact-not-dropped', { code, peer: peerId }));
}

/** From now on a slot is kept for this peer, and its name is its own. */
export function befriend(state: NodeState, peerId: PeerId, context: NodeContext): void {
  if (state.friends.has(peerId)) return;
  state.friends.add(peerId);
  tellTransport(state, context);
  tellDiscovery(state, context);
}

/** Whom discovery never evicts, and for whom it keeps signature checks: friends, not whoever once called. */
export function tellDiscovery(state: NodeState, context: NodeContext): void {
  context.links.discovery.cast('contacts', { peerIds: [...state.friends] });
}

/** Tells the transport who may use the reserved slot: an older program proves nothing, so its address opens none. */
export function tellTransport(state: NodeState, context: NodeContext): void {
  const welcome = [...state.friends].filter((peerId) => isNativeId(peerId) && !isBlocked(state.book, peerId));
  const addresses = welcome.flatMap((peerId) => addressesOf(state.book, peerId).map(({ host }) => host));
  const ticketIds = state.tickets.ticketIds();
  context.links.transport.cast('known', { addresses: [...new Set(addresses)], ticketIds });
}

interface ContactKeeper {
  readonly links: Pick<NodeContext['links'], 'history'>;
  readonly log: NodeContext['log'];
}
