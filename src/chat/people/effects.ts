/** The effects of the part that knows peers. Types only. */
import type { PeerId } from '../../ids.js';
import type { ErrorEvent, PeerEvent } from '../events.js';
import type { LogEffect, Token } from '../turn.js';
import type { Contact } from './contact.js';

/** One effect of `People`. */
export type PeopleEffect =
  | { readonly to: 'history'; readonly token: Token; readonly ask: ContactAsk }
  | { readonly to: 'feed'; readonly event: PeerEvent | ErrorEvent }
  /** Peers that discovery never evicts, and for which it keeps signature checks. */
  | { readonly to: 'presence'; readonly say: 'contacts'; readonly peerIds: readonly PeerId[] }
  | LogEffect;

/** A change of a contact on disk. The disk may lag, since a lost change is learnt from the peer once more. */
export type ContactAsk =
  | { readonly type: 'put-contact'; readonly contact: Contact }
  | { readonly type: 'drop-contact'; readonly peerId: PeerId };
