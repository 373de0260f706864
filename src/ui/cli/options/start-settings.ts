/**
 * What a node was started with, and which flags of a command come too late for one that runs already. Flags that ask for
 * what the node has anyway are welcome: whoever gives the same flags to every command is not refused.
 */
import { resolve } from 'node:path';
import { sanitiseName, type SelfInfo } from '../../../index.js';
import { beaconSocket, foreign as foreignLimits, node as limits } from '../../../node/limits.js';
import type { LogLevel, NodeSettings } from './options.js';

/** As the control socket tells it: by name of the setting, defaults filled in. */
export type StartSettings = Readonly<Record<string, unknown>>;

/** `logLevel`: as the command decided, for it has a default of its own. */
export function startSettings(settings: NodeSettings, logLevel: LogLevel): StartSettings {
  return {
    bind: settings.bind ?? limits.bind,
    portStrict: settings.portStrict ?? false,
    broadcast: settings.broadcast ?? [],
    beaconPorts: settings.beaconPorts ?? beaconSocket.portsDefault,
    beaconIntervalSeconds: settings.beaconIntervalSeconds ?? limits.beaconIntervalMs / 1_000,
    maxConnections: settings.maxConnections ?? limits.connectionsMax,
    dialects: settings.dialects ?? [],
    greet: settings.greet ?? [],
    sendTimeoutMs: settings.sendTimeoutMs ?? foreignLimits.sendDeadlineMs,
    logLevel,
    logFile: settings.logFile === undefined ? null : resolve(settings.logFile),
  };
}

/** Flags that the node which runs does not follow. `adjusted`: `flags`, and the port that a role has of its own. */
export function lateFlags(
  flags: NodeSettings,
  adjusted: NodeSettings,
  self: SelfInfo,
  started: StartSettings,
): readonly string[] {
  const { listen = [] } = flags;
  const opened = openedPorts(flags, adjusted, self);
  const isAsStarted = (name: keyof NodeSettings): boolean => isSame(flags[name], started[name]);
  const file = flags.logFile === undefined ? undefined : resolve(flags.logFile);
  const late: Readonly<Record<string, boolean>> = {
    '--name': flags.name !== undefined && sanitiseName(flags.name).unwrapOr('') !== self.name,
    '--bind': !isAsStarted('bind'),
    '--port': !opened.isPort,
    '--port-strict': flags.portStrict === true && !(opened.isExact || isAsStarted('portStrict')),
    '--broadcast': !isAsStarted('broadcast'),
    '--beacon-port': !isAsStarted('beaconPorts'),
    '--beacon-interval': !isAsStarted('beaconIntervalSeconds'),
    '--max-connections': !isAsStarted('maxConnections'),
    '--dialects': !(flags.dialects ?? []).every((dialect) => listOf(started['dialects']).includes(dialect)),
    '--listen': !listen.every((word) => isOpen(word, self)),
    '--greet': !isAsStarted('greet'),
    '--send-timeout': !isAsStarted('sendTimeoutMs'),
    '--log-level': !isAsStarted('logLevel'),
    '--log-file': !isSame(file, started['logFile']),
  };
  return Object.keys(late).filter((flag) => late[flag] === true);
}

/** `isPort`: what `--port` asks for is open. `isExact`: and it asked for that very port. */
function openedPorts(
  { port, listen = [] }: NodeSettings,
  adjusted: NodeSettings,
  self: SelfInfo,
): { readonly isPort: boolean; readonly isExact: boolean } {
  const rolePorts = (adjusted.listen ?? []).slice(listen.length);
  const isMain = port === undefined || port === 0 || port === self.port;
  const isPort = isMain && rolePorts.every((word) => isOpen(word, self));
  return { isPort, isExact: isPort && (port === self.port || rolePorts.length > 0) };
}

function isOpen(word: string, { legacyPorts = [] }: SelfInfo): boolean {
  const [dialect, port] = word.split('=');
  const own = legacyPorts.find((each) => each.dialect === dialect)?.port;
  return own !== undefined && (port === '0' || port === String(own));
}

/** Nobody asked, or for what is; lists in any order. */
function isSame(asked: unknown, is: unknown): boolean {
  if (asked === undefined) return true;
  if (!Array.isArray(asked)) return asked === is;
  const [wanted, there] = [new Set(listOf(asked)), new Set(listOf(is))];
  return wanted.size === there.size && [...wanted].every((each) => there.has(each));
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
