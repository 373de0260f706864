/** The effects of native routes. Types only. */
import type { Utterance } from '../../dialects/dialect.js';
import type { ConnectionId, PeerId, SessionId } from '../../ids.js';
import type { CloseReason, SessionOptions } from '../../session/contract.js';
import type { ErrorEvent } from '../events.js';
import type { PeopleEffect } from '../people/effects.js';
import type { ProvedHost } from '../people/presence.js';
import type { TransportEffect } from './route.js';
import type { CallerEffect, LogEffect, TimerEffect } from '../turn.js';

/** One effect of native routes. */
export type NativeEffect =
  | PeopleEffect
  | TransportEffect
  | SessionEffect
  | { readonly to: 'feed'; readonly event: ErrorEvent }
  /** Places where trusted contacts were last proved, which are asked for a sign of life when they fall silent. */
  | { readonly to: 'presence'; readonly say: 'watchHosts'; readonly hosts: readonly ProvedHost[] }
  /** Replaces the old static key. Success comes back as `keyRenewed`; after a failure it is tried again later. */
  | { readonly to: 'identity'; readonly say: 'renew' }
  | TimerEffect<NativeDue>
  | CallerEffect
  | LogEffect;

/** A message to the actor of one native session. */
export type SessionEffect =
  | {
      readonly to: 'session';
      readonly say: 'start';
      readonly sessionId: SessionId;
      /** The connection that carries the session. */
      readonly connectionId: ConnectionId;
      readonly role: SessionOptions['role'];
    }
  | {
      readonly to: 'session';
      readonly say: 'utter';
      readonly sessionId: SessionId;
      readonly utterances: readonly Utterance[];
    }
  /** From now on bytes are written in small pieces: the path to the peer loses large packets. */
  | { readonly to: 'session'; readonly say: 'narrow'; readonly sessionId: SessionId }
  /** Makes the session known to the actor of files. */
  | { readonly to: 'session'; readonly say: 'attach-files'; readonly sessionId: SessionId }
  /** Asks the peer for a sign of life; the answer is the input `sessionAnswered`. */
  | { readonly to: 'session'; readonly say: 'ping'; readonly sessionId: SessionId }
  | {
      readonly to: 'session';
      readonly say: 'close';
      readonly sessionId: SessionId;
      readonly reason: CloseReason;
    };

/** `atMs`: when the session was asked (monotonic). */
export interface PingDue {
  readonly type: 'ping';
  readonly sessionId: SessionId;
  readonly atMs: number;
}

/** A timer of native routes. */
export type NativeDue =
  /** The next address of a peer may be tried. */
  | { readonly type: 'attempt'; readonly peerId: PeerId }
  /** A delayed change of name is taken, or a peer without a name is shown. */
  | { readonly type: 'name'; readonly sessionId: SessionId }
  /** A session that was asked for a sign of life must have answered by now. */
  | PingDue
  /** The pause after a change of status of the peer is over. */
  | { readonly type: 'status-heard'; readonly sessionId: SessionId }
  /** Expired tickets are forgotten. */
  | { readonly type: 'tickets' };
