/** The static keys in use: when to replace our own, and which tickets a newer key invalidates. */
import type { PeerId } from '../../ids.js';
import type { TicketBook } from '../../session/tickets.js';
import { fromHex } from '../../wire/bytes.js';
import type { People } from '../people/people.js';
import { logLine, type Turn } from '../turn.js';
import type { NativeEffect } from './effects.js';
import type { OwnSide } from './live-session.js';

type OwnKey = Pick<OwnSide, 'certificateSerial' | 'keyIsOldAtMs'>;

/** Our static key, and the tickets under those of peers. */
export class StaticKeys {
  #own: OwnKey;
  readonly #people: People;
  readonly #tickets: TicketBook;

  constructor(own: OwnKey, people: People, tickets: TicketBook) {
    this.#own = own;
    this.#people = people;
    this.#tickets = tickets;
  }

  get certificateSerial(): number {
    return this.#own.certificateSerial;
  }

  /** Asks for another static key once the own one is old. */
  check(turn: Turn<NativeEffect>): void {
    if (turn.now.wallMs >= this.#own.keyIsOldAtMs) turn.emit({ to: 'identity', say: 'renew' });
  }

  /** Takes over a new static key of our own. Live sessions stay; each new one begins with a full handshake. */
  renewed({ certificateSerial, keyIsOldAtMs }: OwnKey, turn: Turn<NativeEffect>): void {
    this.#own = { certificateSerial, keyIsOldAtMs };
    this.#tickets.renewed(certificateSerial);
    turn.emit(logLine('info', 'session-key-renewed', { serial: certificateSerial }));
  }

  /**
   * Takes the certificate that a signed beacon names: tickets under an older one are forgotten, so a full handshake
   * follows.
   */
  announced(peerId: PeerId, serial: number): void {
    const idKeyHex = this.#people.contact(peerId)?.idKeyHex ?? '';
    if (idKeyHex !== '' && serial > 0) this.#tickets.seen(fromHex(idKeyHex), serial);
  }
}
