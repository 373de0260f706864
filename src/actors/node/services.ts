/**
 * Services of the root for the node's shell: resources of the main thread that no message can carry. No service
 * decides anything.
 */
import type { ResultAsync } from 'neverthrow';
import type { StoreError } from '../../chat/errors.js';
import type { NodeEvent } from '../../chat/events.js';
import type { ForeignArgs } from '../../chat/foreign/state.js';
import type { RuntimeError } from '../../runtime/errors.js';
import type { MessageId } from '../../ids.js';
import type { Status } from '../../wire/status.js';
import type { ChildSpec } from '../../runtime/actor.js';
import type { Privacy } from '../../chat/people/privacy/privacy.js';
import type { Vault } from '../../chat/people/vault.js';
import type {
  SessionArgs,
  SessionProtocol,
  ForeignConnectionArgs,
  ForeignProtocol,
} from '../connection/protocol.js';

/** Arguments of the actor. */
export interface NodeArgs {
  /** The identity of the home as it is now. */
  readonly identity: () => Vault;
  readonly foreign: ForeignArgs;
  /** Pause between two announcements, ms. */
  readonly beaconIntervalMs: number;
  /** The local address of its listeners. */
  readonly bind: string;
  readonly connections: ConnectionSpecs;
  readonly services: NodeServices;
}

/** The actors of connections; `nth`: connections started before, which chooses the thread. */
export interface ConnectionSpecs {
  session(args: SessionArgs, nth: number): ChildSpec<SessionProtocol>;
  foreign(args: ForeignConnectionArgs, nth: number): ChildSpec<ForeignProtocol>;
}

/** Services of the root. */
export interface NodeServices {
  /** The present name of this side: from the start, or the last one of `keepName`. */
  name(): string;
  /** Keeps a new name for the next start. */
  keepName(name: string): void;
  /** The present privacy of this side: from the start, or the last one of `keepPrivacy`. */
  privacy(): Privacy;
  /** Keeps a new privacy for the next start. */
  keepPrivacy(privacy: Privacy): void;
  /** The own status at the end of the last run, or the last one of `keepStatus`. */
  status(): Status;
  /** Keeps the own status for the next start; errors are logged. */
  keepStatus(status: Status): void;
  publish(event: NodeEvent): void;
  /** Greatest `seq` published in this run; at its start `newestStored`, the greatest one in the history. */
  publishedSeq(newestStored: number): number;
  /** Replaces the static key of the home if it is old. Returns the identity from now on; errors are logged. */
  renewKey(): Vault | null;
  /** CPU work of some 30 ms, done off this thread. */
  safetyNumber(own: Uint8Array, other: Uint8Array): ResultAsync<string, RuntimeError>;
  newMessageId(): MessageId;
  /** The home was removed, renamed or replaced: the node ends, since it can acknowledge nothing. */
  homeGone(error: Extract<StoreError, { readonly code: 'store/gone' }>): void;
  /** Appends a line to `chat_history.txt`. */
  keepHistoryLine(line: string): void;
}
