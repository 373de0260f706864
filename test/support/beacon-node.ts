/** A node reduced to its beacons: the real broadcast and discovery actors, and a key that signs for them. */
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { broadcastActor } from '../../src/actors/presence/broadcast.js';
import { discoveryActor } from '../../src/actors/presence/discovery.js';
import { peerIdOf } from '../../src/chat/people/identity.js';
import type { PeerId } from '../../src/ids.js';
import {
  beaconSigningBytes,
  encodeBeacon,
  encodeBeaconBody,
  type BeaconRecord,
} from '../../src/wire/beacon.js';
import { drive, Recorder, refTo, type Driven } from './actor-driver.js';
import type {
  DiscoveryProtocol,
  DiscoveryReports,
  BroadcastProtocol,
  BroadcastRequests,
} from '../../src/actors/presence/protocol.js';
import { usableNowMs } from './usable-time.js';

export interface Identity {
  readonly privateKey: KeyObject;
  readonly idKey: Uint8Array;
  readonly peerId: PeerId;
}

export function newIdentity(): Identity {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const idKey = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }).subarray(-32));
  return { privateKey, idKey, peerId: peerIdOf(idKey) };
}

/** The record's fields that a test does not care about. */
export function recordOf(identity: Identity, fields: Partial<BeaconRecord> = {}): BeaconRecord {
  return {
    kind: 'announce',
    idKey: identity.idKey,
    bootId: new Uint8Array(8).fill(9),
    seq: 1,
    timeMs: Date.now(),
    tcpPort: 6_001,
    name: 'raw',
    wireVersions: [1],
    certificateSerial: 1,
    nonce: null,
    instance: null,
    ...fields,
  };
}

export function signedDatagram(identity: Identity, record: BeaconRecord): Uint8Array {
  const body = encodeBeaconBody(record);
  const signature = new Uint8Array(sign(null, beaconSigningBytes(body), identity.privateKey));
  return encodeBeacon({ username: record.name, ipAddress: '127.0.0.1', body, signature });
}

export interface BeaconNode {
  readonly identity: Identity;
  readonly name: string;
  readonly broadcast: Driven<BroadcastProtocol>;
  readonly discovery: Driven<DiscoveryProtocol>;
  readonly reports: Recorder<DiscoveryReports>;
  readonly startedMs: number;
  readonly stop: () => Promise<void>;
}

export interface BeaconNodeOptions {
  readonly name: string;
  readonly beaconPorts: readonly number[];
  readonly bind?: string;
  readonly intervalMs?: number;
  readonly identity?: Identity;
  readonly targets?: readonly string[];
  readonly onlinePeersFile?: string;
}

export async function startBeaconNode(options: BeaconNodeOptions): Promise<BeaconNode> {
  const identity = options.identity ?? newIdentity();
  const { name, beaconPorts, bind = '0.0.0.0', intervalMs = 60_000 } = options;
  const bootId = new Uint8Array(randomBytes(8));
  const reports = new Recorder<DiscoveryReports>();
  const requests = new Recorder<BroadcastRequests>({
    signBeacon: ({ body }: { body: Uint8Array }) =>
      new Uint8Array(sign(null, beaconSigningBytes(body), identity.privateKey)),
    description: () => null,
  });
  const links: { broadcast?: Driven<BroadcastProtocol> } = {};
  const discovery = await drive(
    discoveryActor,
    {
      bind,
      beaconPorts,
      intervalMs,
      ownId: identity.peerId,
      ownBootId: bootId,
      onlinePeersFile: options.onlinePeersFile ?? null,
    },
    { node: reports.ref, broadcast: refTo(() => links.broadcast) },
  );
  const broadcast = await drive(
    broadcastActor,
    {
      bind,
      targets: options.targets ?? ['127.0.0.1'],
      beaconPorts,
      replyPorts: [],
      intervalMs,
      idKey: identity.idKey,
      bootId,
      instance: new Uint8Array(8),
      wireVersions: [1],
      mdnsPort: null,
    },
    { node: requests.ref, discovery: refTo(() => discovery) },
  );
  links.broadcast = broadcast;
  const startedMs = usableNowMs();
  broadcast.cast('describe', { name, tcpPort: 6_001, certificateSerial: 1 });
  let stopping: Promise<void> | null = null;
  return {
    identity,
    name,
    broadcast,
    discovery,
    reports,
    startedMs,
    stop() {
      stopping ??= (async () => {
        await broadcast.call('leave', {});
        await broadcast.stop();
        await discovery.stop();
      })();
      return stopping;
    },
  };
}

/** Two UDP ports that nobody had a moment ago. */
export async function freeUdpPorts(count: number): Promise<number[]> {
  const sockets = await Promise.all(Array.from({ length: count }, () => boundUdp('127.0.0.1', 0)));
  const ports = sockets.map((socket) => socket.address().port);
  for (const socket of sockets) socket.close();
  return ports;
}

export function boundUdp(address: string, port: number, isShared = false): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', reuseAddr: isShared });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, address, () => resolve(socket));
  });
}
