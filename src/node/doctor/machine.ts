/** Reads the state of this machine: interfaces, links, the router, programs on ports, and the home. */
import { constants, accessSync, readdirSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { doctor } from '../../chat/doctor/limits.js';
import type { Gateway, HomeState, Link } from '../../chat/doctor/observations.js';
import { isJsonObject, parseBoundedJson, type JsonObject } from '../../wire/json/parse.js';
import { doctorShell as limits } from './limits.js';
import { runTool } from './tools.js';

/** Returns the interfaces, also those without an address. Only Linux, in `/sys`, tells more than their names. */
export function links(): readonly Link[] {
  const folder = '/sys/class/net';
  const attribute = (name: string, file: string): string | null => {
    try {
      return readFileSync(join(folder, name, file), 'utf8').trim();
    } catch {
      return null;
    }
  };
  try {
    return readdirSync(folder).map((name) => {
      const state = attribute(name, 'operstate');
      return {
        name,
        isUp: state === null || state === 'unknown' ? null : state === 'up',
        isWireless: isThere(join(folder, name, 'wireless')) || isThere(join(folder, name, 'phy80211')),
      };
    });
  } catch {
    return Object.keys(networkInterfaces()).map((name) => ({ name, isUp: null, isWireless: null }));
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Returns the router by `ip`; null: there is none, or it cannot be read. */
export async function gateway(): Promise<Gateway | null> {
  const routes = objectsOf(await runTool('ip', ['-j', 'route', 'show', 'default']));
  const [route] = routes;
  const [address, device] = [route?.['gateway'], route?.['dev']];
  if (typeof device !== 'string') return null;
  if (typeof address !== 'string') return { address: '', interfaceName: device, isThere: null };
  const [neighbour] = objectsOf(await runTool('ip', ['-j', 'neigh', 'show', 'to', address, 'dev', device]));
  const states = neighbour?.['state'];
  const state = Array.isArray(states) ? String(states[0]) : '';
  const known = { REACHABLE: true, DELAY: true, PROBE: true, STALE: true, FAILED: false } as const;
  const isKnown = (name: string): name is keyof typeof known => name in known;
  return { address, interfaceName: device, isThere: isKnown(state) ? known[state] : null };
}

function objectsOf(ran: Awaited<ReturnType<typeof runTool>>): readonly JsonObject[] {
  if (ran.state !== 'done') return [];
  const parsed = parseBoundedJson(ran.text, { bytesMax: doctor.outputBytesMax }).unwrapOr(null);
  return Array.isArray(parsed) ? parsed.filter(isJsonObject) : [];
}

/** Returns the program on a port of this machine, as `ss` names it; empty: unknown. */
export async function holderOf(protocol: 'tcp' | 'udp', port: number): Promise<string> {
  const ran = await runTool('ss', [
    '-H',
    '-l',
    '-n',
    '-p',
    protocol === 'tcp' ? '-t' : '-u',
    `sport = :${port}`,
  ]);
  const [, name, pid] = /users:\(\("([^"]+)",pid=(\d+)/.exec(ran.state === 'done' ? ran.text : '') ?? [];
  return name === undefined ? '' : `${name} (pid ${pid ?? '?'})`;
}

/** Returns the state of the home without touching it. */
export function homeState(directory: string): HomeState {
  const absent: HomeState = {
    directory,
    isThere: false,
    belongsToOther: false,
    exposedFiles: [],
    isWritable: true,
    freeBytes: null,
  };
  const found = statSync(directory, { throwIfNoEntry: false });
  if (found === undefined) return absent;
  // An administrator may examine any home, since only administrators can read the rules of firewalls.
  const ownUid = process.getuid?.() ?? 0;
  const belongsToOther = ownUid !== 0 && found.uid !== ownUid;
  const canMode = process.platform !== 'win32';
  const isOpen = (mode: number): boolean => canMode && (mode & 0o077) !== 0;
  return {
    directory,
    isThere: true,
    belongsToOther,
    // Nobody reaches a file in a directory that is closed.
    exposedFiles: !belongsToOther && isOpen(found.mode) ? ['.', ...openFiles(directory, isOpen)] : [],
    isWritable: isWritable(directory),
    freeBytes: freeBytesOf(directory),
  };
}

/** Returns the private files that others may read. Hooks are programs, which may be shared. */
function openFiles(directory: string, isOpen: (mode: number) => boolean): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .slice(0, limits.filesMax)
      .filter(({ name }) => isOpen(statSync(join(directory, name), { throwIfNoEntry: false })?.mode ?? 0))
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function freeBytesOf(directory: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  } catch {
    return null;
  }
}
