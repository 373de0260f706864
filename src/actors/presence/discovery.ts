/**
 * The discovery actor receives beacons. The pure `chat/presence/beacon-gate.ts` decides on each: cheap checks first,
 * the signature last. Valid beacons go into the roster (`chat/presence/roster.ts`), and changed rows to the node.
 * Replies leave by the socket of the broadcast actor. Spec: design.md *Discovery*, faults.md section 4 *Discovery*,
 * N3-N5.
 */
import { randomBytes } from 'node:crypto';
import type { RemoteInfo } from 'node:dgram';
import { err, ok, type Result } from 'neverthrow';
import {
  createBeaconGate,
  type BeaconGate,
  type BeaconSource,
  type Clocks,
  type DropReason,
  type PendingBeacon,
} from '../../chat/presence/beacon-gate.js';
import { createRoster, gateViewOf, type Roster } from '../../chat/presence/roster.js';
import { reasonOf } from '../../system-errors.js';
import { bindsOf, isFamilyMissing, readInterfaces } from '../interfaces.js';
import { receiverOf, groupBinds, joinGroups, type BeaconReceiver } from './groups.js';
import type { ListenError } from '../errors.js';
import { HeardLog } from '../../chat/presence/heard-log.js';
import { silentContacts } from '../../chat/presence/limits.js';
import { agesOf, SilentContacts } from '../../chat/presence/silent-contacts.js';
import type { PeerId } from '../../ids.js';
import { beacon as wire } from '../../wire/limits.js';
import { beaconSocket as limits } from './limits.js';
import { actor, next, reply, type Context } from '../../runtime/actor.js';
import { LogTally } from '../../runtime/log-tally.js';
import { isDottedQuad } from '../../wire/address.js';
import { verifyBeacon, type BeaconRecord } from '../../wire/beacon.js';
import { bindFault, openUdp } from './udp.js';
import { verifyEd25519 } from './verify.js';
import { broadcastBinds } from './targets.js';
import {
  hostOf,
  interfaceOf,
  isLoopback,
  isNear,
  plainAddress,
  type InterfaceAddress,
} from '../../wire/address-space.js';
import type { BroadcastProtocol, DiscoveryProtocol, DiscoveryReports } from './protocol.js';
import { openOnlinePeersFile, type OnlinePeersFile } from './online-peers-file.js';
import { sanitiseName } from '../../chat/people/name.js';
import type { Presence } from '../../chat/people/presence.js';

/** Arguments of the actor. */
export interface DiscoveryArgs {
  readonly bind: string;
  readonly beaconPorts: readonly number[];
  /** Interval of our own beacons, ms; peers are assumed to have the same. */
  readonly intervalMs: number;
  readonly ownId: PeerId;
  readonly ownBootId: Uint8Array;
  /**
   * The file of the oldest dialect that lists peers; `null`: that dialect is off, and its announcements are ignored.
   */
  readonly onlinePeersFile: string | null;
  /**
   * Whether nothing may be sent, as for an invisible user: the signature alone counts, and no sender proves its address.
   * Default: false.
   */
  readonly isInvisible?: boolean;
}

type DiscoveryLinks = { readonly node: DiscoveryReports; readonly broadcast: BroadcastProtocol };
type DiscoveryContext = Context<DiscoveryProtocol, DiscoveryLinks>;

interface Counts {
  datagrams: number;
  signatureChecks: number;
  challenges: number;
  readonly dropped: Map<DropReason | 'off-link', number>;
}

interface DiscoveryState {
  readonly args: DiscoveryArgs;
  readonly context: DiscoveryContext;
  /** Whether nothing may be sent. */
  isInvisible: boolean;
  readonly receivers: readonly BeaconReceiver[];
  readonly gate: BeaconGate;
  readonly roster: Roster;
  readonly counts: Counts;
  readonly log: HeardLog;
  readonly silentContacts: SilentContacts;
  readonly onlinePeers: OnlinePeersFile | null;
  /** Rows that were not sent to the node yet. */
  readonly unsent: Map<PeerId, Presence>;
  sendTimer: NodeJS.Timeout | undefined;
  awaited: ReadonlySet<PeerId>;
  readonly twins: LogTally<'twin'>;
  interfaces: readonly InterfaceAddress[];
  /** Monotonic, ms. */
  interfacesReadMs: number;
  /** The last report of signs of life (wall clock, ms). */
  seenReportedMs: number;
}

/** Errors of `init`, when none of the ports could be bound: `transport/beacon-ports-in-use`, `transport/cannot-listen`. */
export const discoveryActor = actor<DiscoveryArgs, DiscoveryState, DiscoveryProtocol, DiscoveryLinks>({
  name: 'discovery',
  restart: 'permanent',
  init: start,
  receive: {
    heard(state, { bytes, address, port }) {
      hear(state, bytes, address, port, true);
      return next(state);
    },
    contacts(state, { peerIds }) {
      state.roster.setContacts(peerIds);
      return next(state);
    },
    awaited(state, { peerIds }) {
      state.awaited = new Set(peerIds);
      return next(state);
    },
    recall(state, { rows }) {
      state.roster.recall(rows, clocks());
      return next(state);
    },
    invisible(state, { isInvisible }) {
      state.isInvisible = isInvisible;
      return next(state);
    },
    named(state, { host }) {
      state.silentContacts.named(host);
      return next(state);
    },
    watchHosts(state, { hosts }) {
      state.silentContacts.setHosts(hosts);
      return next(state);
    },
    age(state, _body, context) {
      context.after(limits.ageEveryMs, 'age', {});
      pollInterfaces(state);
      askSilent(state);
      reportRows(state, state.roster.tick(clocks()));
      reportSeen(state);
      return next(state);
    },
    stats: (state) => {
      const { datagrams, signatureChecks, challenges, dropped } = state.counts;
      return reply(
        state,
        ok({ datagrams, signatureChecks, challenges, dropped: Object.fromEntries(dropped) }),
      );
    },
    report: (state) => reply(state, ok(state.log.report())),
  },
  async terminate(state) {
    clearTimeout(state.sendTimer);
    for (const { socket } of state.receivers) socket.close();
    await state.onlinePeers?.close();
  },
});

async function start(
  args: DiscoveryArgs,
  context: DiscoveryContext,
): Promise<Result<DiscoveryState, ListenError>> {
  const roster = createRoster({ beaconIntervalMs: args.intervalMs });
  const gate = createBeaconGate({
    secret: randomBytes(limits.cookieSecretBytes),
    ownId: args.ownId,
    ownBootId: args.ownBootId,
    ...gateViewOf(roster, () => state.isInvisible),
  });
  const receivers: BeaconReceiver[] = [];
  const state: DiscoveryState = {
    args,
    context,
    isInvisible: args.isInvisible === true,
    receivers,
    gate,
    roster,
    log: new HeardLog(),
    silentContacts: new SilentContacts(performance.now(), roster.onlineMs - silentContacts.beforeAwayMs),
    counts: { datagrams: 0, signatureChecks: 0, challenges: 0, dropped: new Map() },
    onlinePeers:
      args.onlinePeersFile === null
        ? null
        : openOnlinePeersFile(args.onlinePeersFile, Date.now(), (reason) =>
            context.log('warn', 'online-peers-not-written', { reason }),
          ),
    unsent: new Map(),
    sendTimer: undefined,
    awaited: new Set(),
    twins: new LogTally(limits.twinToldEveryMs),
    interfaces: readInterfaces(),
    interfacesReadMs: performance.now(),
    seenReportedMs: Date.now(),
  };
  const opened = await openAll(state);
  if (opened.isErr()) return err(opened.error);
  receivers.push(...opened.value);
  joinGroups(receivers, state.interfaces);
  context.links.node.cast('hearing', {});
  context.self('age', {});
  return ok(state);
}

/** Binds to the ports. One is enough; a failure of another is logged. */
async function openAll(state: DiscoveryState): Promise<Result<readonly BeaconReceiver[], ListenError>> {
  const { args, context } = state;
  const receivers: BeaconReceiver[] = [];
  const failures: { readonly address: string; readonly port: number; readonly cause: string }[] = [];
  const onDatagram = (bytes: Uint8Array, from: RemoteInfo): void =>
    hear(state, bytes, from.address, from.port, false);
  const onError = (error: NodeJS.ErrnoException): void =>
    context.log('warn', 'discovery.socket-failed', { reason: reasonOf(error) });
  const binds = bindsOf(args.bind);
  for (const port of args.beaconPorts)
    for (const bind of binds) {
      const open = (address: string) => openUdp({ address, port, isShared: true, onDatagram, onError });
      const main = await open(bind);
      if (main.isErr()) {
        const level = binds.length > 1 && isFamilyMissing(bind, main.error) ? 'debug' : 'warn';
        context.log(level, 'discovery.cannot-listen', { address: bind, port, reason: reasonOf(main.error) });
        failures.push({ address: bind, port, cause: main.error });
        continue;
      }
      receivers.push(receiverOf(main.value, bind));
      for (const address of [
        ...broadcastBinds(bind, state.interfaces),
        ...groupBinds(bind, state.interfaces),
      ]) {
        const extra = await open(address);
        // Some systems cannot bind to a broadcast or group address, and receive broadcasts without it.
        if (extra.isOk()) receivers.push(receiverOf(extra.value, bind));
        else
          context.log('debug', 'discovery.cannot-listen', { address, port, reason: reasonOf(extra.error) });
      }
    }
  return receivers.length === 0 && failures.length > 0 ? err(bindFault(failures)) : ok(receivers);
}

/** Handles one datagram from any host. */
function hear(state: DiscoveryState, bytes: Uint8Array, from: string, port: number, isReply: boolean): void {
  const { gate, roster, context, counts } = state;
  counts.datagrams += 1;
  if (bytes.byteLength > wire.datagramBytesMax) return count(counts, 'size');
  const address = hostOf(from);
  const isLocal =
    isLoopback(address) || state.interfaces.some((own) => own.address === plainAddress(address));
  if (!isLocal && !isNear(address, state.interfaces)) {
    state.log.noteOffLink();
    return count(counts, 'off-link');
  }
  const source: BeaconSource = { address, port, isLocal, isReply };
  const decision = gate.judge(bytes, source, clocks());
  switch (decision.type) {
    case 'drop': {
      const { reason, repeated } = decision;
      const atMs = Date.now();
      if (reason === 'own') state.log.noteOwn({ address, via: interfaceOf(address, state.interfaces), atMs });
      if (repeated !== undefined) state.log.noteRepeat(repeated, address, atMs);
      return count(counts, reason);
    }
    case 'challenge':
      counts.challenges += 1;
      return void context.links.broadcast.cast('unicast', { bytes: decision.bytes, address, port });
    case 'answer':
      return void context.links.broadcast.cast('answer', { ...decisionOf(decision), address, port });
    case 'foreign':
      if (state.onlinePeers === null) return;
      noteOnline(state, decision.username, source);
      return reportRows(state, roster.heardForeign(decision, source, clocks()));
    case 'verify':
      return settle(state, decision, source);
  }
}

const decisionOf = ({ nonce, bytesMax }: { nonce: Uint8Array; bytesMax: number }) => ({ nonce, bytesMax });

/** Checks the signature, the expensive part, which the gate has rationed. */
function settle(state: DiscoveryState, pending: PendingBeacon, source: BeaconSource): void {
  const { gate, roster, context, counts } = state;
  const { address, port } = source;
  counts.signatureChecks += 1;
  const settled = gate.settle(pending, verifyBeacon(pending.beacon, verifyEd25519), clocks());
  switch (settled.type) {
    case 'drop':
      return count(counts, settled.reason);
    case 'twin':
      return reportTwin(state, address);
    case 'heard': {
      const { peerId, record, answer, isAddressProven } = settled;
      const isNew = isNewRun(roster, peerId, record);
      if (record.kind !== 'bye') noteHeard(state, peerId, record, source);
      reportRows(state, roster.heard(peerId, record, source, clocks()));
      // For an awaited peer a sign of life alone is reported.
      if (state.awaited.has(peerId)) reportRows(state, rowOf(roster, peerId));
      if (record.kind !== 'bye') noteOnline(state, record.name, source);
      if (answer) context.links.broadcast.cast('answer', { ...decisionOf(answer), address, port });
      else if (isNew && record.kind !== 'bye') {
        // A peer that echoed our cookie receives at this address; else the address may be forged.
        const bytesMax = isAddressProven ? null : pending.requestBytes;
        context.links.broadcast.cast('greet', { address, port, bytesMax });
      }
    }
  }
}

/** Reads the interfaces now and then, and joins the groups of new ones. */
function pollInterfaces(state: DiscoveryState): void {
  const nowMs = performance.now();
  if (nowMs - state.interfacesReadMs < limits.pollInterfacesEveryMs - limits.ageEveryMs / 2) return;
  state.interfacesReadMs = nowMs;
  state.interfaces = readInterfaces();
  joinGroups(state.receivers, state.interfaces);
}

/** Asks silent contacts, and hosts that another service named, for a sign of life. */
function askSilent({ isInvisible, silentContacts, roster, context }: DiscoveryState): void {
  if (isInvisible) return;
  const { nowMs, wallClockMs } = clocks();
  const ages = agesOf((peerId) => roster.row(peerId), wallClockMs);
  const hosts = silentContacts.due(nowMs, ages, () => roster.rows());
  if (hosts.length > 0) context.links.broadcast.cast('query', { hosts });
}

/** Notes an announcement for the doctor. A reply to a newcomer repeats an older record, so its time tells no clock. */
function noteHeard(
  { log, interfaces }: DiscoveryState,
  peerId: PeerId,
  { name, kind, timeMs }: BeaconRecord,
  { address, isReply = false }: BeaconSource,
): void {
  const atMs = Date.now();
  const isFresh = !isReply || kind === 'answer';
  log.notePeer({
    peerId,
    name: sanitiseName(name).unwrapOr('unnamed'),
    address,
    via: interfaceOf(address, interfaces),
    atMs,
    clockMs: isFresh ? timeMs - atMs : null,
    isReply,
  });
}

/** Notes a peer in the file of the oldest dialect. Native beacons are announcements of it, too. */
function noteOnline(state: DiscoveryState, username: string, { address, port }: BeaconSource): void {
  if (!isDottedQuad(address)) return;
  state.onlinePeers?.heard({ host: address, port, username, lastSeenMs: Date.now() });
}

const rowOf = (roster: Roster, peerId: PeerId): readonly Presence[] => {
  const row = roster.row(peerId);
  return row === null ? [] : [row];
};

const isNewRun = (roster: Roster, peerId: PeerId, record: BeaconRecord): boolean =>
  !roster.isOfRun(peerId, record.bootId);

/** Sends changes to the node. Those of a short time travel together. */
function reportRows(state: DiscoveryState, rows: readonly Presence[]): void {
  for (const row of rows) state.unsent.set(row.peerId, row);
  if (state.unsent.size === 0) return;
  state.sendTimer ??= setTimeout(() => {
    state.sendTimer = undefined;
    const sent = state.context.links.node.cast('presence', { rows: [...state.unsent.values()] });
    // After a full mailbox the next change, or the next second, tries again.
    if (sent.isOk()) state.unsent.clear();
  }, limits.tellAfterMs);
}

/** Reports signs of life that changed nothing else. A clock that was set back begins a new interval. */
function reportSeen(state: DiscoveryState): void {
  const nowMs = Date.now();
  const sinceMs = state.seenReportedMs;
  if (nowMs >= sinceMs && nowMs - sinceMs < limits.seenEveryMs) return;
  state.seenReportedMs = nowMs;
  const peers = state.roster
    .rows()
    .filter(({ lastSeenMs }) => lastSeenMs >= sinceMs && lastSeenMs <= nowMs)
    .map(({ peerId, lastSeenMs }) => ({ peerId, lastSeenMs }));
  if (peers.length > 0) state.context.links.node.cast('seen', { peers });
}

function reportTwin(state: DiscoveryState, address: string): void {
  state.twins.note('twin', performance.now(), () => state.context.links.node.cast('twin', { address }));
}

function count(counts: Counts, reason: DropReason | 'off-link'): void {
  counts.dropped.set(reason, (counts.dropped.get(reason) ?? 0) + 1);
}

const clocks = (): Clocks => ({ nowMs: performance.now(), wallClockMs: Date.now() });
