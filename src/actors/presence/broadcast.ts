/**
 * The broadcast actor announces this node: to all at intervals and at every change, to one peer on request, and with
 * a goodbye at the end. It owns the socket that beacons leave by. Its port belongs to this node alone, so that
 * challenges and answers reach this node even where many homes share a beacon port. Spec: design.md *Beacon*,
 * session-protocol section 6.
 */
import { randomBytes, randomInt } from 'node:crypto';
import type { RemoteInfo, Socket } from 'node:dgram';
import { err, ok, type Result } from 'neverthrow';
import { reasonOf } from '../../system-errors.js';
import { bindsOf, isFamilyMissing, readInterfaces } from '../interfaces.js';
import type { ListenError } from '../errors.js';
import { createTokenBucket, type TokenBucket } from '../../chat/presence/token-bucket.js';
import { clipBytes } from '../../chat/people/name.js';
import { beacon as wire } from '../../wire/limits.js';
import { beaconSocket as limits } from './limits.js';
import { actor, next, reply, type Context } from '../../runtime/actor.js';
import { encodeBeacon, encodeBeaconBody, encodeQuery, type BeaconKind } from '../../wire/beacon.js';
import { isSameStatus, plainStatus, type Status } from '../../wire/status.js';
import { openUdp, sendUdp, type UdpOptions } from './udp.js';
import type { Mdns } from './mdns.js';
import { beaconTargets, goodbyePorts, isBroadcast, queryPorts } from './targets.js';
import { isNear, isUnicast, isV6, type InterfaceAddress } from '../../wire/address-space.js';
import type {
  DiscoveryProtocol,
  BroadcastProtocol,
  BeaconDescription,
  BroadcastRequests,
  SentReport,
} from './protocol.js';

/** Arguments of the actor. */
export interface BroadcastArgs {
  readonly bind: string;
  /** Addresses that beacons are sent to; `null`: the broadcast address of every interface, and this machine. */
  readonly targets: readonly string[] | null;
  readonly beaconPorts: readonly number[];
  /** Ports for the socket that beacons leave by, of which the first free one is used; none free: any port. */
  readonly replyPorts: readonly number[];
  readonly intervalMs: number;
  readonly idKey: Uint8Array;
  readonly bootId: Uint8Array;
  readonly instance: Uint8Array;
  readonly wireVersions: readonly number[];
  /** UDP port of multicast DNS; null: it is off. */
  readonly mdnsPort: number | null;
}

type BroadcastLinks = {
  readonly node: BroadcastRequests;
  readonly discovery: Pick<DiscoveryProtocol, 'heard' | 'named'>;
};
type BroadcastContext = Context<BroadcastProtocol, BroadcastLinks>;

/** A socket that beacons leave by. */
interface BeaconSocket {
  readonly bind: string;
  readonly socket: Socket;
}

interface SignedBody {
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
}

interface BroadcastState {
  readonly args: BroadcastArgs;
  readonly sockets: readonly BeaconSocket[];
  readonly answers: TokenBucket;
  description: BeaconDescription | null;
  seq: number;
  announced: SignedBody | null;
  /** Signed in advance, since the node that signs may be gone at the end. */
  goodbye: SignedBody | null;
  hasLeft: boolean;
  interfaces: readonly InterfaceAddress[];
  cancelNext: () => void;
  lastSent: SentReport['targets'];
  mdns: Mdns | null;
}

/** Errors of `init`: `transport/cannot-listen`. */
export const broadcastActor = actor<BroadcastArgs, BroadcastState, BroadcastProtocol, BroadcastLinks>({
  name: 'broadcast',
  restart: 'permanent',
  init: start,
  receive: {
    async announce(state, _body, context) {
      if (context.restarts > 0) state.description ??= await askDescription(context);
      state.mdns?.announce(isInvisible(state.description) ? null : (state.description?.tcpPort ?? null));
      await announce(state, context);
      return next(state);
    },
    async describe(state, body, context) {
      if (isInvisible(body) && state.announced !== null) await withdraw(state, context);
      state.description = body;
      state.mdns?.announce(isInvisible(body) ? null : body.tcpPort);
      state.goodbye = null;
      await announce(state, context);
      return next(state);
    },
    unicast(state, { bytes, address, port }) {
      if (!isInvisible(state.description)) sendToOne(state, bytes, address, port);
      return next(state);
    },
    async query(state, { hosts }, context) {
      if (isInvisible(state.description)) return next(state);
      const signed = await sign(state, context, 'query', new Uint8Array(randomBytes(wire.nonceBytes)));
      if (signed === null) return next(state);
      const datagram = encodeQuery(signed);
      for (const host of hosts)
        for (const port of queryPorts(state.args.beaconPorts)) sendToOne(state, datagram, host, port);
      return next(state);
    },
    async answer(state, { nonce, address, port, bytesMax }, context) {
      if (!state.answers.take(performance.now())) return next(state);
      const signed = await sign(state, context, 'answer', nonce);
      const datagram = signed && replyOf(signed);
      if (datagram && datagram.byteLength <= bytesMax) sendToOne(state, datagram, address, port);
      return next(state);
    },
    async greet(state, { address, port, bytesMax }, context) {
      if (!state.announced) return next(state);
      const datagram = replyOf(state.announced);
      if (datagram.byteLength <= (bytesMax ?? Infinity)) sendToOne(state, datagram, address, port);
      else await announce(state, context);
      return next(state);
    },
    async leave(state) {
      state.cancelNext();
      if (state.goodbye) await flushed(sendToAll(state, state.goodbye, goodbyePorts(state.args.beaconPorts)));
      await state.mdns?.close();
      state.mdns = null;
      state.hasLeft = true;
      state.announced = null;
      return reply(state, ok(null));
    },
    sent: (state) => {
      const ports = state.sockets.map(({ socket }) => socket.address().port);
      const targets = isInvisible(state.description) ? [] : state.lastSent;
      return reply(state, ok({ targets, replyPorts: [...new Set(ports)] }));
    },
    async pollInterfaces(state, _body, context) {
      context.after(limits.pollInterfacesEveryMs, 'pollInterfaces', {});
      const interfaces = readInterfaces();
      if (JSON.stringify(interfaces) === JSON.stringify(state.interfaces)) return next(state);
      state.interfaces = interfaces;
      state.mdns?.interfacesChanged(interfaces);
      context.log('info', 'broadcast.interfaces-changed', { count: interfaces.length });
      await announce(state, context);
      return next(state);
    },
  },
  async terminate(state) {
    await state.mdns?.close();
    for (const { socket } of state.sockets) socket.close();
  },
});

async function start(
  args: BroadcastArgs,
  context: BroadcastContext,
): Promise<Result<BroadcastState, ListenError>> {
  const heard = createTokenBucket(limits.heardPerSecond, limits.heardBurst);
  const onDatagram = (bytes: Uint8Array, from: RemoteInfo): void => {
    if (bytes.byteLength > wire.datagramBytesMax || !heard.take(performance.now())) return;
    // A full mailbox loses the datagram like a full network; its sender repeats it.
    const { address, port } = from;
    void context.links.discovery.cast('heard', { bytes: new Uint8Array(bytes), address, port });
  };
  const onError = (error: NodeJS.ErrnoException): void =>
    context.log('warn', 'broadcast.socket-failed', { reason: reasonOf(error) });
  const sockets = await openSockets(args, { isShared: false, onDatagram, onError });
  if (sockets.isErr()) return err(sockets.error);
  // Grows over a restart of this actor, since peers refuse a number that they have seen in one run of the node.
  const ticks = Number(process.hrtime.bigint() / limits.seqTickNs);
  context.self('announce', {});
  context.self('pollInterfaces', {});
  const interfaces = readInterfaces();
  const mdns = args.mdnsPort === null ? null : await openMdns(args, args.mdnsPort, context);
  mdns?.interfacesChanged(interfaces);
  return ok({
    args,
    sockets: sockets.value,
    answers: createTokenBucket(limits.answersPerSecond, limits.answersBurst),
    description: null,
    seq: ticks % 2 ** 32,
    announced: null,
    goodbye: null,
    hasLeft: false,
    interfaces,
    mdns,
    cancelNext: () => undefined,
    lastSent: [],
  });
}

/** Starts multicast DNS. The file is loaded only where it is used. */
async function openMdns(args: BroadcastArgs, port: number, context: BroadcastContext): Promise<Mdns | null> {
  const { startMdns } = await import('./mdns.js');
  const { bind, instance } = args;
  return startMdns({
    bind,
    port,
    instance,
    onHost: (host) => void context.links.discovery.cast('named', { host }),
    onProblem: (reason) => context.log('debug', 'broadcast.mdns', { reason }),
  });
}

/** Opens a socket for each address. A family that this machine lacks is left out where another one is there. */
async function openSockets(
  { bind, replyPorts }: Pick<BroadcastArgs, 'bind' | 'replyPorts'>,
  options: Omit<UdpOptions, 'address' | 'port'>,
): Promise<Result<readonly BeaconSocket[], ListenError>> {
  const sockets: BeaconSocket[] = [];
  let failure: ListenError | null = null;
  for (const address of bindsOf(bind)) {
    const opened = await openFirst(address, replyPorts, options);
    if (opened.isOk()) {
      sockets.push({ bind: address, socket: opened.value });
      continue;
    }
    failure = { code: 'transport/cannot-listen', address, port: 0, reason: reasonOf(opened.error) };
    if (isFamilyMissing(address, opened.error)) continue;
    for (const { socket } of sockets) socket.close();
    return err(failure);
  }
  return sockets.length === 0 && failure !== null ? err(failure) : ok(sockets);
}

/** Opens a socket on the first free port of these, or on any port. The error is the code of the system. */
async function openFirst(
  address: string,
  ports: readonly number[],
  options: Omit<UdpOptions, 'address' | 'port'>,
): ReturnType<typeof openUdp> {
  for (const port of ports) {
    const opened = await openUdp({ ...options, address, port });
    if (opened.isOk() || opened.error !== 'EADDRINUSE') return opened;
  }
  return openUdp({ ...options, address, port: 0 });
}

async function askDescription(context: BroadcastContext): Promise<BeaconDescription | null> {
  const asked = await context.links.node.call('description', {});
  return asked.unwrapOr(null);
}

/** Announces to all, and plans the next time. Sends nothing while the node has no description yet. */
async function announce(state: BroadcastState, context: BroadcastContext): Promise<void> {
  state.cancelNext();
  const spread = 1 + (randomInt(-1_000, 1_001) / 1_000) * limits.intervalJitterShare;
  state.cancelNext = context.after(state.args.intervalMs * spread, 'announce', {});
  if (state.description === null || isInvisible(state.description)) return;
  state.announced = (await sign(state, context, 'announce', null)) ?? state.announced;
  state.goodbye ??= await sign(state, context, 'bye', null);
  if (!state.announced) return;
  const failed = await sendToAll(state, state.announced);
  if (failed.length > 0) context.log('debug', 'broadcast.send-failed', { failed });
}

/** Whether nothing may be sent, since its user is invisible. */
const isInvisible = (description: BeaconDescription | null): boolean =>
  description?.status?.presence === 'invisible';

/** Says goodbye, but not with the last number of this run, since the user may want to be seen again. */
async function withdraw(state: BroadcastState, context: BroadcastContext): Promise<void> {
  const goodbye = await sign(state, context, 'bye', null, false);
  if (goodbye) await flushed(sendToAll(state, goodbye, goodbyePorts(state.args.beaconPorts)));
  state.announced = null;
}

/** Signs a record. `null`: the node does not answer, and the next interval tries again. */
async function sign(
  state: BroadcastState,
  context: BroadcastContext,
  kind: BeaconKind,
  nonce: Uint8Array | null,
  isLast = kind === 'bye',
): Promise<SignedBody | null> {
  const { args, description } = state;
  if (description === null || state.hasLeft || isInvisible(description)) return null;
  // The goodbye has the last number of this run, however early it was signed.
  const seq = isLast ? limits.seqLast : (state.seq = Math.min(state.seq + 1, limits.seqLast - 1));
  const body = encodeBeaconBody({
    kind,
    idKey: args.idKey,
    bootId: args.bootId,
    seq,
    timeMs: Date.now(),
    tcpPort: description.tcpPort,
    name: clipBytes(description.name, wire.nameBytesMax),
    wireVersions: args.wireVersions,
    certificateSerial: description.certificateSerial,
    nonce,
    instance: args.instance,
    ...statusOf(kind, description),
  });
  const signed = await context.links.node.call('signBeacon', { body });
  if (signed.isOk()) return { body, signature: signed.value };
  context.log('warn', 'broadcast.not-signed', { reason: signed.error.code });
  return null;
}

/** Returns the status to announce. A goodbye needs none, and a long name leaves no room for a text. */
function statusOf(kind: BeaconKind, { status, name }: BeaconDescription): { readonly status?: Status } {
  if (status === undefined || kind === 'bye') return {};
  if (isSameStatus(status, plainStatus)) return {};
  const isRoomy = Buffer.byteLength(JSON.stringify(name)) <= limits.nameBesideStatusBytesMax;
  return { status: isRoomy ? status : { ...status, text: '' } };
}

const datagramOf = (state: BroadcastState, { body, signature }: SignedBody, ipAddress: string): Uint8Array =>
  encodeBeacon({ username: state.description?.name ?? '', ipAddress, body, signature });

/** Encodes a reply to a native peer, which reads the record alone. */
const replyOf = ({ body, signature }: SignedBody): Uint8Array =>
  encodeBeacon({ username: '', ipAddress: '', body, signature });

/** Sends a record to all targets. Returns the addresses that failed. */
async function sendToAll(
  state: BroadcastState,
  signed: SignedBody,
  ports: readonly number[] = state.args.beaconPorts,
): Promise<readonly string[]> {
  const { args, sockets, interfaces } = state;
  const sends = sockets.flatMap(({ bind, socket }) =>
    beaconTargets(bind, args.targets, interfaces).flatMap(({ address, ownAddress }) => {
      const datagram = ownAddress === '' ? replyOf(signed) : datagramOf(state, signed, ownAddress);
      return ports.map(async (port) => {
        return { address, port, problem: await sendUdp(socket, datagram, address, port) };
      });
    }),
  );
  state.lastSent = await Promise.all(sends);
  return state.lastSent.flatMap(({ address, port, problem }) =>
    problem === null ? [] : [`${address}:${port} ${problem}`],
  );
}

/** Sends a reply to the peer that asked: never to a broadcast address, and never out of the network. */
function sendToOne(state: BroadcastState, bytes: Uint8Array, address: string, port: number): void {
  const { interfaces } = state;
  if (port < 1 || !isUnicast(address) || isBroadcast(address, interfaces) || !isNear(address, interfaces))
    return;
  const from = state.sockets.find(({ bind }) => isV6(bind) === isV6(address));
  if (from !== undefined) void sendUdp(from.socket, bytes, address, port);
}

/** Waits at most `goodbyeMs` for the goodbye to leave. */
async function flushed(sending: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, limits.goodbyeMs)));
  await Promise.race([sending, late]);
  clearTimeout(timer);
}
