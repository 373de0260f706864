/**
 * The settings that a node was started with, and the flags of a command that ask for something else than the running
 * node has. A flag that asks for what the node has is accepted, so that a script can give equal flags to every command.
 */
import { resolve } from 'node:path';
import { sanitiseName, type SelfInfo } from '../../../index.js';
import type { OptionDifference } from '../errors.js';
import { optionOf, startRows, type NodeSettings } from './settings.js';

/** The settings by key as the control socket reports them, with defaults filled in. */
export type StartSettings = Readonly<Record<string, unknown>>;

/** Returns the settings of a node that starts with `chosen`. */
export function startSettings(chosen: NodeSettings): StartSettings {
  const given = new Map<string, unknown>(Object.entries(chosen));
  const all = startRows
    .filter(([, { flag }]) => flag !== null)
    .map(([key, row]): [string, unknown] => [key, given.get(key) ?? row.default]);
  return { ...Object.fromEntries(all), logFile: pathOf(chosen) };
}

/** Returns the flags that the running node does not follow. `adjusted`: `flags`, with the port of a role in `listen`. */
export function differencesOf(
  flags: NodeSettings,
  adjusted: NodeSettings,
  self: SelfInfo,
  started: StartSettings,
): readonly OptionDifference[] {
  const given = new Map<string, unknown>(Object.entries(flags));
  const opened = openedPorts(flags, adjusted, self, started);
  const { name, portStrict, dialects = [], listen = [], logFile } = flags;
  const wanted = listOf(started['dialects']);
  // These keys are not compared by equality with the start of the node.
  const special = new Map<string, boolean>([
    ['name', name === undefined || sanitiseName(name).unwrapOr('') === self.name],
    ['port', opened.isOpen],
    ['portStrict', portStrict !== true || opened.isExact || started['portStrict'] === true],
    ['dialects', dialects.every((dialect) => wanted.includes(dialect))],
    ['listen', listen.every((word) => isOpen(word, self))],
    ['logFile', logFile === undefined || isSame(pathOf(flags), started['logFile'])],
  ]);
  return startRows
    .filter(([key, { flag }]) => flag !== null && !(special.get(key) ?? isSame(given.get(key), started[key])))
    .map(([key, row]): OptionDifference => {
      const { asked, has } = valuesOf(key, { flags: given, adjusted, self, started });
      return { option: optionOf(row), asked: wordOf(key, asked), has: wordOf(key, has) };
    });
}

interface Compared {
  readonly flags: ReadonlyMap<string, unknown>;
  readonly adjusted: NodeSettings;
  readonly self: SelfInfo;
  readonly started: StartSettings;
}

/** Returns the value that a flag asks for, and the one that the node has. */
function valuesOf(
  key: string,
  { flags, adjusted, self, started }: Compared,
): { readonly asked: unknown; readonly has: unknown } {
  const asked = flags.get(key);
  const own = (self.foreignPorts ?? []).map(({ dialect, port }) => `${dialect}=${port}`);
  if (key === 'name') return { asked, has: self.name };
  if (key === 'listen') return { asked, has: own };
  if (key !== 'port') return { asked, has: started[key] };
  if (asked !== undefined) return { asked, has: self.port };
  // The flag named the port of a role.
  return { asked: adjusted.listen, has: own };
}

const pathOf = ({ logFile }: NodeSettings): string | null =>
  logFile === undefined ? null : resolve(logFile);

/** Returns a value as a user would write it. */
function wordOf(key: string, value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(String).join(',');
  if (key === 'sendTimeoutMs' && typeof value === 'number') return String(value / 1_000);
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'string' || typeof value === 'number' ? String(value) : 'none';
}

/** Compares the ports. `isOpen`: the node listens on the port of the flags. `isExact`: the flags name its very port. */
function openedPorts(
  { port, listen = [] }: NodeSettings,
  adjusted: NodeSettings,
  self: SelfInfo,
  started: StartSettings,
): { readonly isOpen: boolean; readonly isExact: boolean } {
  const rolePorts = (adjusted.listen ?? []).slice(listen.length);
  // A node whose port was taken listens on the next one. Its flags are accepted again.
  const isMain = port === undefined || port === 0 || port === self.port || port === started['port'];
  const isPortOpen = isMain && rolePorts.every((word) => isOpen(word, self));
  return { isOpen: isPortOpen, isExact: isPortOpen && (port === self.port || rolePorts.length > 0) };
}

function isOpen(word: string, { foreignPorts = [] }: SelfInfo): boolean {
  const [dialect, port] = word.split('=');
  const own = foreignPorts.find((each) => each.dialect === dialect)?.port;
  return own !== undefined && (port === '0' || port === String(own));
}

/** Decides whether a flag is absent or equals the start of the node. Lists may differ in order. */
function isSame(asked: unknown, is: unknown): boolean {
  // A node that another program embeds does not report the settings of its start.
  if (asked === undefined || is === undefined) return true;
  if (!Array.isArray(asked)) return asked === is;
  const [wanted, there] = [new Set(listOf(asked)), new Set(listOf(is))];
  return wanted.size === there.size && [...wanted].every((each) => there.has(each));
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
