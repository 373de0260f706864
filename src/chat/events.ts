/**
 * What a node tells those who watch it: the same facts whether they reach an embedder, a script (NDJSON) or the
 * prompt. Field names and values are the contract of the command line.
 */
import type { DialectName, Encryption, LegacyDialectName } from '../dialects/dialect.js';
import type { ErrorCode } from '../errors.js';
import type { DeliveryState, Direction } from './delivery/entry.js';

export type PeerState = 'online' | 'away' | 'offline';

export interface ReadyEvent {
  readonly type: 'ready';
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly pid: number;
}

export interface PeerEvent {
  readonly type: 'peer';
  readonly state: PeerState;
  readonly name: string;
  readonly id: string;
  /** First four characters of the id, lower case: told after the name where names collide. */
  readonly tag: string;
  readonly address: string;
  readonly port: number;
  readonly dialect: DialectName;
  readonly verified: boolean;
  /** ISO 8601 UTC with milliseconds, like every time here. */
  readonly lastSeen: string;
  readonly blocked?: boolean;
  /** Set when the name looks like that of another contact. */
  readonly warning?: string;
}

export interface MessageEvent {
  readonly type: 'message';
  readonly seq: number;
  readonly id: string;
  readonly direction: Direction;
  readonly peer: string;
  readonly peerId: string;
  readonly conversation: string;
  readonly text: string;
  readonly sentAt: string;
  readonly receivedAt: string;
  readonly dialect: DialectName;
  readonly encryption: Encryption;
  readonly verified: boolean;
  /** Of a line that went out, as far as the history knows. */
  readonly state?: DeliveryState;
}

export interface StatusEvent {
  readonly type: 'status';
  readonly id: string;
  readonly peer: string;
  readonly state: DeliveryState;
  readonly reason?: string;
}

export interface ErrorEvent {
  readonly type: 'error';
  readonly code: ErrorCode;
  readonly message: string;
  readonly peer?: string;
}

/**
 * What an older program tells its user about a peer. `new-peer`: its first message. `connected`: it has sent a
 * connection message, or a talk has begun. `disconnected`: it has said that it leaves; `text` is what it said. `lost`:
 * the connection broke.
 */
export interface NoticeEvent {
  readonly type: 'notice';
  readonly notice: 'new-peer' | 'connected' | 'disconnected' | 'lost';
  readonly peer: string;
  readonly peerId: string;
  readonly dialect: LegacyDialectName;
  readonly text: string;
}

export interface ByeEvent {
  readonly type: 'bye';
}

export type NodeEvent =
  ReadyEvent | PeerEvent | MessageEvent | StatusEvent | NoticeEvent | ErrorEvent | ByeEvent;
