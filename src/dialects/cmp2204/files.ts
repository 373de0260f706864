/**
 * The files of cmp2204: `online_peers.txt` and the lines of `chat_history.txt`. Its announcement on UDP is read and
 * written as a beacon (`wire/beacon.ts`). Pure: the caller owns sockets, files and the clock. All times in the files
 * are local.
 *
 *   online_peers    {IP: {"port": SOURCE_PORT, "username": NAME, "last_seen": "YYYY-MM-DD HH:MM:SS", "status": "Online"}}
 *   history line    YYYY-MM-DD HH:MM:SS - IP - USERNAME - SENT|RECEIVED - TEXT
 *
 * COMPAT a peer without an announcement has no name for that program: its lines call such a peer `Unknown`. COMPAT
 * the real program writes SENT for a received text and RECEIVED for a sent one; here SENT means sent by us.
 */
import { ok, type Result } from 'neverthrow';
import { cmp2204Presence as limits } from './limits.js';
import type { DialectError } from '../errors.js';
import { isDottedQuad } from '../../wire/address.js';
import { isJsonObject, parseBoundedJson } from '../../wire/json/parse.js';
import { boundedName, dialectError, malformed, oneLine, scalarText } from '../foreign.js';

/** One row of `online_peers.txt`. */
export interface OnlinePeer {
  /** Dotted quad: the key of the file, since the program knows a peer by its address. */
  readonly host: string;
  /** Source port of its announcement. */
  readonly port: number;
  readonly username: string;
  readonly lastSeenMs: number;
}

/** The status that a reader of the file derives. */
export type OnlineStatus = 'Online' | 'Away';

/**
 * Returns the status of a row; `null`: too old to be shown. A time in the future (a clock that was set back) counts
 * as now.
 */
export function onlineStatus(lastSeenMs: number, nowMs: number): OnlineStatus | null {
  const agoMs = nowMs - lastSeenMs;
  if (agoMs <= limits.onlineMs) return 'Online';
  return agoMs <= limits.awayMs ? 'Away' : null;
}

/** The rows of `online_peers.txt`. */
export interface OnlinePeers {
  heard(peer: OnlinePeer): void;
  /** Returns the rows that are not too old, in order of first appearance. */
  list(nowMs: number): readonly (OnlinePeer & { readonly status: OnlineStatus })[];
}

/** Opens the rows. Their number is bounded: the longest silent peer makes room. */
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

/** Formats the file. Like the program it writes *Online* for every peer; readers derive the status themselves. */
export function formatOnlinePeers(peers: readonly OnlinePeer[]): string {
  const entries = peers.map(
    ({ host, port, username, lastSeenMs }) =>
      `${JSON.stringify(host)}: {"port": ${port}, "username": ${plainJson(username)}, ` +
      `"last_seen": "${localTime(lastSeenMs)}", "status": "Online"}`,
  );
  return `{${entries.join(', ')}}`;
}

/** Formats a JSON string, with escapes also for characters that a terminal acts on. */
const plainJson = (text: string): string =>
  JSON.stringify(text).replace(
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Parses the file, and leaves out invalid rows. Errors: `dialect/malformed`, `dialect/too-long` (the whole file). */
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

/** The name of a peer without an announcement in a line. */
export const unannouncedName = 'Unknown';

/**
 * Formats one line of `chat_history.txt`, without its end. One message is one line and a name is one field, whatever
 * the peer sends; nothing in the line moves or reorders the text of a terminal.
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
