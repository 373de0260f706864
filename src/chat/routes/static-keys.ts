/** Which static keys are in use: when the own one is to be replaced, and which tickets a newer key makes worthless. */
import type { PeerId } from '../../ids.js';
import type { TicketBook } from '../../session/tickets.js';
import { fromHex } from '../../wire/bytes.js';
import type { People } from '../people/people.js';
import { logLine, type Turn } from '../turn.js';
import type { NativeEffect } from './effects.js';
import type { OwnSide } from './live-session.js';

type OwnKey = Pick<OwnSide, 'certificateSerial' | 'keyIsOldAtMs'>;

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

  /** The own static key was replaced. Sessions that are up stay; each new one begins with a full handshake. */
  renewed({ certificateSerial, keyIsOldAtMs }: OwnKey, turn: Turn<NativeEffect>): void {
    this.#own = { certificateSerial, keyIsOldAtMs };
    this.#tickets.renewed(certificateSerial);
    turn.emit(logLine('info', 'session-key-renewed', { serial: certificateSerial }));
  }

  /** A signed beacon names a certificate: a ticket under an older one is forgotten, so a full handshake follows. */
  announced(peerId: PeerId, serial: number): void {
    const idKeyHex = this.#people.contact(peerId)?.idKeyHex ?? '';
    if (idKeyHex !== '' && serial > 0) this.#tickets.seen(fromHex(idKeyHex), serial);
  }
}
