/** What the pool of accepted connections is given, and what it tells. Types only. */
import type { MessagePort } from 'node:worker_threads';
import type { UnknownOpening } from '../../admission/first-bytes.js';
import type { DialectName } from '../../dialects/dialect.js';
import type { ConnectionId } from '../../ids.js';
import type { Address } from '../../wire/address.js';

export interface AcceptedConnection {
  readonly connectionId: ConnectionId;
  readonly dialect: DialectName;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** The session's end of the stream; to be transferred. */
  readonly port: MessagePort;
}

export interface AcceptEvents {
  /** Returns false when nobody can take the connection. */
  onAccepted(connection: AcceptedConnection): boolean;
  onSlotWanted(connectionId: ConnectionId): void;
  /** A foreign program got no slot: its words are lost. */
  onTurnedAway(caller: Address, dialect: DialectName): void;
  onTrace(event: string, fields: Readonly<Record<string, unknown>>): void;
  /** First bytes that nobody here answers; `count`: how many there were so far for this reason. Told now and then. */
  onUnknown(caller: Address, reason: UnknownOpening['reason'], count: number): void;
}

export interface AcceptOptions {
  readonly connectionsMax: number;
  readonly enabled: ReadonlySet<DialectName>;
  readonly isWelcome: (address: string) => boolean;
  /** Monotonic ms. */
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}
