/** Sends questions and answers about the network to peers with a live session. They are not kept. */
import type { Inquiry } from '../../dialects/inquiry.js';
import type { PeerId } from '../../ids.js';
import type { Turn } from '../turn.js';
import type { SessionEffect } from './effects.js';
import type { SessionTable } from './session-table.js';
import { tellSession } from './tell-session.js';

/** Sends inquiries on sessions. */
export class Inquirer {
  readonly #sessions: SessionTable;

  constructor(sessions: SessionTable) {
    this.#sessions = sessions;
  }

  /** Sends an inquiry on the session that was heard last. False: no session with the peer is up. */
  say(peerId: PeerId, inquiry: Inquiry, turn: Turn<SessionEffect>): boolean {
    const [live] = this.#sessions.usableWith(peerId);
    if (live !== undefined)
      tellSession(live, { say: 'utter', utterances: [{ type: 'inquiry', inquiry }] }, turn);
    return live !== undefined;
  }
}
