/**
 * The transport actor owns every TCP socket: the listeners, the few accepted connections that are served at once, and
 * those that are dialled. Bytes travel between a socket and its session over a stream of their own; only facts that
 * need a decision reach the node. Spec: design.md *Transport*, session-protocol 5.1 and 5.7, faults.md section 4.
 */
import { randomInt } from 'node:crypto';
import { err, ok, type Result } from 'neverthrow';
import type { DialectName } from '../../dialects/dialect.js';
import { reasonOf } from '../../system-errors.js';
import { bindsOf, readInterfaces } from '../interfaces.js';
import type { ListenError } from '../errors.js';
import { transport as limits } from './limits.js';
import { actor, later, next, reply, type Context } from '../../runtime/actor.js';
import { LogTally } from '../../runtime/log-tally.js';
import { formatAddress } from '../../wire/address.js';
import { isNear, isPrivate, isUnspecified, type InterfaceAddress } from '../../wire/address-space.js';
import { AcceptPool } from './accept.js';
import { Dialer } from './dial.js';
import { listen, type Listener, type ListenerOptions } from '../tcp/listen.js';
import type { TransportProtocol, TransportReports } from './protocol.js';

/** Arguments of the actor. */
export interface TransportArgs {
  /** Listeners, the shared port of the node first. All share `connectionsMax`. */
  readonly listeners: readonly [ListenerOptions, ...ListenerOptions[]];
  readonly connectionsMax: number;
  /** Dialects that are recognised on the shared port. */
  readonly dialects: readonly DialectName[];
}

type TransportLinks = { readonly node: TransportReports };
type TransportContext = Context<TransportProtocol, TransportLinks>;

interface TransportState {
  readonly listeners: readonly Listener[];
  readonly pool: AcceptPool;
  readonly dialer: Dialer;
}

/** Errors of `init`: `transport/port-in-use`, `transport/dialect-port-in-use`, `transport/cannot-listen`. */
export const transportActor = actor<TransportArgs, TransportState, TransportProtocol, TransportLinks>({
  name: 'transport',
  restart: 'permanent',
  init: start,
  receive: {
    async dial(state, body, _context, from) {
      // The answer comes later: a slow dial must not hold up other messages to the transport.
      void state.dialer.dial(body).then((dialled) =>
        dialled.match(
          (connection) => from.ok(connection, [connection.port]),
          (error) => from.err(error),
        ),
      );
      return later(state, from);
    },
    authenticated(state, body) {
      state.pool.authenticated(body.connectionId, body.isContact, body.carries);
      return next(state);
    },
    close(state, body) {
      if (!state.dialer.close(body.connectionId, body.reason))
        state.pool.close(body.connectionId, body.reason, body.penaltyMs);
      return next(state);
    },
    known(state, body) {
      state.pool.know(body.addresses, body.ticketIds);
      return next(state);
    },
    stats: (state) => reply(state, ok({ ...state.pool.stats(), outboundNow: state.dialer.outboundNow })),
  },
  terminate(state) {
    for (const listener of state.listeners) closeListener(listener);
    state.pool.closeAll('shutdown');
    state.dialer.closeAll('shutdown');
  },
});

async function start(
  args: TransportArgs,
  context: TransportContext,
): Promise<Result<TransportState, ListenError>> {
  const near = nearAddresses(args.listeners);
  const pool = new AcceptPool(
    {
      connectionsMax: args.connectionsMax,
      enabled: new Set(args.dialects),
      isWelcome: near,
      now: () => performance.now(),
      random: () => randomInt(2 ** 32) / 2 ** 32,
    },
    {
      onAccepted: (connection) => context.links.node.cast('accepted', connection, [connection.port]).isOk(),
      // A lost message is harmless: the next request to park follows.
      onSlotWanted: (connectionId) => void context.links.node.cast('slotWanted', { connectionId }),
      onTurnedAway: (address, dialect) => void context.links.node.cast('turnedAway', { address, dialect }),
      onWordsLost: (host, isOff) => void context.links.node.cast('unheard', { host, isOff }),
      onTrace: (event, fields) => context.log('debug', event, fields),
      onUnknown: (caller, reason, count) =>
        context.log('warn', 'unknown-first-bytes', { address: formatAddress(caller), reason, count }),
    },
  );
  const listeners: Listener[] = [];
  let isAnnounced = false;
  for (const options of args.listeners) {
    const listening = await listen(options, (socket) => {
      // `listening` is sent before the first connection.
      if (!isAnnounced) socket.destroy();
      else pool.welcome(socket, options.dialect);
    });
    if (listening.isErr()) {
      for (const listener of listeners) closeListener(listener);
      return err(faultOf(listening.error, options));
    }
    listeners.push(listening.value);
  }
  for (const listener of listeners) surviveErrors(listener, context);
  report(listeners, context);
  isAnnounced = true;
  return ok({ listeners, pool, dialer: new Dialer() });
}

/** Names the dialect of a taken port, since the remedy differs. */
const faultOf = (error: ListenError, { dialect }: ListenerOptions): ListenError =>
  error.code === 'transport/port-in-use' && dialect !== 'sniffed'
    ? { ...error, code: 'transport/dialect-port-in-use', dialect }
    : error;

function closeListener({ servers }: Listener): void {
  for (const server of servers) server.close();
}

function report(listeners: readonly Listener[], context: TransportContext): void {
  const [own, ...others] = listeners;
  if (!own) return;
  // Older programs look for each other at a fixed port, and cannot learn of another one.
  for (const { options, port } of others)
    if (options.port !== 0 && options.port !== port)
      context.log('warn', 'port-moved', { dialect: options.dialect, from: options.port, to: port });
  context.links.node.cast('listening', {
    address: own.address,
    addresses: own.addresses,
    port: own.port,
    others: others.flatMap(({ options, address, port }) =>
      options.dialect === 'sniffed' ? [] : [{ dialect: options.dialect, address, port }],
    ),
  });
}

/** Goes on listening after an error: no descriptor is left, or a connection was reset before it was accepted. */
function surviveErrors(listener: Listener, context: TransportContext): void {
  const failures = new LogTally<string>(limits.errorLogEveryMs);
  const { port } = listener;
  for (const server of listener.servers)
    server.on('error', (error: NodeJS.ErrnoException) => {
      failures.note(error.code ?? error.message, performance.now(), (count) =>
        context.log('warn', 'transport.accept-failed', { port, reason: reasonOf(error), count }),
      );
    });
}

/**
 * Decides which addresses are served: private, link-local, loopback and shared space, and the networks of our
 * interfaces. A node that is bound to a public address serves all.
 */
function nearAddresses(listeners: readonly ListenerOptions[]): (address: string) => boolean {
  const binds = listeners.flatMap(({ bind }) => bindsOf(bind));
  const isPublicAsked = binds.some((bind) => !isUnspecified(bind) && !isPrivate(bind));
  let interfaces: readonly InterfaceAddress[] = [];
  let readAtMs = -Infinity;
  return (address) => {
    if (isPublicAsked || isPrivate(address)) return true;
    const nowMs = performance.now();
    if (nowMs - readAtMs > limits.interfacesAgeMs) {
      interfaces = readInterfaces();
      readAtMs = nowMs;
    }
    return isNear(address, interfaces);
  };
}
