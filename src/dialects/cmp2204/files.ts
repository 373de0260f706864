/**
 * What cmp2204 keeps beside its talk: `online_peers.txt` and the lines of `chat_history.txt`. Its announcement on UDP is
 * read and written as a beacon (`wire/beacon.ts`). Pure: the caller owns sockets, files and the clock. All times in the files are local.
 *
 *   online_peers    {IP: {"port": SOURCE_PORT, "username": NAME, "last_seen": "YYYY-MM-DD HH:MM:SS", "status": "Online"}}
 *   history line    YYYY-MM-DD HH:MM:SS - IP - USERNAME - SENT|RECEIVED - TEXT
 *
 * COMPAT who never announced itself has no name to that program: its lines call such a peer `Unknown`.
 * COMPAT the real program writes SENT for what it received and RECEIVED for what it sent; here SENT is what we sent.
 */
import { ok, type Result } from 'neverthrow';
import { cmp2204Presence as limits } from './limits.js';
import type { DialectError } from '../errors.js';
import { isDottedQuad } from '../../wire/address.js';
import { isJsonObject, parseBoundedJson } from '../../wire/json/parse.js';
import { boundedName, dialectError, malformed, oneLine, scalarText } from '../foreign.js';

export interface OnlinePeer {
  /** Dotted quad: the key of the file, since the program knows a peer by its address. */
  readonly host: string;
  /** Source port of its announcement. */
  readonly port: number;
  readonly username: string;
  readonly lastSeenMs: number;
}

export type OnlineStatus = 'Online' | 'Away';

/** `null`: not to be shown any more. A time in the future (a clock that was put back) counts as now. */
export function onlineStatus(lastSeenMs: number, nowMs: number): OnlineStatus | null {
  const agoMs = nowMs - lastSeenMs;
  if (agoMs <= limits.onlineMs) return 'Online';
  return agoMs <= limits.awayMs ? 'Away' : null;
}

export interface OnlinePeers {
  heard(peer: OnlinePeer): void;
  /** Those not older than the limit, in order of first appearance. */
  list(nowMs: number): readonly (OnlinePeer & { readonly status: OnlineStatus })[];
}

/** Who announced itself. Bounded: the one longest unheard makes room. */
export function openOnlinePeers(known: readonly OnlinePeer[] = []): OnlinePeers {
  const peers = new Map<string, OnlinePeer>();
  const heard = (peer: OnlinePeer): void => {
    peers.set(peer.host, peer);
    if (peers.size <= limits.peersMax) return;
    const oldest = [...peers.values()].reduce((a, b) => (b.lastSeenMs < a.lastSeenMs ? b : a));
    peers.delete(oldest.host);
  };
  for (const peer of known) heard(peer);
  return {
    heard,
    list: (nowMs) =>
      [...peers.values()].flatMap((peer) => {
        const status = onlineStatus(peer.lastSeenMs, nowMs);
        return status === null ? [] : [{ ...peer, status }];
      }),
  };
}

/** The whole of `online_peers.txt`. The program writes *Online* for everybody; readers work out the status anew. */
export function formatOnlinePeers(peers: readonly OnlinePeer[]): string {
  const entries = peers.map(
    ({ host, port, username, lastSeenMs }) =>
      `${JSON.stringify(host)}: {"port": ${port}, "username": ${plainJson(username)}, ` +
      `"last_seen": "${localTime(lastSeenMs)}", "status": "Online"}`,
  );
  return `{${entries.join(', ')}}`;
}

/** The JSON of `text`, with escapes also for what a terminal acts on and JSON lets through. */
const plainJson = (text: string): string =>
  JSON.stringify(text).replace(
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Entries that make no sense are left out. Errors: `dialect/malformed`, `dialect/too-long` for the whole. */
export function parseOnlinePeers(text: string): Result<readonly OnlinePeer[], DialectError> {
  const bounds = { bytesMax: limits.fileBytesMax, depthMax: 3, keysMax: limits.peersMax * 8 };
  return parseBoundedJson(text, bounds)
    .mapErr((error) => dialectError('cmp2204', error))
    .andThen((value): Result<readonly OnlinePeer[], DialectError> => {
      if (!isJsonObject(value)) return malformed('cmp2204', 'no JSON object');
      return ok(
        Object.entries(value).flatMap(([host, entry]) => {
          if (!isDottedQuad(host) || !isJsonObject(entry)) return [];
          const username = boundedName(scalarText(entry['username']) ?? '');
          const lastSeenMs = parseLocalTime(scalarText(entry['last_seen']) ?? '');
          const port = Number(scalarText(entry['port']) ?? '0');
          if (username === null || lastSeenMs === null || !Number.isInteger(port)) return [];
          return [{ host, port, username, lastSeenMs }];
        }),
      );
    });
}

/** What a line calls a peer that never announced itself. */
export const unannouncedName = 'Unknown';

/**
 * One line of `chat_history.txt`, without its end. One message is one line and a name is one field of it, whatever the
 * peer calls itself and says; nothing in it turns or moves what a terminal shows.
 */
export function formatHistoryLine(line: {
  readonly atMs: number;
  readonly host: string;
  readonly username: string;
  readonly direction: 'in' | 'out';
  readonly text: string;
}): string {
  const what = line.direction === 'out' ? 'SENT' : 'RECEIVED';
  const username = ` ${oneLine(line.username)} `.replace(/\s+-\s+/g, '-').trim();
  return `${localTime(line.atMs)} - ${line.host} - ${username} - ${what} - ${oneLine(line.text)}`;
}

/** `YYYY-MM-DD HH:MM:SS` in the local time zone. */
export function localTime(ms: number): string {
  const at = new Date(ms);
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

const two = (number: number): string => String(number).padStart(2, '0');

function parseLocalTime(text: string): number | null {
  const match = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)/.exec(text);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  return new Date(year, month - 1, day, hour, minute, second).getTime();
}
