/** Listeners: finding a port and binding to it. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { err, ok, type Result } from 'neverthrow';
import type { DialectName } from '../../dialects/dialect.js';
import { reasonOf } from '../../system-errors.js';
import type { ListenError } from '../errors.js';
import { tcp as limits } from './limits.js';

/** The endpoint of a listener. */
export interface ListenerOptions {
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
  readonly server: Server;
  readonly address: string;
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
  const { bind, port, portStrict } = options;
  const tries = portStrict || port === 0 ? 1 : limits.portTriesMax;
  for (let tried = port; tried < port + tries && tried <= portMost; tried += 1) {
    const listening = await tryPort(options, tried, onConnection);
    if (listening.isOk()) return ok(listening.value);
    if (listening.error !== 'EADDRINUSE')
      return err({
        code: 'transport/cannot-listen',
        address: bind,
        port: tried,
        reason: reasonOf(listening.error),
      });
  }
  return err({ code: 'transport/port-in-use', address: bind, port });
}

function tryPort(
  options: ListenerOptions,
  port: number,
  onConnection: (socket: Socket) => void,
): Promise<Result<Listener, string>> {
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
    server.listen({ host: options.bind, port, backlog: limits.listenBacklogMax, exclusive: true }, () => {
      server.off('error', refuse);
      resolve(ok({ options, server, ...boundTo(server.address(), options) }));
    });
  });
}

function boundTo(
  bound: AddressInfo | string | null,
  options: ListenerOptions,
): { readonly address: string; readonly port: number } {
  if (bound === null || typeof bound === 'string') return { address: options.bind, port: options.port };
  return { address: bound.address, port: bound.port };
}
