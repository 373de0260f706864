/** What the knowledge of peers asks of the world. Types only. */
import type { PeerId } from '../../ids.js';
import type { ErrorEvent, PeerEvent } from '../events.js';
import type { LogEffect, Token } from '../turn.js';
import type { Contact } from './contact.js';

export type PeopleEffect =
  | { readonly to: 'history'; readonly token: Token; readonly ask: ContactAsk }
  | { readonly to: 'feed'; readonly event: PeerEvent | ErrorEvent }
  /** Peers that discovery never evicts, and for which it keeps signature checks. */
  | { readonly to: 'presence'; readonly say: 'contacts'; readonly peerIds: readonly PeerId[] }
  | LogEffect;

/** Changes of contacts on disk. The disk may lag: what is lost with it is learnt again from the peer. */
export type ContactAsk =
  | { readonly type: 'put-contact'; readonly contact: Contact }
  | { readonly type: 'drop-contact'; readonly peerId: PeerId };
