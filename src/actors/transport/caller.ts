/** An accepted connection as the accept pool holds it, and the arguments and reports of the pool. */
import type { Socket } from 'node:net';
import type { Caller } from '../../admission/admission.js';
import type { Hello, UnknownOpening } from '../../admission/first-bytes.js';
import type { DialectName } from '../../dialects/dialect.js';
import type { ConnectionId } from '../../ids.js';
import type { Address } from '../../wire/address.js';
import type { AcceptedConnection } from './protocol.js';
import type { Joint } from './socket.js';

/** The reports of the pool. */
export interface AcceptEvents {
  /** Hands a connection over. False: the node cannot take it. */
  onAccepted(connection: AcceptedConnection): boolean;
  onSlotWanted(connectionId: ConnectionId): void;
  /** Reports a foreign program that got no slot, so that its words are lost. */
  onTurnedAway(caller: Address, dialect: DialectName): void;
  /** Reports that words of a host are lost: no dialect begins with them, or one that is switched off. */
  onWordsLost(host: string, isOff: boolean): void;
  onTrace(event: string, fields: Readonly<Record<string, unknown>>): void;
  /** Reports unknown first bytes, at most once in a while; `count`: all so far for this reason. */
  onUnknown(caller: Address, reason: UnknownOpening['reason'], count: number): void;
}

/** Arguments of the pool. */
export interface AcceptOptions {
  readonly connectionsMax: number;
  readonly enabled: ReadonlySet<DialectName>;
  readonly isWelcome: (address: string) => boolean;
  /** Monotonic ms. */
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** A caller, from its accept to its end. */
export interface AcceptedCaller extends Caller {
  /** Number in the order of acceptance. */
  readonly serial: number;
  hello: Hello | null;
  /** Whether its source opened another connection just before. */
  readonly isEager: boolean;
  readonly socket: Socket;
  readonly remotePort: number;
  /** `waiting`: without a slot. `heard`: has a slot, its first bytes are awaited. `joined`: handed to the node. */
  stage: 'waiting' | 'heard' | 'joined';
  first: Uint8Array;
  joint: Joint | null;
  waitTimer: NodeJS.Timeout | undefined;
  /** How often it asked for a slot after a pause. */
  asks: number;
  /** Stops reading first bytes. */
  unhear: () => void;
}

/** The counts of a pool that has seen no caller. `serial`: the number of the latest caller. */
export const newCounts = () => ({
  accepted: 0,
  refusedBusy: 0,
  reset: 0,
  evicted: 0,
  inboundMost: 0,
  crowdedOut: 0,
  serial: 0,
});
