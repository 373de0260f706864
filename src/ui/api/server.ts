/** The server of the local API: HTTP on the control socket of the home, open to its user alone. */
import { errAsync, okAsync, ResultAsync } from 'neverthrow';
import { chmodSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { HomeError } from '../../errors.js';
import type { NodeHandle } from '../../node/handle.js';
import { reasonOf } from '../../system-errors.js';
import { controlApi } from './limits.js';
import type { ApiOptions } from './routes.js';
import { placeSocket, removeSocket } from './socket-path.js';

/** The server at the control socket. */
export interface ApiServer {
  /** Path of the socket, or name of the pipe. */
  readonly path: string;
  /** Calls `listener` with the number of open connections at each change. */
  readonly onClients: (listener: (clients: number) => void) => void;
  readonly close: () => Promise<void>;
}

/**
 * Serves `node` at the socket of `home`. Call it only while the node holds the lock of `home`: it replaces a socket that
 * lies there. `ageMs`: age of the node, by default counted from this call. `startedWith`: settings that the node keeps
 * until its end, for commands that attach. `release`: as in `Served`. Errors: `home/unusable`.
 */
export function serveApi(
  node: NodeHandle,
  home: string,
  ageMs: () => number = ageFromNow(),
  startedWith: ApiOptions['startedWith'] = {},
  release: ApiOptions['release'] = () => false,
): ResultAsync<ApiServer, HomeError> {
  const listener = lazyListener({ node, ageMs, startedWith, release });
  const clients = new ClientCount();
  const server = createServer(
    {
      headersTimeout: controlApi.headersTimeoutMs,
      // The routes time the bodies: this limit would end event streams and bulk sending, too.
      requestTimeout: 0,
      connectionsCheckingInterval: controlApi.checkEveryMs,
      keepAliveTimeout: controlApi.keepAliveMs,
    },
    listener.handle,
  );
  server.maxConnections = controlApi.connectionsMax;
  server.on('connection', (socket) => {
    clients.change(1);
    socket.once('close', () => clients.change(-1));
  });

  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      // At once, while this node still holds the home: later the next node may have its socket there.
      removeSocket(home);
      server.closeIdleConnections();
      // Streams have sent `bye` by now. A client that keeps one open is cut off.
      setTimeout(() => server.closeAllConnections(), controlApi.closeGraceMs).unref();
    });

  const listening = new Promise<string>((resolve, reject) => {
    const path = placeSocket(home);
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      server.on('error', () => undefined);
      if (!path.startsWith('\\\\.\\pipe\\')) chmodSync(path, 0o600);
      setTimeout(listener.load, controlApi.loadAfterMs).unref();
      resolve(path);
    });
  });
  return ResultAsync.fromPromise(listening, (cause): HomeError => ({
    code: 'home/unusable',
    home,
    reason: `control socket: ${reasonOf(cause)}`,
  }))
    .andThen((path) =>
      okAsync({ path, onClients: (listener: (count: number) => void) => clients.listen(listener), close }),
    )
    .orElse((error) => errAsync(error));
}

/** The number of open connections: a client keeps at least one open as long as it is attached. */
class ClientCount {
  #clients = 0;
  #listener: (clients: number) => void = () => undefined;

  listen(listener: (clients: number) => void): void {
    this.#listener = listener;
  }

  change(by: 1 | -1): void {
    this.#clients += by;
    this.#listener(this.#clients);
  }
}

function ageFromNow(): () => number {
  const startedMs = performance.now();
  return () => performance.now() - startedMs;
}

/** Loads the routes after the start of the node: they take longer to load than the socket takes to open. */
function lazyListener(options: ApiOptions): {
  readonly handle: RequestListener;
  readonly load: () => void;
} {
  let loading: Promise<RequestListener> | null = null;
  const load = (): Promise<RequestListener> => {
    loading ??= Promise.all([import('@hono/node-server'), import('./routes.js')]).then(
      ([{ getRequestListener }, { createApi }]) => {
        const listen = getRequestListener(createApi(options).fetch);
        return (request, response) => {
          listen(request, response).catch(() => response.destroy());
        };
      },
    );
    return loading;
  };
  return {
    handle: (request, response) => {
      load().then(
        (listen) => listen(request, response),
        () => response.destroy(),
      );
    },
    load: () => {
      load().catch(() => undefined);
    },
  };
}
