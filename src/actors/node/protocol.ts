/**
 * The messages that the node takes: requests of users, reports of other actors, and continuations of its shell; and the
 * ids of the actors that it starts.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Commands } from '../../chat/asked.js';
import type { Due, Input, StoredAnswer } from '../../chat/effects.js';
import type { Erased, Erasure } from '../../chat/delivery/erasure.js';
import type { StoreFailure } from '../../chat/delivery/effects.js';
import type { TransferAnswer } from '../../chat/files/effects.js';
import type { HeardReport } from '../../chat/presence/heard-log.js';
import type { Token } from '../../chat/turn.js';
import type { RuntimeError } from '../../runtime/errors.js';
import type { DialError } from '../../chat/errors.js';
import type { ConnectionId, SessionId } from '../../ids.js';
import type { Call, Cast, Ended } from '../../runtime/actor.js';
import type { Local } from '../../runtime/typing.js';
import type { Result } from 'neverthrow';
import type { SessionReports, ForeignReports } from '../connection/protocol.js';
import type { BroadcastRequests, DiscoveryReports } from '../presence/protocol.js';
import type { FilesReports } from '../files/protocol.js';
import type { TransportReports } from '../transport/protocol.js';

type CallsOf<Manifest> = {
  [N in keyof Manifest]: Manifest[N] extends {
    readonly body: infer Body;
    readonly reply: infer Reply;
    readonly failure: infer Failure extends { readonly code: string };
  }
    ? Call<Body, Reply, Failure>
    : never;
};

/** The requests of users, as calls. */
export type NodeCommands = CallsOf<Commands>;

/** Messages of the shell to itself, sent when something that it waits for has happened. */
type Continuations = {
  dialled: Cast<{
    readonly connectionId: ConnectionId;
    readonly opened: MessagePort;
    readonly ownHost: string;
  }>;
  dialFailed: Cast<{ readonly connectionId: ConnectionId; readonly error: DialError | RuntimeError }>;
  stored: Cast<Local<{ readonly token: Token; readonly answer: StoredAnswer }>>;
  transfersAnswered: Cast<Local<{ readonly token: Token; readonly answer: TransferAnswer }>>;
  computed: Cast<Local<{ readonly token: Token; readonly result: Result<string, RuntimeError> }>>;
  heardReport: Cast<Local<{ readonly token: Token; readonly report: HeardReport }>>;
  due: Cast<{ readonly due: Due }>;
  keyRenewed: Cast<{ readonly certificateSerial: number; readonly keyIsOldAtMs: number }>;
  /** The actor of a connection has ended for good. */
  connectionEnded: Cast<Ended>;
  /** The actor of a connection has ended by itself, and its report was due by now. */
  connectionGone: Cast<EndOfConnection>;
  /** The actor of a foreign connection runs. */
  foreignRunning: Cast<{ readonly sessionId: SessionId }>;
  /** Log lines were left out, and their number is due. */
  logSuppressed: Cast<{ readonly event: string }>;
};

/** Requests that need no decision of the core. */
type Undecided = {
  /** Removes stored entries, a slice at a time. */
  erase: Call<Erasure, Erased, StoreFailure>;
};

/** All messages that the node takes. */
export type NodeProtocol = NodeCommands &
  Undecided &
  TransportReports &
  DiscoveryReports &
  BroadcastRequests &
  SessionReports &
  ForeignReports &
  FilesReports &
  Continuations;

/** The input that the end of a connection is. */
export type EndOfConnection = Extract<Input, { readonly type: 'sessionDown' | 'foreignDown' }>;

/** Name of the supervisor of all connections. */
export const sessionsSupervisor = 'sessions';
/** Begins the id of the actor of a session. */
export const sessionPrefix = 'session:';
/** Begins the id of the actor of a foreign connection. */
export const foreignPrefix = 'foreign:';
