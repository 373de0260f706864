/**
 * Starting a node. Its code is loaded only then, so that a command that attaches to a running node starts three times
 * as fast.
 */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import { setTimeout as delay } from 'node:timers/promises';
import type { HomeError } from '../home/errors.js';
import type { Home } from '../home/home.js';
import type { PeerEvent } from '../chat/events.js';
import type { NodeError, NodeHandle, NodeOptions } from './handle.js';
import type { Listening } from './listening.js';
import { node as limits } from './limits.js';

/**
 * Starts a node and waits until peers can reach it. Errors: `home/…` (in use, unusable, damaged identity), `store/…`
 * (newer schema, unusable), `transport/…` (port), `chat/name-invalid`.
 */
export function startNode(options: NodeOptions): ResultAsync<NodeHandle, NodeError> {
  return new ResultAsync(import('./root.js').then((root) => root.startNode(options)));
}

export type { Listening } from './listening.js';

/** The answer of the holder of a home to a process that wants it. */
export type HolderAnswer = 'stays' | 'ends';

/** Starts a node in a home that is opened already. */
export type StartIn = (options: NodeOptions, home: Home) => ResultAsync<NodeHandle, NodeError>;

const startIn: StartIn = (options, home) =>
  new ResultAsync(
    import('./root.js').then((root) => root.startNode(options, undefined, undefined, () => ok(home))),
  );

/**
 * Starts a node as `startNode` does, and waits for the home while its holder starts or ends and shows progress.
 * `askHolder` asks a holder that serves the home; `null`: it does not serve yet, or no longer. Errors: as `startNode`.
 */
export function startNodeInTurn(
  options: NodeOptions,
  askHolder: () => Promise<HolderAnswer | null>,
  start = startIn,
): ResultAsync<NodeHandle, NodeError> {
  return new ResultAsync(inTurn(options, askHolder, start));
}

async function inTurn(
  options: NodeOptions,
  askHolder: () => Promise<HolderAnswer | null>,
  start: StartIn,
): Promise<Result<NodeHandle, NodeError>> {
  // Of processes that start at once one takes the home, and only that one loads the rest of the code.
  const home = await homeInTurn(options.home, askHolder);
  if (home.isErr()) return err(home.error);
  const started = await start(options, home.value);
  if (started.isErr()) home.value.release();
  return started;
}

/**
 * Opens the node of a home without the network, and waits for the home as `startNodeInTurn` does. Closing it releases
 * the home. Errors: as `startNode`, but for sockets.
 */
export function restNodeInTurn(
  options: NodeOptions,
  askHolder: () => Promise<HolderAnswer | null>,
): ResultAsync<NodeHandle, NodeError> {
  return new ResultAsync(
    homeInTurn(options.home, askHolder).then(async (home) =>
      home.isErr() ? err(home.error) : (await import('./resting.js')).restIn(home.value, options),
    ),
  );
}

/** Hears the peers of a home without a node; waits for the home as `startNodeInTurn` does. Errors: as `listenIn`. */
export function listenInTurn(
  options: NodeOptions,
  onRow: (row: PeerEvent) => void,
  askHolder: () => Promise<HolderAnswer | null>,
): ResultAsync<Listening, NodeError> {
  return new ResultAsync(
    homeInTurn(options.home, askHolder).then(async (home) =>
      home.isErr() ? err(home.error) : (await import('./listening.js')).listenIn(home.value, options, onRow),
    ),
  );
}

async function homeInTurn(
  directory: string,
  askHolder: () => Promise<HolderAnswer | null>,
): Promise<Result<Home, HomeError>> {
  const { holderSign, openHome } = await import('../home/home.js');
  let [lastSign, silentMs] = [holderSign(directory), 0];
  for (;;) {
    const opened = openHome(directory);
    if (opened.isOk() || opened.error.code !== 'home/in-use') return opened;
    if (silentMs > limits.holderSilentMaxMs || (await askHolder()) === 'stays') return opened;
    await delay(limits.homePollMs);
    const sign = holderSign(directory);
    silentMs = sign === lastSign ? silentMs + limits.homePollMs : 0;
    lastSign = sign;
  }
}
