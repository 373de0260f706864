/**
 * A node at rest: identity, contacts and history of a home without the network, for commands that read and decide. It
 * opens no socket and announces nothing. All its actors run in the calling thread.
 */
import { err, ok, okAsync, ResultAsync, type Result } from 'neverthrow';
import { history } from '../actors/history/history.js';
import type { FilesProtocol } from '../actors/files/protocol.js';
import type { HistoryProtocol } from '../actors/history/protocol.js';
import { node } from '../actors/node/node.js';
import type { NodeProtocol } from '../actors/node/protocol.js';
import type { NodeServices } from '../actors/node/services.js';
import type { BroadcastProtocol, DiscoveryProtocol } from '../actors/presence/protocol.js';
import type { TransportProtocol } from '../actors/transport/protocol.js';
import { ownSafetyNumber, safetyNumber } from '../chat/people/identity.js';
import type { NodeEvent } from '../chat/events.js';
import { sanitiseName } from '../chat/people/name.js';
import type { Home } from '../home/home.js';
import { loadIdentity } from '../home/identity-file.js';
import { openOwnStatus } from '../home/own-status-file.js';
import { address, child } from '../runtime/actor.js';
import type { Log, Supervisor } from '../runtime/tree/spec.js';
import { startSupervisor } from '../runtime/tree/supervisor.js';
import { damageSentence, openFeed, type Feed } from './feed.js';
import { openPrivacy } from './options/privacy.js';
import { readForeignSettings } from './options/foreign.js';
import type { NodeError, NodeHandle, NodeOptions } from './handle.js';
import { openKeyring } from './keyring.js';
import { node as limits } from './limits.js';
import { localHandle } from './local-handle.js';
import { newMessageId } from './message-id.js';
import { networkInfo } from './network-info.js';
import { transfersOf } from './files.js';
import { inertBroadcast, inertDiscovery, inertFiles, inertTransport } from './passive/inert.js';
import { branch, causeOf } from './tree.js';

const addresses = {
  history: address<HistoryProtocol>('history'),
  transport: address<TransportProtocol>('transport'),
  discovery: address<DiscoveryProtocol>('discovery'),
  broadcast: address<BroadcastProtocol>('broadcast'),
  files: address<FilesProtocol>('files'),
};
const nodeAddress = address<NodeProtocol>('node');

const unconnected = (): never => {
  throw new Error('a node at rest has no connection');
};

/** Opens the node of a home that is open; closing the node releases the home. Errors: as `startNode`, but for sockets. */
export async function restIn(home: Home, options: NodeOptions): Promise<Result<NodeHandle, NodeError>> {
  const opened = await start(home, options);
  if (opened.isErr()) home.release();
  return opened;
}

/** Damage of the history is said in words, since no reader of events is there. */
const logOf =
  (options: NodeOptions): Log =>
  (level, event, fields) => {
    const message = damageSentence(event, fields);
    options.log?.(level, event, message === null ? fields : { ...fields, message });
  };

async function start(home: Home, options: NodeOptions): Promise<Result<NodeHandle, NodeError>> {
  const name = sanitiseName(options.name ?? limits.nameDefault);
  if (name.isErr()) return err(name.error);
  const foreign = readForeignSettings({ home: options.home });
  if (foreign.isErr()) return err(foreign.error);
  const loaded = loadIdentity(home, Date.now());
  if (loaded.isErr()) return err(loaded.error);
  const log = logOf(options);
  const keyring = openKeyring(home, loaded.value, log);
  const feed = openFeed();
  const { bind = limits.bind, port = limits.port, beaconIntervalMs = limits.beaconIntervalMs } = options;
  const services: NodeServices = {
    name: () => name.value,
    keepName: (changed) => options.keepName?.(changed),
    ...openPrivacy(options),
    ...openOwnStatus(home.directory, (reason) => log('warn', 'own-status-not-kept', { reason })),
    publish: (event) => feed.publish(event),
    publishedSeq: (newestStored) => feed.publishedSeq(newestStored),
    renewKey: () => keyring.renew(),
    safetyNumber: (own, other) => okAsync(safetyNumber(own, other)),
    newMessageId,
    homeGone: () => undefined,
    keepHistoryLine: () => undefined,
  };
  const inline = { kind: 'inline' } as const;
  const connections = { session: unconnected, foreign: unconnected };
  const identity = () => keyring.identity();
  const args = { identity, foreign: foreign.value, beaconIntervalMs, bind, connections, services };
  const reader = feed.read();
  const started = await startSupervisor({
    ...branch('root', 'one-for-one', [
      child(history, { args: { file: home.historyFile }, links: {}, placement: inline }),
      child(node, { args, links: addresses, placement: inline }),
      child(inertTransport, {
        args: { address: bind, port },
        links: { node: nodeAddress },
        placement: inline,
      }),
      child(inertDiscovery, { args: {}, links: {}, placement: inline }),
      child(inertBroadcast, { args: {}, links: {}, placement: inline }),
      child(inertFiles, { args: transfersOf(home.directory), links: {}, placement: inline }),
    ]),
    log,
  });
  if (started.isErr()) return err(causeOf(started.error));
  const tree = started.value;
  if (!(await isReady(tree, feed, reader))) {
    home.release();
    return err({ code: 'runtime/start-failed', actor: 'node', reason: 'it failed too often in a row' });
  }
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> =>
    (closing ??= tree.stop().then(() => {
      feed.end();
      home.release();
    }));
  return ok(
    localHandle({
      node: tree.ref(nodeAddress),
      home: home.directory,
      feed,
      stats: () => ResultAsync.fromSafePromise(tree.stats()).map((stats) => ({ ...stats })),
      network: () => networkOf(options, tree),
      ownSafetyCode: () => okAsync(ownSafetyNumber(keyring.identity().idKey)),
      close,
    }),
  );
}

const networkOf = (options: NodeOptions, tree: Pick<Supervisor, 'ref'>): ReturnType<typeof networkInfo> =>
  networkInfo(options, {
    node: tree.ref(nodeAddress),
    discovery: tree.ref(addresses.discovery),
    broadcast: tree.ref(addresses.broadcast),
  });

/** Waits for the first `ready`. False: the tree gave up before. */
async function isReady(
  tree: Pick<Supervisor, 'done'>,
  feed: Pick<Feed, 'end'>,
  reader: AsyncIterable<NodeEvent>,
): Promise<boolean> {
  void tree.done.then(() => feed.end());
  for await (const event of reader) if (event.type === 'ready') return true;
  return false;
}
