/** The node of a home for an embedder: the one that runs there, or one that is started for the caller. */
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import type { PeerEvent } from '../../chat/events.js';
import type { NodeError, NodeOptions } from '../../node/handle.js';
import {
  listenInTurn,
  restNodeInTurn,
  startNodeInTurn,
  type HolderAnswer,
  type Listening,
} from '../../node/start.js';

export type { Listening } from '../../node/start.js';
import { connectNode, type RemoteNode } from './client.js';
import { isEnding } from './faults.js';
import { launchNode } from './launch.js';
import { controlApi } from './limits.js';

/**
 * Attaches to the node of `home`. Where none runs, it starts one with `options` as a process of its own, which ends 2 s
 * after its last client. A running node keeps the options that it was started with. Errors: those of `startNode`, and
 * `api/…`.
 */
export function attach(
  home: string,
  options: Omit<NodeOptions, 'home' | 'log' | 'keepName' | 'keepPrivacy'> = {},
): ResultAsync<RemoteNode, NodeError> {
  const whole = { ...options, home: resolve(home) };
  return new ResultAsync(
    attachTo(whole.home, () =>
      launchNode({ options: whole, startedWith: {}, logLevel: 'warn', logFile: null }),
    ),
  );
}

/** Attaches, and launches a node with `launch` while none runs. A node that ends meanwhile is replaced. */
async function attachTo(
  home: string,
  launch: () => ResultAsync<unknown, NodeError>,
): Promise<Result<RemoteNode, NodeError>> {
  for (let attempt = 1; ; attempt += 1) {
    const running = await connectNode(home);
    if (running.isOk()) return ok(running.value);
    const isAbsent = isEnding(running.error);
    if (!isAbsent || attempt >= controlApi.attachAttemptsMax) return err(running.error);
    if (running.error.code === 'api/no-node') {
      const launched = await launch();
      if (launched.isErr()) return err(launched.error);
    } else await delay(controlApi.attachPauseMs);
  }
}

/** Asks the node that serves `home` to make room. `null`: none serves it. */
export async function askHolder(home: string): Promise<HolderAnswer | null> {
  const running = await connectNode(home);
  if (running.isErr()) return isEnding(running.error) ? null : 'stays';
  const released = await running.value.release();
  await running.value.close();
  return released.unwrapOr(false) ? 'ends' : 'stays';
}

/** Starts a node in this process once the home is free; a node without users makes room. Errors: as `startNode`. */
export const startOwnNode = (options: NodeOptions): ReturnType<typeof startNodeInTurn> =>
  startNodeInTurn(options, () => askHolder(options.home));

/** Starts a node in this process, unless another one serves the home by then. Errors: as `startNode`. */
export const startSharedNode = (options: NodeOptions): ReturnType<typeof startNodeInTurn> =>
  startNodeInTurn(options, async () => ((await isServed(options.home)) ? 'stays' : null));

/**
 * Opens the node of a home without the network. Errors: as `startNode`, but for sockets; `home/in-use` when a node serves
 * the home.
 */
export const openRestingNode = (options: NodeOptions): ReturnType<typeof restNodeInTurn> =>
  restNodeInTurn(options, async () => ((await isServed(options.home)) ? 'stays' : null));

/** Hears the peers of a home without a node. Errors: as `openRestingNode`; `transport/…` for the beacon ports. */
export const listenToPeers = (
  options: NodeOptions,
  onRow: (row: PeerEvent) => void,
): ResultAsync<Listening, NodeError> =>
  listenInTurn(options, onRow, async () => ((await isServed(options.home)) ? 'stays' : null));

/** Decides whether a node serves `home`. */
export async function isServed(home: string): Promise<boolean> {
  const running = await connectNode(home);
  if (running.isOk()) await running.value.close();
  return running.isOk();
}
