/** Says words about the network to peers. They are not kept, and a peer without a session does not get them. */
import type { Inquiry } from '../../dialects/inquiry.js';
import type { PeerId } from '../../ids.js';
import type { Turn } from '../turn.js';
import type { SessionEffect } from './effects.js';
import type { SessionTable } from './session-table.js';
import { tellSession } from './tell-session.js';

/** The way of such words to a peer. */
export class Inquirer {
  readonly #sessions: SessionTable;

  constructor(sessions: SessionTable) {
    this.#sessions = sessions;
  }

  /** Says them on the session that was heard last. False: no session with the peer is up. */
  say(peerId: PeerId, words: Inquiry, turn: Turn<SessionEffect>): boolean {
    const [live] = this.#sessions.usableWith(peerId);
    if (live !== undefined)
      tellSession(live, { say: 'utter', utterances: [{ type: 'inquiry', words }] }, turn);
    return live !== undefined;
  }
}
