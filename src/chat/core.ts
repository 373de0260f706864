/**
 * What the node knows while it runs, and the two ways in which it tells others: events for those who watch, log lines
 * for those who look after it. Everything else of the node works on this state.
 */
import type { ResultAsync } from 'neverthrow';
import type { Outbox } from './delivery/outbox.js';
import { peerRow, type PeerBook } from './people/book.js';
import type { NodeEvent } from './events.js';
import type { RuntimeError } from '../runtime/errors.js';
import type { SessionError } from '../session/errors.js';
import type { DialError as TransportError } from './errors.js';
import type { ConnectionId, MessageId, PeerId, SessionId } from '../ids.js';
import type { Context, Ref } from '../runtime/actor.js';
import type { TicketBook } from '../session/tickets.js';
import type { FaultRation } from '../runtime/log-ration.js';
import type { Address } from '../wire/address.js';
import type { TransportProtocol } from '../actors/transport/protocol.js';
import type { DiscoveryProtocol, BroadcastProtocol } from '../actors/presence/protocol.js';
import type { OutboxSize } from './delivery/entry.js';
import type { HistoryProtocol } from '../actors/history/protocol.js';
import type { SessionArgs, SessionProtocol } from '../actors/connection/protocol.js';
import type { NodeProtocol } from '../actors/node/protocol.js';
import type { Vault } from './people/vault.js';
import type { LegacyArgs, LegacyState } from './foreign/state.js';

export type NodeLinks = {
  readonly history: HistoryProtocol;
  readonly transport: TransportProtocol;
  readonly discovery: DiscoveryProtocol;
  readonly broadcast: BroadcastProtocol;
};
export type NodeContext = Context<NodeProtocol, NodeLinks>;

/** What the root hands to the node: things of the main thread, which no message could carry. */
export interface NodeArgs {
  readonly identity: Vault;
  /** As it is called now: given at the start, or since then by `keepName`. */
  readonly name: () => string;
  readonly home: string;
  readonly secureOnly: boolean;
  /** Starts a session actor; its ref may be used at once. A start that fails is reported as `sessionDown`. */
  readonly startSession: (args: SessionArgs) => Pick<Ref<SessionProtocol>, 'cast'>;
  readonly publish: (event: NodeEvent) => void;
  /** Newest `seq` among the messages published in this run; null: none yet. */
  readonly publishedSeq: () => number | null;
  /** Keeps a new name for the next start. */
  readonly keepName: (name: string) => void;
  /** CPU work of some 30 ms: done off this thread. */
  readonly safetyNumber: (own: Uint8Array, other: Uint8Array) => ResultAsync<string, RuntimeError>;
  readonly ownAddresses: () => readonly string[];
  readonly newMessageId: () => MessageId;
  readonly random: () => number;
  readonly legacy: LegacyArgs;
}

/** A session from the moment its connection exists until it ended. */
export interface LiveSession {
  readonly sessionId: SessionId;
  readonly connectionId: ConnectionId;
  readonly direction: 'in' | 'out';
  readonly address: Address;
  readonly ref: Pick<Ref<SessionProtocol>, 'cast'>;
  /** Whom we meant to reach; `null` for who calls us, and for an address that was typed. */
  readonly expected: PeerId | null;
  /** Who it is, once proved. */
  peerId: PeerId | null;
  /** Which run of the peer's node. */
  bootIdHex: string;
  isUp: boolean;
  /** When its last change of name was taken (monotonic, ms), and the one that waits its turn. */
  renamedAtMs: number;
  renameTo: string | null;
  /** The disk did not take something of it: it is being closed, and nothing after that may overtake. */
  isRefused: boolean;
}

/** Somebody waits to learn who answers at an address. */
export type Waiter = (found: PeerId | SessionError | TransportError | RuntimeError) => void;

export interface NodeState {
  readonly args: NodeArgs;
  name: string;
  listening: Address | null;
  readonly book: PeerBook;
  /** What waits, peer by peer; made when there is first something to say. */
  readonly outboxes: Map<PeerId, Outbox>;
  /** What waits over all peers: as the history last said, and on its way to it. */
  outboxSize: OutboxSize;
  committing: OutboxSize;
  readonly sessions: Map<SessionId, LiveSession>;
  /** The session on which we talk to a peer; others with the same peer are on their way out. */
  readonly current: Map<PeerId, SessionId>;
  /** Dials under way, by connection. */
  readonly dials: Map<ConnectionId, { readonly expected: PeerId | null; readonly address: Address }>;
  /** Who waits for which address. */
  readonly waiters: Map<string, Waiter[]>;
  /** Contacts whom we wrote to, or verified: for them a slot is kept. */
  readonly friends: Set<PeerId>;
  readonly tickets: TicketBook;
  /** Next address to try, per peer. */
  readonly addressTurn: Map<PeerId, number>;
  /** Newest line that those who watch were told of. */
  shownSeq: number;
  /** Missing lines are being read back; up to `heldUntilSeq` they are shown then. */
  isCatchingUp: boolean;
  heldUntilSeq: number;
  /** Up to which line a peer's words were handed to some session: each is told as `sent` once. */
  readonly sentSeq: Map<PeerId, number>;
  /** Words of peers that crashed the history, alone or among others (`node-incoming`). Bounded. */
  readonly poison: Map<MessageId, 'suspect' | 'set-aside'>;
  /** Which failures of sessions are logged: anybody can cause them. */
  readonly sessionFaults: FaultRation;
  /** What was last told of each peer. */
  readonly toldPeers: Map<PeerId, string>;
  readonly legacy: LegacyState;
  /** Counts ids of sessions and connections within this run. */
  nextId: number;
  callOffWake: (() => void) | null;
  wakeAtMs: number;
}

/** What is needed to tell of a peer. */
export type Telling = Pick<NodeState, 'book' | 'toldPeers'> & {
  readonly args: Pick<NodeArgs, 'publish'>;
};

/** Tells everybody who watches how a peer stands now, if that is news: a sign of life alone is none. */
export function publishPeer(state: Telling, peerId: PeerId): void {
  const row = peerRow(state.book, peerId);
  const told = JSON.stringify({ ...row, lastSeen: '' });
  if (state.toldPeers.get(peerId) === told) return;
  // A stranger that is gone leaves nothing behind, or forged names would fill the memory.
  if (row.state === 'offline' && !state.book.contacts.has(peerId)) state.toldPeers.delete(peerId);
  else state.toldPeers.set(peerId, told);
  state.args.publish(row);
}

/** The same of one who is not there any more: told once with what was known, and forgotten then. */
export function publishGone(state: Telling, peerId: PeerId): void {
  const { presence } = state.book;
  const last = presence.get(peerId);
  if (last !== undefined) presence.set(peerId, { ...last, state: 'offline' });
  publishPeer(state, peerId);
  presence.delete(peerId);
}

export function newId(state: NodeState, prefix: string): string {
  state.nextId += 1;
  return `${prefix}-${state.nextId}`;
}
