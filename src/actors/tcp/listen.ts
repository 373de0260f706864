/** Listeners: finding a port and binding to it. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { err, ok, type Result } from 'neverthrow';
import type { DialectName } from '../../dialects/dialect.js';
import { reasonOf } from '../../system-errors.js';
import { isV6 } from '../../wire/address-space.js';
import type { ListenError } from '../errors.js';
import { bindsOf, isFamilyMissing } from '../interfaces.js';
import { tcp as limits } from './limits.js';

/** The endpoint of a listener. */
export interface ListenerOptions {
  /** Address, or several that share the port, with commas between them. */
  readonly bind: string;
  /** 0: any free port. */
  readonly port: number;
  /** Whether a taken port is an error. If not, the next free port is used. */
  readonly portStrict: boolean;
  /** The dialect of this port; `sniffed`: the first bytes of each connection decide. */
  readonly dialect: DialectName | 'sniffed';
}

/** A listener that is bound. */
export interface Listener {
  readonly options: ListenerOptions;
  /** The servers, one for each address. */
  readonly servers: readonly Server[];
  /** The first of `addresses`. */
  readonly address: string;
  readonly addresses: readonly string[];
  readonly port: number;
}

const portMost = 65_535;

/**
 * Binds to the port, or to one of the next `portTriesMax`. Errors: `transport/port-in-use` (each of them is taken),
 * `transport/cannot-listen` (any other failure).
 */
export async function listen(
  options: ListenerOptions,
  onConnection: (socket: Socket) => void,
): Promise<Result<Listener, ListenError>> {
  const { port, portStrict } = options;
  const binds = bindsOf(options.bind);
  const address = binds[0] ?? '';
  const isOnePort = portStrict || (port === 0 && binds.length === 1);
  for (let tried = 0; tried < (isOnePort ? 1 : limits.portTriesMax); tried += 1) {
    // A port that the system chose for one address may be taken at the next one: then it chooses again.
    const wanted = port === 0 ? 0 : port + tried;
    if (wanted > portMost) break;
    const listening = await tryPort(options, wanted, onConnection);
    if (listening.isOk()) return ok(listening.value);
    const { errno, bind } = listening.error;
    if (errno !== 'EADDRINUSE')
      return err({ code: 'transport/cannot-listen', address: bind, port: wanted, reason: reasonOf(errno) });
  }
  return err({ code: 'transport/port-in-use', address, port });
}

interface BindFailure {
  readonly bind: string;
  readonly errno: string;
}

/** Binds every address to one port, or none. An address of a family that this machine lacks is left out. */
async function tryPort(
  options: ListenerOptions,
  port: number,
  onConnection: (socket: Socket) => void,
): Promise<Result<Listener, BindFailure>> {
  const bound: { readonly server: Server; readonly address: string; readonly port: number }[] = [];
  let failure: BindFailure | null = null;
  for (const bind of bindsOf(options.bind)) {
    const opened = await bindOne(bind, bound[0]?.port ?? port, onConnection);
    if (opened.isOk()) {
      bound.push(opened.value);
      continue;
    }
    failure = { bind, errno: opened.error };
    if (isFamilyMissing(bind, opened.error)) continue;
    for (const { server } of bound) server.close();
    return err(failure);
  }
  const [first] = bound;
  if (first === undefined) return err(failure ?? { bind: '', errno: 'EADDRNOTAVAIL' });
  return ok({
    options,
    servers: bound.map(({ server }) => server),
    address: first.address,
    addresses: bound.map(({ address }) => address),
    port: first.port,
  });
}

function bindOne(
  bind: string,
  port: number,
  onConnection: (socket: Socket) => void,
): Promise<Result<{ readonly server: Server; readonly address: string; readonly port: number }, string>> {
  // Half open: the end of the peer must not cut off the bytes that it has still to read.
  const server = createServer({
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: limits.keepAliveDelayMs,
  });
  return new Promise((resolve) => {
    const refuse = (error: NodeJS.ErrnoException): void => resolve(err(error.code ?? error.message));
    server.once('error', refuse);
    server.on('connection', onConnection);
    // Each family has a socket of its own, so that a caller over IPv4 has no IPv4-mapped IPv6 address.
    const options = {
      host: bind,
      port,
      backlog: limits.listenBacklogMax,
      exclusive: true,
      ipv6Only: isV6(bind),
    };
    server.listen(options, () => {
      server.off('error', refuse);
      resolve(ok({ server, ...boundTo(server.address(), bind, port) }));
    });
  });
}

function boundTo(
  bound: AddressInfo | string | null,
  bind: string,
  port: number,
): { readonly address: string; readonly port: number } {
  if (bound === null || typeof bound === 'string') return { address: bind, port };
  // The system leaves the zone out.
  return { address: isV6(bind) ? bind : bound.address, port: bound.port };
}
