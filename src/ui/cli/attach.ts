/**
 * How a command comes to its node: the one that runs in the home already, reached through the control socket, or one
 * that this process starts for as long as it needs it. A node started here serves the socket too, so that other
 * commands find it.
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
  /** This process runs the node. */
  readonly isOwn: boolean;
  /** How long the node has been running by now: how long others had to answer its first beacon. */
  readonly ageMs: () => number;
  /** What the node was started with. */
  readonly startedWith: () => ResultAsync<StartSettings, NodeError>;
  readonly release: () => Promise<void>;
}

export type AttachError =
  NodeError | { readonly code: 'command/usage'; readonly detail: string; readonly command: string };

export interface AttachOptions {
  readonly common: CommonOptions;
  /** `serve` and the prompt are nodes: they never attach to another. */
  readonly mustOwn?: boolean;
  /** Log lines, in words for people, go here instead of stderr. */
  readonly onLogLine?: (line: string) => void;
}

/** Errors: those of starting a node and of reading settings; `home/in-use` only for who must own the node. */
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
    // Another command is just starting or ending its node here: soon there is one to attach to, or none.
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
  // Loaded while the threads of the node start: they have the other core, and ours would only wait.
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
    return err({ code: 'command/usage', detail: `the log file cannot be opened (${problem})`, command: '' });
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

/** An actor that refused to start says why; that is what the user wants to know. */
function causeOf(error: NodeError): NodeError {
  return error.code === 'runtime/start-failed' ? (readFault(error.fault) ?? error) : error;
}

export interface ChosenSettings {
  /** All layers together. */
  readonly settings: NodeSettings;
  readonly stored: StoredSettings;
}

/** Flag > environment > settings file. Errors: `command/usage`, `home/bad-settings`. */
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

/** The keys of another version, or mistyped ones. */
function warnOfUnknownKeys(world: World, { stored: { file, unknownKeys } }: ChosenSettings): void {
  if (unknownKeys.length === 0) return;
  const keys = unknownKeys.map((key) => `"${key}"`).join(', ');
  const line = `warning: unknown settings ${keys}: this version does not know them; they stay in ${file} and have no effect`;
  world.stderr.write(`parlance: ${escapeForTerminal(line)}\n`);
}
