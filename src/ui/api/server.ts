/** Serves the local API of a node at the control socket of its home, for this user alone. */
import { createAdaptorServer } from '@hono/node-server';
import { errAsync, okAsync, ResultAsync } from 'neverthrow';
import { chmodSync } from 'node:fs';
import type { HomeError, NodeHandle } from '../../index.js';
import { controlApi } from '../../limits.js';
import { createApi } from './routes.js';
import { placeSocket, removeSocket } from './socket-path.js';

export interface ApiServer {
  /** Path of the socket, or name of the pipe. */
  readonly path: string;
  readonly close: () => Promise<void>;
}

/**
 * `ageMs` tells how long the node has been running; without it, it counts from this call. Call it only while the node holds the lock of `home`: a socket that lies there is taken for a dead node's. Errors:
 * `home/unusable`.
 */
export function serveApi(
  node: NodeHandle,
  home: string,
  ageMs: () => number = ageFromNow(),
): ResultAsync<ApiServer, HomeError> {
  const api = createApi({ node, ageMs });
  const server = createAdaptorServer({
    fetch: api.fetch,
    serverOptions: {
      headersTimeout: controlApi.headersTimeoutMs,
      // Bodies are timed by the routes: this one would end event streams and bulk sending as well.
      requestTimeout: 0,
      connectionsCheckingInterval: controlApi.checkEveryMs,
    },
  });
  server.maxConnections = controlApi.connectionsMax;

  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => {
        removeSocket(home);
        resolve();
      });
      if ('closeIdleConnections' in server) server.closeIdleConnections();
      // Streams have said `bye` by now; whoever holds on to one is cut off.
      setTimeout(() => {
        if ('closeAllConnections' in server) server.closeAllConnections();
      }, controlApi.closeGraceMs).unref();
    });

  const listening = new Promise<string>((resolve, reject) => {
    const path = placeSocket(home);
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      server.on('error', () => undefined);
      if (!path.startsWith('\\\\.\\pipe\\')) chmodSync(path, 0o600);
      resolve(path);
    });
  });
  return ResultAsync.fromPromise(listening, (cause): HomeError => ({
    code: 'home/unusable',
    home,
    reason: `control socket: ${cause instanceof Error ? cause.message : String(cause)}`,
  }))
    .andThen((path) => okAsync({ path, close }))
    .orElse((error) => errAsync(error));
}

function ageFromNow(): () => number {
  const startedMs = performance.now();
  return () => performance.now() - startedMs;
}
