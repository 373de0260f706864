/** Sends utterances that no outbox keeps to peers with a live session: questions, read marks, typing notices. */
import type { Utterance } from '../../dialects/dialect.js';
import type { PeerId } from '../../ids.js';
import type { Turn } from '../turn.js';
import type { SessionEffect } from './effects.js';
import type { SessionTable } from './session-table.js';
import { tellSession } from './tell-session.js';

/** Sends such utterances on sessions. */
export class Asides {
  readonly #sessions: SessionTable;

  constructor(sessions: SessionTable) {
    this.#sessions = sessions;
  }

  /** Whether a session with the peer is up. */
  isUp = (peerId: PeerId): boolean => this.#sessions.usableWith(peerId).length > 0;

  /** Sends an utterance on the session that was heard last. False: no session with the peer is up. */
  say(peerId: PeerId, utterance: Utterance, turn: Turn<SessionEffect>): boolean {
    const [live] = this.#sessions.usableWith(peerId);
    if (live !== undefined) tellSession(live, { say: 'utter', utterances: [utterance] }, turn);
    return live !== undefined;
  }
}
