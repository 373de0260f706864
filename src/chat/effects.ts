/**
 * All effects of the core, and all inputs to it. The shell (`actors/node`) carries each effect out in one total
 * switch, and hands every message that it gets to the core as an input. Types only.
 */
import type { Result } from 'neverthrow';
import type { DialectName } from '../dialects/dialect.js';
import type { RuntimeError } from '../runtime/errors.js';
import type { DialError } from './errors.js';
import type { ConnectionId, PeerId, SessionId } from '../ids.js';
import type { TransferAnswer, TransfersDue, TransfersEffect } from './files/effects.js';
import type { TransferRow } from './files/record.js';
import type { Resumption } from '../session/contract.js';
import type { Address } from '../wire/address.js';
import type { Status } from '../wire/status.js';
import type { AskedInput } from './asked.js';
import type { DeliveryDue, DeliveryEffect, EntryAnswer, StoreFailure } from './delivery/effects.js';
import type { ErrorEvent, PresenceEvent, ReadyEvent, TypingEvent } from './events.js';
import type { ForeignDue, ForeignEffect } from './foreign/effects.js';
import type { ForeignInput } from './foreign/state.js';
import type { PeopleEffect } from './people/effects.js';
import type { Privacy } from './people/privacy/privacy.js';
import type { InquiryDue, InquiryEffect } from './doctor/effects.js';
import type { HeardReport } from './presence/heard-log.js';
import type { Presence } from './people/presence.js';
import type { NativeDue, NativeEffect } from './routes/effects.js';
import type { OwnSide, SessionEnd, SessionUp } from './routes/live-session.js';
import type { LogEffect, TimerEffect, Token } from './turn.js';

/** One effect of the core: a request to the shell. */
export type Effect =
  PeopleEffect | NativeEffect | ForeignEffect | DeliveryEffect | InquiryEffect | TransfersEffect | CoreEffect;

/** Effects that no single part emits. */
export type CoreEffect =
  /** The safety number of two identity keys: some 30 ms of work on another thread. */
  | {
      readonly to: 'jobs';
      readonly token: Token;
      readonly ownIdKey: Uint8Array;
      readonly peerIdKey: Uint8Array;
    }
  /** The content of the beacon from now on. */
  | {
      readonly to: 'presence';
      readonly say: 'describe';
      readonly name: string;
      readonly tcpPort: number;
      readonly certificateSerial: number;
      /** `invisible`: no beacon is sent. */
      readonly status: Status;
    }
  /** Whether this user is invisible: then discovery sends nothing. */
  | { readonly to: 'presence'; readonly say: 'invisible'; readonly isInvisible: boolean }
  /** Keeps the own status for the next start. */
  | { readonly to: 'own-status'; readonly status: Status }
  /** The rows that discovery had announced, for a discovery that starts again. */
  | { readonly to: 'presence'; readonly say: 'recall'; readonly rows: readonly Presence[] }
  | {
      readonly to: 'feed';
      readonly event: Omit<ReadyEvent, 'pid'> | PresenceEvent | TypingEvent | ErrorEvent;
    }
  /** Keeps the own name for the next start. */
  | { readonly to: 'settings'; readonly say: 'name'; readonly name: string }
  /** Keeps the privacy for the next start. */
  | { readonly to: 'settings'; readonly say: 'privacy'; readonly privacy: Privacy }
  | TimerEffect<StatusDue | TypingDue>
  | LogEffect;

/** The notice that the user of a peer types may have ended. */
export interface TypingDue {
  readonly type: 'typing-end';
  readonly peerId: PeerId;
}

/** A timer of the own status. */
export type StatusDue =
  /** The chosen status may have ended. `timerNo`: only the timer that was set last counts. */
  | { readonly type: 'status-end'; readonly timerNo: number }
  /** Sessions may get the status again. */
  | { readonly type: 'status-send' };

/** A timer that has fired. */
export type Due = NativeDue | ForeignDue | DeliveryDue | StatusDue | TypingDue | InquiryDue | TransfersDue;

/** An answer of the history, under the token of the ask. */
export type StoredAnswer =
  EntryAnswer | { readonly type: 'contact'; readonly result: Result<null, StoreFailure> };

/** One input of the core: a call, a report of an actor, an answer, or a timer. */
export type Input =
  | AskedInput
  /** The transport listens; `others` are the ports of single dialects. */
  | {
      readonly type: 'listening';
      readonly address: string;
      /** All of them, where there are several. */
      readonly addresses?: readonly string[];
      readonly port: number;
      readonly others: readonly { readonly dialect: DialectName; readonly port: number }[];
    }
  /** The transport admitted a connection. */
  | {
      readonly type: 'accepted';
      readonly connectionId: ConnectionId;
      readonly dialect: DialectName;
      readonly address: Address;
    }
  /** Another caller needs the slot of this connection. */
  | { readonly type: 'slotWanted'; readonly connectionId: ConnectionId }
  | { readonly type: 'turnedAway'; readonly address: Address; readonly dialect: DialectName }
  /** Words came over the shared port that no dialect begins with, or (`isOff`) one that is switched off. */
  | { readonly type: 'unheard'; readonly host: string; readonly isOff: boolean }
  /** `ownHost`: the address of this side of the connection. */
  | { readonly type: 'dialled'; readonly connectionId: ConnectionId; readonly ownHost?: string }
  | {
      readonly type: 'dialFailed';
      readonly connectionId: ConnectionId;
      readonly error: DialError | RuntimeError;
    }
  /** Discovery started with an empty roster. */
  | { readonly type: 'discoveryStarted' }
  /** Another node with this home's key is announced from there. */
  | { readonly type: 'twin'; readonly address: string }
  | { readonly type: 'presence'; readonly rows: readonly Presence[] }
  /** Peers that announced themselves since the last report, and when (wall clock, ms). */
  | { readonly type: 'seen'; readonly peers: readonly Pick<Presence, 'peerId' | 'lastSeenMs'>[] }
  /** The static key of this home was replaced; the serial is that of its certificate. */
  | ({ readonly type: 'keyRenewed' } & Pick<OwnSide, 'certificateSerial' | 'keyIsOldAtMs'>)
  | { readonly type: 'resumable'; readonly resumption: Resumption }
  | ({ readonly type: 'sessionUp' } & SessionUp)
  /** Bytes of the peer arrived on a session since the last such report. */
  | { readonly type: 'sessionHeard'; readonly sessionId: SessionId }
  /** The peer gave the sign of life that a session was asked for. */
  | { readonly type: 'sessionAnswered'; readonly sessionId: SessionId }
  | { readonly type: 'sessionDown'; readonly sessionId: SessionId; readonly end: SessionEnd }
  | ForeignInput
  | { readonly type: 'stored'; readonly token: Token; readonly answer: StoredAnswer }
  /** All that discovery heard, under the token of the effect. */
  | { readonly type: 'heardReport'; readonly token: Token; readonly report: HeardReport }
  /** An answer of the actor of files. */
  | { readonly type: 'transfersAnswered'; readonly token: Token; readonly answer: TransferAnswer }
  /** The actor of files has started, and knows no session. */
  | { readonly type: 'filesStarted' }
  | { readonly type: 'transferChanged'; readonly row: TransferRow }
  /** The peers with which transfers want a session now. */
  | { readonly type: 'filesWanted'; readonly peerIds: readonly PeerId[] }
  | { readonly type: 'computed'; readonly token: Token; readonly result: Result<string, RuntimeError> }
  | { readonly type: 'due'; readonly due: Due };
