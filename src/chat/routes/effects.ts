/** What native routes ask of the world. Types only. */
import type { Utterance } from '../../dialects/dialect.js';
import type { ConnectionId, PeerId, SessionId } from '../../ids.js';
import type { CloseReason, SessionOptions } from '../../session/contract.js';
import type { ErrorEvent } from '../events.js';
import type { PeopleEffect } from '../people/effects.js';
import type { TransportEffect } from './route.js';
import type { CallerEffect, LogEffect, TimerEffect } from '../turn.js';

export type NativeEffect =
  | PeopleEffect
  | TransportEffect
  | SessionEffect
  | { readonly to: 'feed'; readonly event: ErrorEvent }
  /** Replaces the static key, which is old by now. Success comes back as `keyRenewed`; a failure is tried again later. */
  | { readonly to: 'identity'; readonly say: 'renew' }
  | TimerEffect<NativeDue>
  | CallerEffect
  | LogEffect;

/** To the actor of one native session. */
export type SessionEffect =
  | {
      readonly to: 'session';
      readonly say: 'start';
      readonly sessionId: SessionId;
      /** The connection whose bytes it gets. */
      readonly connectionId: ConnectionId;
      readonly role: SessionOptions['role'];
    }
  | {
      readonly to: 'session';
      readonly say: 'utter';
      readonly sessionId: SessionId;
      readonly utterances: readonly Utterance[];
    }
  | {
      readonly to: 'session';
      readonly say: 'close';
      readonly sessionId: SessionId;
      readonly reason: CloseReason;
    };

export type NativeDue =
  /** The next address of a peer may be tried. */
  | { readonly type: 'attempt'; readonly peerId: PeerId }
  /** A peer that changes its name too often is heard again; one that never said a name is shown without. */
  | { readonly type: 'name'; readonly sessionId: SessionId }
  /** Secrets of sessions long past are forgotten. */
  | { readonly type: 'tickets' };
