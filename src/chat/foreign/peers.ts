/** The peers that run foreign programs: which are allowed, how this side presents itself to them, and which is forgotten. */
import { err, ok, type Result } from 'neverthrow';
import type { ForeignDialectName, ForeignOptions } from '../../dialects/dialect.js';
import { foreignDialects } from '../../dialects/sniff.js';
import type { ChatError } from '../errors.js';
import type { PeerId } from '../../ids.js';
import { foreignPeers as limits } from '../../dialects/limits.js';
import type { Address } from '../../wire/address.js';
import { foreignPeerId, parseForeignPeerId } from '../people/name.js';
import { newKeyForms } from './key-forms.js';
import type { ForeignPeer, ForeignState, ForeignTurn } from './state.js';

/** Errors: `chat/unknown-peer` (the id is of no foreign program), `chat/secure-only`, `chat/dialect-off`. */
export function allowed(
  state: ForeignState,
  peerId: PeerId,
  turn: ForeignTurn,
): Result<ForeignPeer, ChatError> {
  const parsed = parseForeignPeerId(peerId);
  if (parsed === null) return err({ code: 'chat/unknown-peer', peer: peerId });
  return allowedDialect(state, parsed.dialect).map(() => foreignPeer(state, peerId, parsed, turn));
}

/** Errors: `chat/secure-only`, `chat/dialect-off`. */
export function allowedDialect({ args }: ForeignState, dialect: ForeignDialectName): Result<null, ChatError> {
  if (args.secureOnly) return err({ code: 'chat/secure-only', dialect });
  return args.enabled.has(dialect) ? ok(null) : err({ code: 'chat/dialect-off', dialect });
}

/** The peer that speaks from `host` and says that it listens on `port`. Null: there is no such address. */
export function foreignPeerAt(
  state: ForeignState,
  dialect: ForeignDialectName,
  address: Address,
  turn: ForeignTurn,
): ForeignPeer | null {
  const peerId = foreignPeerId(dialect, address.host, address.port);
  return peerId === null ? null : foreignPeer(state, peerId, { dialect, ...address }, turn);
}

/** Bounded: the peer longest inactive, with nothing under way, makes room. */
function foreignPeer(
  state: ForeignState,
  peerId: PeerId,
  { dialect, host, port }: { readonly dialect: ForeignDialectName } & Address,
  turn: ForeignTurn,
): ForeignPeer {
  const { peers } = state;
  const known = peers.get(peerId);
  if (known !== undefined) return known;
  const peer: ForeignPeer = {
    peerId,
    dialect: foreignDialects[dialect],
    host,
    port,
    form: null,
    keyForms: newKeyForms(),
    isConnectUnsure: false,
    isFormHinted: false,
    hasSpoken: false,
    activeAtMs: turn.now.monotonicMs,
    takenAtMs: Number.NEGATIVE_INFINITY,
    jobs: [],
    work: null,
    lastFailure: '',
    unmarked: new Set(),
    saidUnits: new Map(),
    waiters: [],
  };
  peers.set(peerId, peer);
  if (peers.size > limits.activeMax) evictOldest(state, peer, turn);
  return peer;
}

/** How this side presents itself over a connection. */
export function ownOptions(
  state: ForeignState,
  dialect: ForeignDialectName,
  host: string,
  chosen: Pick<ForeignOptions, 'form' | 'secure' | 'privateNumber'>,
  turn: ForeignTurn,
): Omit<ForeignOptions, 'random'> {
  return {
    name: state.name,
    address: ownAddress(host, turn),
    listeningPort: state.ports.get(dialect) ?? state.nativePort,
    group: state.args.group,
    ...chosen,
  };
}

/** The address under which the program at `host` reaches us. */
function ownAddress(host: string, turn: ForeignTurn): string {
  const [first = '127.0.0.1'] = turn.ownAddresses();
  return host.startsWith('127.') && !first.startsWith('127.') ? '127.0.0.1' : first;
}

function evictOldest(state: ForeignState, newcomer: ForeignPeer, turn: ForeignTurn): void {
  let oldest: ForeignPeer | null = null;
  for (const peer of state.peers.values()) {
    const isBusy = peer.jobs.length > 0 || peer.work !== null || state.standing.has(peer.peerId);
    if (peer === newcomer || isBusy || state.hasWork(peer.peerId)) continue;
    if (oldest === null || peer.activeAtMs < oldest.activeAtMs) oldest = peer;
  }
  if (oldest === null) return;
  const { peerId } = oldest;
  state.peers.delete(peerId);
  state.evicted.push(peerId);
  const isShown = state.people.presence(peerId) !== undefined;
  if (isShown && !state.people.isAnnounced(peerId)) state.people.gone(peerId, turn);
  state.people.forget(peerId);
}
