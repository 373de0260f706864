/**
 * The way of a command to the node of its home: the one that runs there, through the control socket, or a new one. A new
 * one is a process of its own, so that no command waits for the end of another; `serve` alone runs the node itself.
 */
import { catalogue } from '../text/catalogue.js';
import { err, ok, type Result } from 'neverthrow';
import { closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  escapeForTerminal,
  type ForeignDialectName,
  type NodeError,
  type NodeHandle,
  type NodeOptions,
  type PeerEvent,
} from '../../index.js';
import { reasonOf } from '../../system-errors.js';
import type { Listening } from '../api/attach.js';
import { openIntermittent } from '../api/intermittent.js';
import type { RemoteNode } from '../api/client.js';
import { isEnding, readFault } from '../api/faults.js';
import type { ServedBy } from '../api/launch.js';
import { controlApi } from '../api/limits.js';
import type { CommonOptions } from './options/common-options.js';
import { homeOf } from '../../home/default-home.js';
import { watchNode } from './notify/watcher.js';
import { deferredLog, openLog } from './screen/log.js';
import { showStart } from './screen/start-row.js';
import {
  layered,
  nodeOptions,
  settingsOfEnv,
  settingsOfPrivacy,
  strayFlag,
  type NodeSettings,
} from './options/settings.js';
import { changeSettings, readSettings, type StoredSettings } from './options/settings-file.js';
import { nearestKey } from './options/suggestion.js';
import { differencesOf, startSettings } from './options/start-settings.js';
import { collectLessAtRest } from './collector.js';
import type { CliError } from './errors.js';
import type { World } from './world.js';

/** A node that a command uses. */
export interface Attachment {
  readonly node: NodeHandle;
  readonly home: string;
  /** Whether the node was started for this command. */
  readonly isOwn: boolean;
  /** Age of the node in ms: the time that others had to answer its first beacon. */
  readonly ageMs: () => number;
  /** Ends the node of `serve`; leaves every other node. */
  readonly release: () => Promise<void>;
}

/** Failures of attaching to a node or starting one. */
export type AttachError = Extract<
  CliError,
  NodeError | { readonly code: 'command/usage' | 'command/option-differs' }
>;

/** Arguments of `attach`. */
export interface AttachOptions {
  readonly common: CommonOptions;
  /** The dialect that the command needs. A node without users that does not speak it makes room for one that does. */
  readonly dialect?: ForeignDialectName;
  /** Settings of a new node; by default those of flags, environment and settings file. */
  readonly start?: NodeSettings;
  /** Adds to the flags what this command needs, such as the own port of a hub. */
  readonly adjust?: (flags: NodeSettings) => NodeSettings;
}

/**
 * Attaches to the node of the home, or starts one. Errors: of the start and of the settings; `command/option-differs`
 * when a flag asks for something else than the running node has.
 */
export async function attach(world: World, options: AttachOptions): Promise<Result<Attachment, AttachError>> {
  const found = homeOf(options.common.home, world.env);
  if (found.isErr()) return err(found.error);
  const home = found.value;
  let isOwn = false;
  for (let attempt = 1; ; attempt += 1) {
    const running = await world.connectNode(home);
    if (running.isOk()) {
      const node = running.value;
      const misfit = isOwn ? null : await misfitOf(home, node, options);
      if (misfit === null) return ok(attached(home, node, isOwn));
      const isReleased = (await node.release()).unwrapOr(false);
      await node.close();
      if (!isReleased) return err(misfit);
    } else if (!isEnding(running.error) || attempt >= controlApi.attachAttemptsMax) {
      return err(running.error);
    }
    if (running.isErr() && running.error.code !== 'api/no-node') {
      await delay(controlApi.attachPauseMs);
      continue;
    }
    const launched = await launch(world, home, options);
    if (launched.isErr()) return err(launched.error);
    isOwn = launched.value === 'new';
  }
}

/**
 * Attaches to the node of the home where one runs, and opens the home without the network otherwise. Errors: as
 * `attach`.
 */
export const attachAtRest = (
  world: World,
  options: AttachOptions,
): Promise<Result<Attachment, AttachError>> =>
  attachOr<Attachment>(
    world,
    options,
    (attachment) => attachment,
    async (inside) => {
      const resting = await openIntermittent({
        open: () => world.restNode({ ...inside, log: warnOfDamage(world) }),
        connect: () => world.connectNode(inside.home),
      });
      if (resting.isOk()) rememberName(inside.home, options.common);
      return resting.map(({ handle, close }) => ({
        node: handle,
        home: inside.home,
        isOwn: true,
        ageMs: () => Infinity,
        release: close,
      }));
    },
  );

/** Tells the user of damage of the history, which no reader of events tells while no node runs. */
const warnOfDamage =
  (world: World): NonNullable<NodeOptions['log']> =>
  (_level, _event, { message }) => {
    if (typeof message === 'string')
      world.stderr.write(catalogue().commands.warning(escapeForTerminal(message)));
  };

/** The node of the home, or the peers that are heard without one. */
export type Reach =
  | { readonly type: 'attached'; readonly attachment: Attachment }
  | { readonly type: 'listening'; readonly listening: Listening };

/** Attaches to the node of the home where one runs, and listens to announcements otherwise. Errors: as `attach`. */
export const attachOrListen = (
  world: World,
  options: AttachOptions,
  onRow: (row: PeerEvent) => void,
): Promise<Result<Reach, AttachError>> =>
  attachOr<Reach>(
    world,
    options,
    (attachment) => ({ type: 'attached', attachment }),
    async (inside) =>
      (await world.listenToPeers(inside, onRow)).map((listening) => ({ type: 'listening', listening })),
  );

/** Attaches to the node of the home where one runs. Where none runs, `open` opens the home in another way. */
async function attachOr<T>(
  world: World,
  options: AttachOptions,
  attachedAs: (attachment: Attachment) => T,
  open: (inside: NodeOptions) => Promise<Result<T, NodeError>>,
): Promise<Result<T, AttachError>> {
  const found = homeOf(options.common.home, world.env);
  if (found.isErr()) return err(found.error);
  const home = found.value;
  for (let attempt = 1; ; attempt += 1) {
    const running = await attachRunning(world, home, options);
    if (running.isErr()) return err(running.error);
    if (running.value !== null) return ok(attachedAs(running.value));
    const chosen = chosenFor(world, home, options.common);
    if (chosen.isErr()) return err(chosen.error);
    const opened = await open(nodeOptions(home, chosen.value));
    if (opened.isOk()) return ok(opened.value);
    // Another process has started a node meanwhile.
    const isServed = opened.error.code === 'home/in-use';
    if (!isServed || attempt >= controlApi.attachAttemptsMax) return err(opened.error);
  }
}

/** Attaches to a running node; `null`: none runs. Errors: as `attach`. */
async function attachRunning(
  world: World,
  home: string,
  options: AttachOptions,
): Promise<Result<Attachment | null, AttachError>> {
  const running = await world.connectNode(home);
  if (running.isErr()) return isEnding(running.error) ? ok(null) : err(running.error);
  const misfit = await misfitOf(home, running.value, options);
  if (misfit === null) return ok(attached(home, running.value, false));
  await running.value.close();
  return err(misfit);
}

/** Returns the reason why a running node does not serve the command; `null`: it does. */
async function misfitOf(
  home: string,
  node: RemoteNode,
  { common, dialect, adjust = (flags) => flags }: AttachOptions,
): Promise<AttachError | null> {
  if (dialect !== undefined) {
    const spoken = await node.foreignPeers(dialect);
    if (spoken.isErr()) return spoken.error;
  }
  if (Object.keys(common.node).length === 0 && adjust(common.node) === common.node) return null;
  const self = await node.self();
  if (self.isErr()) return self.error;
  const started = await node.startedWith();
  if (started.isErr()) return started.error;
  const differences = differencesOf(common.node, adjust(common.node), self.value, started.value);
  return differences.length === 0 ? null : { code: 'command/option-differs', home, differences };
}

function attached(home: string, node: RemoteNode, isOwn: boolean): Attachment {
  const attachedMs = performance.now();
  return {
    node,
    home,
    isOwn,
    ageMs: () => node.ageMs + performance.now() - attachedMs,
    release: () => node.close(),
  };
}

/** Starts the process of a node and waits until it serves the home. */
async function launch(
  world: World,
  home: string,
  { common, start }: AttachOptions,
): Promise<Result<ServedBy, AttachError>> {
  const found = chosenFor(world, home, common, start);
  if (found.isErr()) return err(found.error);
  const settings = found.value;
  const { logFile, logLevel = 'warn' } = settings;
  const problem = logFile === undefined ? null : problemOfFile(logFile);
  if (problem !== null) return err(problem);
  const started = showStart(world, { home, ...(logFile === undefined ? {} : { logFile }), common });
  const launched = await world.launchNode({
    options: nodeOptions(home, settings),
    startedWith: startSettings({ ...settings, logLevel }),
    logLevel,
    logFile: logFile === undefined ? null : resolve(logFile),
  });
  started();
  if (launched.isErr()) return err(launched.error);
  rememberName(home, common);
  return ok(launched.value);
}

/** Reads all settings of a new node and warns of unknown keys. */
export function chosenFor(
  world: World,
  home: string,
  common: CommonOptions,
  start?: NodeSettings,
): Result<NodeSettings & { readonly name: string }, AttachError> {
  const found = settingsFor(world, home, common.node);
  if (found.isErr()) return err(found.error);
  const settings = start ?? found.value.settings;
  const stray = strayFlag(common.node, settings);
  if (stray !== null) return err(stray);
  if (!common.isQuiet) warnOfUnknownKeys(world, found.value);
  return ok({ ...settings, name: settings.name ?? world.userName() });
}

/** Keeps the name that the user gave: the next node of the home has it, too. */
function rememberName(home: string, { node: { name } }: CommonOptions): void {
  if (name === undefined) return;
  const stored = readSettings(home);
  // A home that cannot be written to has refused the start already.
  if (stored.isOk() && stored.value.settings.name !== name) changeSettings(home, { name }).unwrapOr(null);
}

function problemOfFile(file: string): AttachError | null {
  try {
    closeSync(openSync(file, 'a', 0o600));
    return null;
  } catch (cause) {
    return {
      code: 'command/usage',
      detail: catalogue().commands.logNotOpened(reasonOf(cause)),
      command: '',
    };
  }
}

/** Starts the node of `serve` in this process. Errors: of the start and of the settings; `home/in-use`. */
export async function startOwn(
  world: World,
  common: CommonOptions,
): Promise<Result<Attachment, AttachError>> {
  const directory = homeOf(common.home, world.env);
  if (directory.isErr()) return err(directory.error);
  const home = directory.value;
  const found = chosenFor(world, home, common);
  if (found.isErr()) return err(found.error);
  const settings = found.value;
  const { logLevel = common.isQuiet ? 'error' : 'warn', logFile } = settings;
  const isPerson = world.stderr.isTTY === true && !common.isJson;
  const toStderr = (line: string): unknown => world.stderr.write(`parlance: ${line}\n`);
  const log = deferredLog();
  collectLessAtRest();
  const starting = world.startNode({
    ...nodeOptions(home, settings),
    log: log.write,
    keepName: (name) => void changeSettings(home, { name }),
    keepPrivacy: (privacy) => void changeSettings(home, settingsOfPrivacy(privacy)),
  });
  // These modules load while the threads of the node start on another core.
  const opened = openLog({
    level: logLevel,
    file: logFile,
    stderr: world.stderr,
    onLine: isPerson ? toStderr : null,
  }).then(
    (write) => log.open(write),
    (cause: unknown) => reasonOf(cause),
  );
  const loading = import('../api/server.js');
  const started = await starting;
  const problem = await opened;
  if (started.isErr()) return err(causeOf(started.error));
  if (problem !== null) {
    await started.value.close();
    return err({ code: 'command/usage', detail: catalogue().commands.logNotOpened(problem), command: '' });
  }
  const { serveApi } = await loading;
  const node = started.value;
  const startedMs = performance.now();
  const ageMs = (): number => performance.now() - startedMs;
  const api = await serveApi(node, home, ageMs, startSettings({ ...settings, logLevel }));
  if (api.isErr()) {
    await node.close();
    return err(api.error);
  }
  rememberName(home, common);
  watchNode({ node, home, env: world.env, log: log.write });
  return ok({
    node,
    home,
    isOwn: true,
    ageMs,
    release: async () => {
      const closing = node.close();
      await api.value.close();
      await closing;
    },
  });
}

/** Returns the reason of an actor that refused to start. */
function causeOf(error: NodeError): NodeError {
  return error.code === 'runtime/start-failed' ? (readFault(error.fault) ?? error) : error;
}

/** The settings of a command. */
export interface ChosenSettings {
  /** All layers together. */
  readonly settings: NodeSettings;
  readonly stored: StoredSettings;
}

/** Reads flags, environment and settings file, in this order of precedence. Errors: `command/usage`, `home/bad-settings`. */
export function settingsFor(
  world: World,
  home: string,
  flags: NodeSettings,
): Result<ChosenSettings, AttachError> {
  const env = settingsOfEnv(world.env);
  if (env.isErr()) return err({ code: 'command/usage', detail: env.error, command: '' });
  return readSettings(home).map((stored) => ({
    stored,
    settings: layered(flags, env.value, stored.settings),
  }));
}

/** Returns an unknown key, with the known one that it may mean. */
function withSuggestion(key: string): string {
  const near = nearestKey(key);
  return near === null ? `"${key}"` : catalogue().commands.keyMeant(key, near);
}

/** Names the keys of another version and the mistyped ones. */
function warnOfUnknownKeys(world: World, { stored: { file, unknownKeys } }: ChosenSettings): void {
  if (unknownKeys.length === 0) return;
  const keys = unknownKeys.map((key) => withSuggestion(key)).join(', ');
  const line = catalogue().commands.unknownSettings(keys, file);
  world.stderr.write(`parlance: ${escapeForTerminal(line)}\n`);
}
