/** Callers that the transport lets in first: hosts of trusted contacts, and peers that may resume a session. */
import type { PeerId } from '../../ids.js';
import type { Resumption } from '../../session/contract.js';
import type { TicketBook } from '../../session/tickets.js';
import { fromHex } from '../../wire/bytes.js';
import { peerIdOf } from '../people/identity.js';
import type { People } from '../people/people.js';
import type { Turn } from '../turn.js';
import type { NativeEffect } from './effects.js';

/** Keeps the transport informed about these callers. */
export class KnownCallers {
  readonly #people: People;
  readonly #tickets: TicketBook;
  /** The proved hosts that discovery knows, as text. */
  #published = '[]';

  constructor(people: People, tickets: TicketBook) {
    this.#people = people;
    this.#tickets = tickets;
  }

  /** Tells the transport which callers may use the reserved slot. */
  announce(turn: Turn<NativeEffect>): void {
    const hosts = [...new Set(this.#people.provedHosts().map(({ host }) => host))];
    turn.emit({ to: 'transport', say: 'known', hosts, ticketIds: this.#tickets.ticketIds() });
    this.#tellHosts(turn);
  }

  /** Tells discovery the proved hosts again, since it has started again and knows none. */
  discoveryStarted(turn: Turn<NativeEffect>): void {
    this.#published = '[]';
    this.#tellHosts(turn);
  }

  /** Tells discovery the proved hosts of trusted contacts where they changed. */
  #tellHosts(turn: Turn<NativeEffect>): void {
    const hosts = this.#people.provedHosts();
    const text = JSON.stringify(hosts);
    if (text === this.#published) return;
    this.#published = text;
    turn.emit({ to: 'presence', say: 'watchHosts', hosts });
  }

  /** Returns the ticket that a caller names, or null. */
  find = (ticketId: Uint8Array, turn: Turn<NativeEffect>): Resumption | null =>
    this.#tickets.find(ticketId, turn.now.wallMs);

  /** Keeps a ticket that the peer may use even if the connection breaks before the session is up. */
  offered(resumption: Resumption, turn: Turn<NativeEffect>): void {
    if (this.#people.isBlocked(peerIdOf(resumption.peer.idKey))) return;
    this.#tickets.offer(resumption);
    this.announce(turn);
  }

  /** Forgets the tickets of a peer, so that it has to show its certificate. */
  forget = (peerId: PeerId): void =>
    this.#tickets.forget(fromHex(this.#people.contact(peerId)?.idKeyHex ?? ''));
}
