/** The server of the local API: HTTP on the control socket of the home, open to its user alone. */
import { errAsync, okAsync, ResultAsync } from 'neverthrow';
import { chmodSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { HomeError, NodeHandle } from '../../index.js';
import { reasonOf } from '../../system-errors.js';
import { controlApi } from './limits.js';
import type { ApiOptions } from './routes.js';
import { placeSocket, removeSocket } from './socket-path.js';

export interface ApiServer {
  /** Path of the socket, or name of the pipe. */
  readonly path: string;
  readonly close: () => Promise<void>;
}

/**
 * Serves `node` at the socket of `home`. Call it only while the node holds the lock of `home`: it replaces a socket that
 * lies there. `ageMs`: age of the node, by default counted from this call. `startedWith`: settings that the node keeps
 * until its end, for commands that attach. Errors: `home/unusable`.
 */
export function serveApi(
  node: NodeHandle,
  home: string,
  ageMs: () => number = ageFromNow(),
  startedWith: ApiOptions['startedWith'] = {},
): ResultAsync<ApiServer, HomeError> {
  const listener = lazyListener({ node, ageMs, startedWith });
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

  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => {
        removeSocket(home);
        resolve();
      });
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
    .andThen((path) => okAsync({ path, close }))
    .orElse((error) => errAsync(error));
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
