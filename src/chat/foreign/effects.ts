/** The effects of foreign routes. Types only. */
import type { ForeignDialectName, ForeignOptions, ForeignRole, Utterance } from '../../dialects/dialect.js';
import type { ConnectionId, MessageId, PeerId, SessionId } from '../../ids.js';
import type { NoticeEvent } from '../events.js';
import type { PeopleEffect } from '../people/effects.js';
import type { TransportEffect } from '../routes/route.js';
import type { CallerEffect, LogEffect, TimerEffect } from '../turn.js';

/** One effect of foreign routes. */
export type ForeignEffect =
  | PeopleEffect
  | TransportEffect
  | ForeignConnectionEffect
  | { readonly to: 'feed'; readonly event: NoticeEvent }
  /** One line of `chat_history.txt`. */
  | { readonly to: 'files'; readonly line: string }
  | TimerEffect<ForeignDue>
  | CallerEffect
  | LogEffect;

/** A message to the actor of one connection with a foreign program. */
export type ForeignConnectionEffect =
  | {
      readonly to: 'foreign';
      readonly say: 'start';
      readonly sessionId: SessionId;
      /** The connection whose bytes it gets. */
      readonly connectionId: ConnectionId;
      readonly dialect: ForeignDialectName;
      readonly role: ForeignRole;
      readonly options: Omit<ForeignOptions, 'random'>;
    }
  /** `token` comes back when the system has taken all of it, or when it cannot be said; 0: nobody waits for that. */
  | {
      readonly to: 'foreign';
      readonly say: 'utter';
      readonly sessionId: SessionId;
      readonly token: number;
      readonly utterance: Utterance;
    }
  /** Drops unwritten utterances, which are not reported as sent. */
  | { readonly to: 'foreign'; readonly say: 'stop'; readonly sessionId: SessionId }
  /** Ends the connection once what was said is flushed. */
  | { readonly to: 'foreign'; readonly say: 'close'; readonly sessionId: SessionId };

/** A timer of foreign routes. */
export type ForeignDue =
  /** Words may have waited long enough for those of earlier connections. */
  | { readonly type: 'release' }
  /** The time of these messages is over: they are not tried any longer. */
  | { readonly type: 'expire'; readonly peerId: PeerId; readonly ids: readonly MessageId[] }
  /** Peers that send no announcements grow older. */
  | { readonly type: 'age' };
