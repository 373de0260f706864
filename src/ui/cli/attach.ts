/**
 * The way of a command to its node: the node that runs in the home, through the control socket, or a node that this
 * process starts for the time of the command. Both serve the control socket, so that other commands find them.
 */
import { err, ok, okAsync, type Result, type ResultAsync } from 'neverthrow';
import { setTimeout as delay } from 'node:timers/promises';
import { escapeForTerminal, type NodeError, type NodeHandle } from '../../index.js';
import { reasonOf } from '../../system-errors.js';
import { cli } from './limits.js';
import type { RemoteNode } from '../api/client.js';
import { readFault } from '../api/faults.js';
import type { CommonOptions } from './options/common-options.js';
import { homeOf } from '../../home/default-home.js';
import { deferredLog, openLog } from './screen/log.js';
import { layered, nodeOptions, settingsOfEnv, strayFlag, type NodeSettings } from './options/settings.js';
import { readSettings, type StoredSettings } from './options/settings-file.js';
import { startSettings, type StartSettings } from './options/start-settings.js';
import type { World } from './world.js';

export interface Attachment {
  readonly node: NodeHandle;
  readonly home: string;
  /** Whether this process runs the node. */
  readonly isOwn: boolean;
  /** Age of the node in ms: the time that others had to answer its first beacon. */
  readonly ageMs: () => number;
  /** Settings that the node was started with. */
  readonly startedWith: () => ResultAsync<StartSettings, NodeError>;
  /** Ends an own node; leaves a node of another command. */
  readonly release: () => Promise<void>;
}

export type AttachError =
  NodeError | { readonly code: 'command/usage'; readonly detail: string; readonly command: string };

export interface AttachOptions {
  readonly common: CommonOptions;
  /** Whether the command must run the node, as `serve` and the prompt do. */
  readonly mustOwn?: boolean;
  /** Callback for log lines in words for people; by default they go to stderr. */
  readonly onLogLine?: (line: string) => void;
}

/** Attaches to the node of the home, or starts one. Errors: of the start and of the settings; `home/in-use` with `mustOwn`. */
export async function attach(world: World, options: AttachOptions): Promise<Result<Attachment, AttachError>> {
  const home = await homeOf(options.common.home, world.env);
  const deadlineMs = performance.now() + cli.homeBusyMs;
  let chosen: ChosenSettings | null = null;
  for (;;) {
    if (options.mustOwn !== true) {
      const running = await world.connectNode(home);
      if (running.isOk()) return ok(borrowed(home, running.value));
      if (running.error.code !== 'api/no-node') return err(running.error);
    }
    if (chosen === null) {
      const found = settingsFor(world, home, options.common.node);
      if (found.isErr()) return err(found.error);
      chosen = found.value;
      if (!options.common.isQuiet) warnOfUnknownKeys(world, chosen);
    }
    const own = await start(world, home, chosen.settings, options);
    const isBusy = own.isErr() && own.error.code === 'home/in-use';
    // Another command starts or ends its node here, so an attempt to attach or to start soon succeeds.
    if (!isBusy || options.mustOwn === true || performance.now() > deadlineMs) return own;
    await delay(cli.pollMs);
  }
}

function borrowed(home: string, node: RemoteNode): Attachment {
  const attachedMs = performance.now();
  return {
    node,
    home,
    isOwn: false,
    ageMs: () => node.ageMs + performance.now() - attachedMs,
    startedWith: node.startedWith,
    release: () => node.close(),
  };
}

async function start(
  world: World,
  home: string,
  settings: NodeSettings,
  options: AttachOptions,
): Promise<Result<Attachment, AttachError>> {
  const stray = strayFlag(options.common.node, settings);
  if (stray !== null) return err(stray);
  const { name, logLevel = options.common.isQuiet ? 'error' : 'warn', logFile } = settings;
  const isPerson = world.stderr.isTTY === true && !options.common.isJson;
  const toStderr = (line: string): unknown => world.stderr.write(`parlance: ${line}\n`);
  const log = deferredLog();
  const chosen = nodeOptions(home, { ...settings, name: name ?? world.userName() });
  const starting = world.startNode({ ...chosen, log: log.write });
  // These modules load while the threads of the node start on another core.
  const onLine = options.onLogLine ?? (isPerson ? toStderr : null);
  const opened = openLog({ level: logLevel, file: logFile, stderr: world.stderr, onLine }).then(
    (write) => log.open(write),
    (cause: unknown) => reasonOf(cause),
  );
  const loading = import('../api/server.js');
  const started = await starting;
  const problem = await opened;
  if (started.isErr()) return err(causeOf(started.error));
  if (problem !== null) {
    await started.value.close();
    return err({ code: 'command/usage', detail: `the log file cannot be opened: ${problem}`, command: '' });
  }
  const { serveApi } = await loading;
  const node = started.value;
  const startedMs = performance.now();
  const startedWith = startSettings({ ...settings, logLevel });
  const api = await serveApi(node, home, () => performance.now() - startedMs, startedWith);
  if (api.isErr()) {
    await node.close();
    return err(api.error);
  }
  return ok({
    node,
    home,
    isOwn: true,
    ageMs: () => performance.now() - startedMs,
    startedWith: () => okAsync(startedWith),
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

/** Names the keys of another version and the mistyped ones. */
function warnOfUnknownKeys(world: World, { stored: { file, unknownKeys } }: ChosenSettings): void {
  if (unknownKeys.length === 0) return;
  const keys = unknownKeys.map((key) => `"${key}"`).join(', ');
  const line = `warning: unknown settings ${keys}: this version does not know them; they stay in ${file} and have no effect`;
  world.stderr.write(`parlance: ${escapeForTerminal(line)}\n`);
}
