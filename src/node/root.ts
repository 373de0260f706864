/**
 * The root: opens the home, builds the supervision tree and hands out the handle on the node.
 *
 *   root               one-for-one    the history restarts alone: messages to it wait meanwhile
 *   ├─ history         own thread     first: nothing is acknowledged without the disk
 *   └─ core            rest-for-one   a restart of the node ends its sessions, which no other actor knows
 *      ├─ node         this thread    decides; owns roster, outbox and sessions
 *      └─ network      one-for-one    files, connections and presence do not depend on each other
 *         ├─ files        own thread     reads and writes files of users; takes its transfers up again
 *         ├─ connections  rest-for-one   sessions live on the streams of the transport
 *         │  ├─ transport    own thread
 *         │  └─ sessions     one temporary child per connection, on a few shared threads
 *         └─ presence     rest-for-one   last: this node is announced once it can answer
 *            ├─ discovery    own thread
 *            └─ broadcast    own thread
 *
 * In a compact node the actors of the network share one thread, and end together when it dies.
 */
import { join } from 'node:path';
import { err, ok, okAsync, ResultAsync, type Result } from 'neverthrow';
import { ownSafetyNumber } from '../chat/people/identity.js';
import { sanitiseName } from '../chat/people/name.js';
import type { DialectName } from '../dialects/dialect.js';
import { unreachable } from '../exhaustive.js';
import type { StoreError } from '../chat/errors.js';
import { newMessageId } from './message-id.js';
import { node as limits } from './limits.js';
import { foreignRoutes } from '../chat/foreign/limits.js';
import { address, child, type ChildSpec, type Placement } from '../runtime/actor.js';
import type { DeadLetter } from '../runtime/link/protocol.js';
import { startSupervisor } from '../runtime/tree/supervisor.js';
import { presenceBranch } from './presence.js';
import { networkInfo } from './network-info.js';
import { damageSentence, openFeed, type Feed } from './feed.js';
import { history } from '../actors/history/history.js';
import type { HomeError } from '../home/errors.js';
import { openHome, type Home } from '../home/home.js';
import { loadIdentity } from '../home/identity-file.js';
import { openOwnStatus } from '../home/own-status-file.js';
import { openKeyring, type Keyring } from './keyring.js';
import { openPrivacy } from './options/privacy.js';
import { openJobs, type Jobs } from './jobs.js';
import { openOldHistory, type OldHistory } from '../home/foreign-files.js';
import { readForeignSettings, type ForeignSettings } from './options/foreign.js';
import { localHandle } from './local-handle.js';
import { statsOf } from './stats.js';
import { branch, causeOf, missingEntry, restartTrouble, shippedWorkers, type WorkerEntries } from './tree.js';
import type { NodeError, NodeHandle, NodeOptions } from './handle.js';
import type { NodeArgs } from '../actors/node/services.js';
import { node } from '../actors/node/node.js';
import { connectionSpecs, isConnection, warmth } from './connections.js';
import { transportActor } from '../actors/transport/transport.js';
import type { Log, Supervisor, SupervisorEvent, SupervisorSpec } from '../runtime/tree/spec.js';
import type { ListenerOptions } from '../actors/tcp/listen.js';
import { filesActor } from '../actors/files/files.js';
import type { FilesProtocol } from '../actors/files/protocol.js';
import { filesArgs } from './files.js';
import type { TransportProtocol } from '../actors/transport/protocol.js';
import type { DiscoveryProtocol, BroadcastProtocol } from '../actors/presence/protocol.js';
import type { HistoryProtocol } from '../actors/history/protocol.js';
import { sessionsSupervisor, type NodeProtocol } from '../actors/node/protocol.js';
import type { Vault } from '../chat/people/vault.js';

/**
 * The placement of the actors beside the node. `inline`: all run in the calling thread, which makes a start fifty
 * times cheaper, but a long query or a blocked actor stops the caller. Tests of the node's rules use it.
 */
export type Placing = 'threads' | 'inline';

/**
 * Starts a node and waits until peers can reach it. Errors: `home/…` (in use, unusable, damaged identity), `store/…`
 * (newer schema, unusable), `transport/…` (port), `chat/name-invalid`, `dialect/bad-option` (an option for older
 * programs). `open` opens the home.
 */
export function startNode(
  options: NodeOptions,
  workers = shippedWorkers,
  placing: Placing = 'threads',
  open: () => Result<Home, HomeError> = () => openHome(options.home),
): ResultAsync<NodeHandle, NodeError> {
  return new ResultAsync(start(options, workers, placing, open));
}

async function start(
  options: NodeOptions,
  workers: WorkerEntries,
  placing: Placing,
  open: () => Result<Home, HomeError>,
): Promise<Result<NodeHandle, NodeError>> {
  const name = sanitiseName(options.name ?? limits.nameDefault);
  if (name.isErr()) return err(name.error);
  const foreign = readForeignSettings(options);
  if (foreign.isErr()) return err(foreign.error);
  const missing = placing === 'threads' ? missingEntry(workers('history')) : null;
  if (missing !== null) return err(missing);
  const home = open();
  if (home.isErr()) return err(home.error);
  const identity = loadIdentity(home.value, Date.now());
  if (identity.isErr()) {
    home.value.release();
    return err(identity.error);
  }
  const running = new RunningNode(options, name.value, home.value, identity.value, foreign.value, {
    workers,
    placing,
  });
  const started = await running.start();
  return started.isErr() ? err(started.error) : ok(await running.handle());
}

const historyAddress = address<HistoryProtocol>('history');
const nodeAddress = address<NodeProtocol>('node');
const filesAddress = address<FilesProtocol>('files');
const transportAddress = address<TransportProtocol>('transport');
const discoveryAddress = address<DiscoveryProtocol>('discovery');
const broadcastAddress = address<BroadcastProtocol>('broadcast');

/** The parts of a running node, and the order in which they start and stop. */
class RunningNode {
  readonly #options: NodeOptions;
  #name: string;
  readonly #home: Home;
  readonly #foreign: ForeignSettings;
  readonly #keyring: Keyring;
  readonly #oldHistory: OldHistory;
  readonly #place: (worker: Parameters<WorkerEntries>[0]) => Placement;
  readonly #feed: Feed = openFeed();
  readonly #jobs: Jobs;
  readonly #log: Log;
  /** Settles with the tree, or with `null` where it did not start. The node uses it while the rest still starts. */
  #tree: Promise<Supervisor | null> = Promise.resolve(null);
  /** Argument of the transport. A restarted transport gets the port that was open before. */
  #mainListener: (Omit<ListenerOptions, 'port'> & { port: number }) | null = null;
  #homeWatch: NodeJS.Timeout | null = null;
  #closing: Promise<void> | null = null;
  #ownCode: string | null = null;

  constructor(
    options: NodeOptions,
    name: string,
    home: Home,
    identity: Vault,
    foreign: ForeignSettings,
    { workers, placing }: { readonly workers: WorkerEntries; readonly placing: Placing },
  ) {
    this.#options = options;
    this.#name = name;
    this.#home = home;
    this.#foreign = foreign;
    this.#oldHistory = openOldHistory(join(home.directory, 'chat_history.txt'), (reason) =>
      this.#log('warn', 'chat-history-not-written', { reason }),
    );
    this.#place = (worker) => {
      if (placing === 'inline') return { kind: 'inline' };
      // The history keeps its thread: a hang of the network must not hold up what is being synced.
      if (options.compact === true && worker !== 'history')
        return { kind: 'thread', entry: workers('network'), thread: 'network' };
      return { kind: 'thread', entry: workers(worker) };
    };
    this.#jobs = openJobs(workers('jobs'));
    this.#log = (level, event, fields) => options.log?.(level, event, fields);
    this.#keyring = openKeyring(home, identity, this.#log);
  }

  async start(): Promise<Result<void, NodeError>> {
    const signs = this.#home.showProgress();
    const isReachable = this.#untilReady();
    const starting = startSupervisor({
      ...branch('root', 'one-for-one', this.#children()),
      log: (level, event, fields) => this.#onLog(level, event, fields),
      limits: { busyMsMax: limits.busyMsMax },
    });
    this.#tree = Promise.resolve(starting.unwrapOr(null));
    const started = await starting;
    if (started.isErr()) {
      signs.stop();
      await this.close();
      return err(causeOf(started.error));
    }
    const tree = started.value;
    tree.onEvent((event) => this.#onEvent(event));
    void tree.done.then((reason) => {
      if (reason.type !== 'shutdown') this.#gaveUp();
    });
    await isReachable;
    signs.stop();
    this.#watchHome();
    // Not awaited: peers can reach the node, and the first handshake comes later.
    void tree.supervisor(sessionsSupervisor)?.startChild(warmth(this.#place('session')));
    return ok(undefined);
  }

  async handle(): Promise<NodeHandle> {
    const tree = await this.#tree;
    if (tree === null) throw new Error('a handle needs a node that has started');
    return localHandle({
      node: tree.ref(nodeAddress),
      home: this.#home.directory,
      feed: this.#feed,
      stats: statsOf(tree, {
        node: nodeAddress,
        transport: transportAddress,
        history: historyAddress,
        discovery: discoveryAddress,
      }),
      network: () =>
        networkInfo(this.#options, {
          node: tree.ref(nodeAddress),
          discovery: tree.ref(discoveryAddress),
          broadcast: tree.ref(broadcastAddress),
        }),
      // Once for a run: its 15 ms are less than the start of a thread for it.
      ownSafetyCode: () => okAsync((this.#ownCode ??= ownSafetyNumber(this.#keyring.identity().idKey))),
      close: () => this.close(),
    });
  }

  /** Stops the node: goodbyes first, then the children in reverse order, the history last. Then the home is free. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      if (this.#homeWatch !== null) clearInterval(this.#homeWatch);
      const signs = this.#home.showProgress();
      const tree = await this.#tree;
      if (tree !== null && this.#foreign.enabled.size > 0)
        await tree.ref(nodeAddress).call('farewell', {}, { deadlineMs: foreignRoutes.farewellMs });
      await tree?.ref(broadcastAddress).call('leave', {}, { deadlineMs: limits.goodbyeDeadlineMs });
      await tree?.stop();
      await this.#oldHistory.flush();
      this.#feed.end();
      await this.#jobs.close();
      signs.stop();
      this.#home.release();
    })();
    return this.#closing;
  }

  #children(): readonly (ChildSpec | SupervisorSpec)[] {
    const { bind = limits.bind, port = limits.port, portStrict = false } = this.#options;
    const links = {
      history: historyAddress,
      transport: transportAddress,
      discovery: discoveryAddress,
      broadcast: broadcastAddress,
      files: filesAddress,
    };
    const dialects: readonly DialectName[] = ['native', ...this.#foreign.enabled];
    this.#mainListener = { bind, port, portStrict, dialect: 'sniffed' };
    const listeners = [
      this.#mainListener,
      ...this.#foreign.ports.map((own) => ({ bind, portStrict, ...own })),
    ] as const;
    const connectionsMax = this.#options.maxConnections ?? limits.connectionsMax;
    const historyChild = child(history, {
      args: { file: this.#home.historyFile },
      links: {},
      placement: this.#place('history'),
    });
    const nodeChild = child(node, { args: this.#nodeArgs(), links, placement: { kind: 'inline' } });
    const transportChild = child(transportActor, {
      args: { listeners, connectionsMax, dialects },
      links: { node: nodeAddress },
      placement: this.#place('transport'),
    });
    const sessions = branch(sessionsSupervisor, 'one-for-one', []);
    const connections = branch('connections', 'rest-for-one', [transportChild, sessions]);
    const presence = presenceBranch({
      options: this.#options,
      identity: this.#keyring.identity(),
      onlinePeersFile: this.#foreign.enabled.has('cmp2204')
        ? join(this.#home.directory, 'online_peers.txt')
        : null,
      place: this.#place,
      node: nodeAddress,
      discovery: discoveryAddress,
      broadcast: broadcastAddress,
    });
    const filesChild = child(filesActor, {
      args: filesArgs(this.#home.directory, this.#options),
      links: { node: nodeAddress },
      placement: this.#place('files'),
    });
    const network = branch('network', 'one-for-one', [filesChild, connections, presence]);
    return [historyChild, branch('core', 'rest-for-one', [nodeChild, network])];
  }

  #nodeArgs(): NodeArgs {
    const services: NodeArgs['services'] = {
      name: () => this.#name,
      keepName: (name) => {
        this.#name = name;
        this.#options.keepName?.(name);
      },
      ...openPrivacy(this.#options),
      ...openOwnStatus(this.#home.directory, (reason) =>
        this.#log('warn', 'own-status-not-kept', { reason }),
      ),
      publish: (event) => this.#feed.publish(event),
      publishedSeq: (newestStored) => this.#feed.publishedSeq(newestStored),
      renewKey: () => this.#keyring.renew(),
      safetyNumber: (own, other) => this.#jobs.safetyNumber(own, other),
      newMessageId,
      homeGone: (error) => this.#homeGone(error),
      keepHistoryLine: (line) => this.#oldHistory.append(line),
    };
    const { bind = limits.bind, beaconIntervalMs = limits.beaconIntervalMs } = this.#options;
    const identity = () => this.#keyring.identity();
    const connections = connectionSpecs(this.#place('session'));
    return { identity, foreign: this.#foreign, beaconIntervalMs, bind, connections, services };
  }

  #onEvent(event: SupervisorEvent): void {
    switch (event.type) {
      case 'exited': {
        const { reason } = event;
        if (reason.type === 'crash')
          this.#log('warn', 'actor-crashed', { actor: event.id, detail: reason.detail });
        return;
      }
      case 'restart-failed':
        this.#log('warn', 'actor-crashed', { actor: event.id, detail: restartTrouble(event.error) });
        return;
      case 'dead-letter':
        this.#reportDeadLetter(event.letter);
        return;
      case 'gave-up':
        this.#log('error', 'gave-up', { supervisor: event.supervisor, actor: event.actor });
        return;
      case 'started':
      case 'restarted':
        return;
      default:
        unreachable(event);
    }
  }

  /** Passes the log on. Damage of the history is an event for every reader, too. */
  #onLog(...[level, event, fields]: Parameters<Log>): void {
    this.#log(level, event, fields);
    const message = damageSentence(event, fields);
    if (message !== null) this.#feed.keep({ type: 'error', code: 'store/damaged', message });
  }

  /** Logs a dead letter without its body: messages of people do not belong into a log. */
  #reportDeadLetter({ actor, from, name, reason }: DeadLetter): void {
    // An ended session loses nothing, since the node repeats its messages in the next one. A broadcast that has sent
    // its goodbye answers no further question.
    const hasNothingToKeep = isConnection(actor) || actor === broadcastAddress.id;
    const isExpected = hasNothingToKeep && reason === 'stopped';
    this.#log(isExpected ? 'debug' : 'error', 'dead-letter', { actor, from, name, reason });
  }

  /** Reports once that nothing can be acknowledged any more, and ends the node. */
  #homeGone({ code, file, reason }: Extract<StoreError, { readonly code: 'store/gone' }>): void {
    if (this.#closing !== null) return;
    const message = `${file}: ${reason}; nothing was acknowledged since, and the node ends`;
    this.#feed.publish({ type: 'error', code, message });
    void this.close();
  }

  /** Checks now and then that the home exists, since a missing home goes unnoticed while nothing is written. */
  #watchHome(): void {
    const timer = setInterval(() => {
      if (this.#home.isThere()) return;
      clearInterval(timer);
      const reason = 'it was removed, renamed or replaced';
      this.#homeGone({ code: 'store/gone', file: this.#home.directory, reason });
    }, limits.homeCheckEveryMs);
    timer.unref();
    this.#homeWatch = timer;
  }

  #gaveUp(): void {
    const message = 'the node failed too often in a row and has stopped; what was queued is safe on disk';
    this.#feed.publish({ type: 'error', code: 'runtime/restart-intensity', message });
    void this.close();
  }

  /** Settles with the node's first `ready`. */
  async #untilReady(): Promise<void> {
    for await (const event of this.#feed.read()) {
      if (event.type !== 'ready') continue;
      // Keep the port that peers know, whichever one was requested.
      if (this.#mainListener !== null) this.#mainListener.port = event.port;
      return;
    }
  }
}
