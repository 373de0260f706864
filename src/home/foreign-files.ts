/**
 * The two files that users of cmp2204 know, kept in the home beside the database: `chat_history.txt`, to which lines
 * are added, and `online_peers.txt`, which is written anew at every beacon. Neither is read as truth by the node.
 */
import { readFileSync } from 'node:fs';
import { appendFile, rename, writeFile } from 'node:fs/promises';
import {
  formatOnlinePeers,
  openOnlinePeers,
  parseOnlinePeers,
  type OnlinePeer,
} from '../dialects/cmp2204/files.js';
import { reasonOf } from '../system-errors.js';
import { cmp2204Presence } from '../dialects/cmp2204/limits.js';
import { foreignFiles as limits } from './limits.js';

/** `onTrouble` is told why the disk does not take it, in words; once until it does again. */
type OnTrouble = (reason: string) => void;

export interface OldHistory {
  append(line: string): void;
  /** Settles once all is written. */
  flush(): Promise<void>;
}

/** Lines are written in order, many in one write when they come fast. Past a bound they are dropped, and that is said. */
export function openOldHistory(file: string, onTrouble: OnTrouble): OldHistory {
  let waiting: string[] = [];
  let writing: Promise<void> = Promise.resolve();
  let isPlanned = false;
  let isInTrouble = false;
  const write = async (): Promise<void> => {
    isPlanned = false;
    const lines = waiting;
    waiting = [];
    try {
      await appendFile(file, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
      isInTrouble = false;
    } catch (error) {
      if (!isInTrouble) onTrouble(reasonOf(error));
      isInTrouble = true;
    }
  };
  return {
    append(line) {
      if (waiting.length >= limits.fileLinesWaitingMax) {
        if (!isInTrouble) onTrouble('the disk is too slow');
        isInTrouble = true;
        return;
      }
      waiting.push(line);
      if (isPlanned) return;
      isPlanned = true;
      writing = writing.then(write);
    },
    flush: () => writing,
  };
}

export interface OnlinePeersFile {
  heard(peer: OnlinePeer): void;
  /** No write begins after this. */
  close(): void;
}

/**
 * Whole file to a temporary one, then renamed, so that a reader sees the old or the new rows. Rows of an earlier run
 * that are not too old stay. Beacons that come close together share one write.
 */
export function openOnlinePeersFile(file: string, nowMs: number, onTrouble: OnTrouble): OnlinePeersFile {
  const peers = openOnlinePeers(readRows(file, nowMs));
  const temporary = `${file}.new`;
  let timer: NodeJS.Timeout | null = null;
  let isWriting = false;
  let isStale = false;
  let isInTrouble = false;
  const write = async (): Promise<void> => {
    isWriting = true;
    isStale = false;
    try {
      await writeFile(temporary, formatOnlinePeers(peers.list(Date.now())), { mode: 0o600 });
      await rename(temporary, file);
      isInTrouble = false;
    } catch (error) {
      if (!isInTrouble) onTrouble(reasonOf(error));
      isInTrouble = true;
    }
    isWriting = false;
    if (isStale) plan();
  };
  const plan = (): void => {
    isStale = true;
    if (isWriting || isClosed) return;
    timer ??= setTimeout(() => {
      timer = null;
      void write();
    }, limits.fileWriteAfterMs);
  };
  let isClosed = false;
  return {
    heard(peer) {
      peers.heard(peer);
      plan();
    },
    close() {
      isClosed = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}

function readRows(file: string, nowMs: number): readonly OnlinePeer[] {
  try {
    const text = readFileSync(file, 'utf8');
    const rows = text.length > cmp2204Presence.fileBytesMax ? [] : parseOnlinePeers(text).unwrapOr([]);
    return rows.filter(({ lastSeenMs }) => lastSeenMs <= nowMs);
  } catch {
    // None yet, or not readable: rows come with the next beacons.
    return [];
  }
}
