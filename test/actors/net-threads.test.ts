import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import { ok } from 'neverthrow';
import { broadcastActor } from '../../src/actors/presence/broadcast.js';
import { discoveryActor } from '../../src/actors/presence/discovery.js';
import { transportActor } from '../../src/actors/transport/transport.js';
import { parseConnectionId } from '../../src/ids.js';
import {
  actor,
  address,
  child,
  next,
  openByteStream,
  reply,
  startSupervisor,
  type Placement,
} from '../../src/runtime/index.js';
import { beaconSigningBytes } from '../../src/wire/beacon.js';
import { freeUdpPorts, newIdentity, type Identity } from '../support/beacon-node.js';
import { eventually } from '../support/deadline.js';
import type { TransportReports } from '../../src/actors/transport/protocol.js';
import type {
  DiscoveryProtocol,
  DiscoveryReports,
  BroadcastProtocol,
  BroadcastRequests,
} from '../../src/actors/presence/protocol.js';

type HubProtocol = TransportReports & DiscoveryReports & BroadcastRequests;

/** The reports of the three actors to the node. Echoes on every connection. */
interface Seen {
  tcpPort: number;
  readonly names: Set<string>;
  readonly ends: string[];
}

const hub = actor<
  { readonly identity: Identity; readonly name: string; readonly seen: Seen },
  {
    readonly identity: Identity;
    readonly name: string;
    readonly seen: Seen;
  },
  HubProtocol,
  { readonly broadcast: BroadcastProtocol }
>({
  name: 'node',
  restart: 'permanent',
  init: (args) => ok(args),
  receive: {
    listening(state, { port }, context) {
      state.seen.tcpPort = port;
      context.links.broadcast.cast('describe', { name: state.name, tcpPort: port, certificateSerial: 1 });
      return next(state);
    },
    accepted(state, { port }) {
      const stream = openByteStream(port, {
        onBytes(chunk) {
          stream.consumed(chunk.byteLength);
          stream.write(chunk.slice());
        },
        onEnd: (reason) => void state.seen.ends.push(reason),
      });
      return next(state);
    },
    slotWanted: (state) => next(state),
    unheard: (state) => next(state),
    turnedAway: (state) => next(state),
    hearing: (state) => next(state),
    presence(state, { rows }) {
      for (const row of rows) state.seen.names.add(row.name);
      return next(state);
    },
    seen: (state) => next(state),
    twin: (state) => next(state),
    signBeacon: (state, { body }) =>
      reply(state, ok(new Uint8Array(sign(null, beaconSigningBytes(body), state.identity.privateKey)))),
    description: (state) => {
      const { tcpPort } = state.seen;
      return reply(state, ok(tcpPort === 0 ? null : { name: state.name, tcpPort, certificateSerial: 1 }));
    },
  },
});

const inThread = (worker: string): Placement => ({
  kind: 'thread',
  entry: new URL(`../../bundle/thread-${worker}.cjs`, import.meta.url),
});

async function start(t: TestContext, name: string, beaconPorts: readonly number[]) {
  const seen: Seen = { tcpPort: 0, names: new Set(), ends: [] };
  const identity = newIdentity();
  const bootId = new Uint8Array(8).fill(name.charCodeAt(0));
  const bind = '127.0.0.1';
  const node = address<HubProtocol>('node');
  const transport = child(transportActor, {
    args: {
      listeners: [{ bind, port: 0, portStrict: false, dialect: 'sniffed' }],
      connectionsMax: 5,
      dialects: ['native'],
    },
    links: { node },
    placement: inThread('transport'),
  });
  const supervisor = (
    await startSupervisor({
      name: `root-${name}`,
      strategy: 'one-for-one',
      children: [
        child(hub, {
          args: { identity, name, seen },
          links: { broadcast: address<BroadcastProtocol>('broadcast') },
          placement: { kind: 'inline' },
        }),
        transport,
        child(discoveryActor, {
          args: {
            bind,
            beaconPorts,
            intervalMs: 8_000,
            ownId: identity.peerId,
            ownBootId: bootId,
            onlinePeersFile: null,
          },
          links: { node, broadcast: address<BroadcastProtocol>('broadcast') },
          placement: inThread('discovery'),
        }),
        child(broadcastActor, {
          args: {
            bind,
            targets: null,
            replyPorts: [],
            beaconPorts,
            intervalMs: 8_000,
            idKey: identity.idKey,
            bootId,
            instance: bootId,
            wireVersions: [1],

            mdnsPort: null,
          },
          links: { node, discovery: address<DiscoveryProtocol>('discovery') },
          placement: inThread('broadcast'),
        }),
      ],
    })
  )._unsafeUnwrap();
  t.after(() => supervisor.stop());
  return { seen, supervisor, transport: supervisor.ref(transport) };
}

test('in threads of their own the three serve two nodes that find each other and exchange bytes', async (t) => {
  const beaconPorts = await freeUdpPorts(2);
  const alice = await start(t, 'alice', beaconPorts);
  await eventually(() => alice.seen.tcpPort > 0, 5_000, 'listening');
  const bob = await start(t, 'bob', beaconPorts);
  const readyMs = performance.now();
  await eventually(() => alice.seen.names.has('bob') && bob.seen.names.has('alice'), 5_000, 'rosters');
  t.diagnostic(`in both rosters ${(performance.now() - readyMs).toFixed(0)} ms after all threads were ready`);

  const connectionId = parseConnectionId('out-1')._unsafeUnwrap();
  const dialled = await alice.transport.call('dial', {
    connectionId,
    host: '127.0.0.1',
    port: bob.seen.tcpPort,
    deadlineMs: 2_000,
  });
  const hello = Buffer.concat([Buffer.from('PARL\x01\x00', 'latin1'), Buffer.alloc(500_000, 3)]);
  let heard = 0;
  const stream = openByteStream(dialled._unsafeUnwrap().port, {
    onBytes(chunk) {
      heard += chunk.byteLength;
      stream.consumed(chunk.byteLength);
    },
    onEnd: () => undefined,
  });
  stream.write(new Uint8Array(hello));
  await eventually(() => heard === hello.byteLength, 5_000, 'the echo');
  stream.end('done');
  await eventually(() => bob.seen.ends.includes('closed'), 2_000, 'the end on the other side');

  const { outboundNow } = (await alice.transport.call('stats', {}))._unsafeUnwrap();
  assert.equal(outboundNow, 0);

  const socket = connect(bob.seen.tcpPort, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.write(hello.subarray(0, 1_000));
  await new Promise((resolve) => socket.once('data', resolve));
  socket.resetAndDestroy();
  await eventually(() => bob.seen.ends.includes('reset'), 2_000, 'the reset on the other side');
});
