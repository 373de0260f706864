/** The protocol of the node: commands of users, reports of the other actors, and what the node tells itself. */
import type { ChatError, DialError as TransportError, StoreError } from '../../chat/errors.js';
import type { RuntimeError } from '../../runtime/errors.js';
import type { SessionError } from '../../session/errors.js';
import type { MessagePort } from 'node:worker_threads';
import type { HistoryQuery, Line } from '../../chat/delivery/entry.js';
import type { PeerEvent, StatusEvent } from '../../chat/events.js';
import type { ForeignDialectName as LegacyDialectName } from '../../dialects/dialect.js';
import type { DialectError } from '../../dialects/errors.js';
import type { ConnectionId, MessageId, PeerId, SessionId } from '../../ids.js';
import type { Call, Cast } from '../../runtime/actor.js';
import type { TransportReports } from '../transport/protocol.js';
import type { DiscoveryReports, BroadcastRequests } from '../presence/protocol.js';
import type { TalkReports, SessionReports } from '../connection/protocol.js';
import type { LegacyPeer, SafetyInfo, SelfInfo, SendViaOptions } from '../../chat/contract.js';

export type FindFault = ChatError | SessionError | TransportError | RuntimeError;

export type SendFault = FindFault | DialectError | StoreError;

/** One text under the id that it keeps for life. */
export interface Words {
  readonly id: MessageId;
  readonly text: string;
}

/** What people ask. Whom a PEER word means is found here, so that every caller finds the same one. */
export type NodeCommands = {
  self: Call<Record<string, never>, SelfInfo>;
  /** Replies once all texts stand synced in the outbox, in this order. */
  send: Call<
    {
      readonly peer: string;
      readonly messages: readonly Words[];
      readonly via: SendViaOptions | null;
    },
    readonly StatusEvent[],
    SendFault
  >;
  peers: Call<Record<string, never>, readonly PeerEvent[]>;
  find: Call<{ readonly peer: string }, PeerEvent, ChatError>;
  /** `peer`: only the conversation with it. */
  page: Call<{ readonly peer: string | null; readonly query: HistoryQuery }, readonly Line[], SendFault>;
  safety: Call<{ readonly peer: string }, SafetyInfo, FindFault>;
  verify: Call<{ readonly peer: string; readonly code: string | null }, SafetyInfo, FindFault>;
  block: Call<{ readonly peer: string; readonly blocked: boolean }, PeerEvent, FindFault>;
  rename: Call<{ readonly name: string }, SelfInfo, ChatError>;
  disconnect: Call<{ readonly peer: string }, null, FindFault>;
  legacyPeers: Call<{ readonly dialect: LegacyDialectName }, readonly LegacyPeer[], ChatError>;
  legacyConnect: Call<{ readonly peer: string; readonly isManual: boolean }, null, SendFault>;
  legacyLeave: Call<{ readonly dialect: LegacyDialectName; readonly peer: string | null }, null, SendFault>;
  /** Tells older programs that the node ends. */
  farewell: Call<Record<string, never>, null>;
  /** Connections that were ended because what came over them made no sense, by dialect. */
  malformed: Call<Record<string, never>, Readonly<Record<string, number>>>;
};

/** What the node tells itself when something it waits for has happened. */
export type Continuations = {
  dialled: Cast<{ readonly connectionId: ConnectionId; readonly opened: MessagePort }>;
  dialFailed: Cast<{ readonly connectionId: ConnectionId; readonly error: TransportError | RuntimeError }>;
  wake: Cast<Record<string, never>>;
  /** A peer that changes its name too often is heard again; one that never told it is shown without. */
  nameDue: Cast<{ readonly sessionId: SessionId }>;
  /** Secrets of sessions long past are forgotten. */
  expire: Cast<Record<string, never>>;
  /** Words of older programs may have waited long enough for earlier ones. */
  look: Cast<Record<string, never>>;
  /** These are not tried any longer. */
  giveUp: Cast<{ readonly peerId: PeerId; readonly ids: readonly MessageId[] }>;
  ageLegacyPeers: Cast<Record<string, never>>;
  logUnloggedFailures: Cast<Record<string, never>>;
};

export type NodeProtocol = NodeCommands &
  TransportReports &
  DiscoveryReports &
  BroadcastRequests &
  SessionReports &
  TalkReports &
  Continuations;
