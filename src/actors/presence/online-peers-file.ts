/** `online_peers.txt`, in which cmp2204 lists the peers that it has heard. The node never trusts its content. */
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import {
  formatOnlinePeers,
  openOnlinePeers,
  parseOnlinePeers,
  type OnlinePeer,
} from '../../dialects/cmp2204/files.js';
import { reasonOf } from '../../system-errors.js';
import { cmp2204Presence } from '../../dialects/cmp2204/limits.js';
import { beaconSocket as limits } from './limits.js';

/** The file, kept up to date. */
export interface OnlinePeersFile {
  heard(peer: OnlinePeer): void;
  /** Stops writing: no write begins afterwards. Resolves when the one under way has ended. */
  close(): Promise<void>;
}

/**
 * Opens the file. Each write goes to a temporary file which is then renamed, so that a reader sees the old rows or
 * the new ones. Rows of an earlier run stay until they are too old. `onTrouble` gets the reason of a failed write,
 * once until a write succeeds.
 */
export function openOnlinePeersFile(
  file: string,
  nowMs: number,
  onTrouble: (reason: string) => void,
): OnlinePeersFile {
  const peers = openOnlinePeers(readRows(file, nowMs));
  const temporary = `${file}.new`;
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> | null = null;
  let isStale = false;
  let isInTrouble = false;
  const write = async (): Promise<void> => {
    isStale = false;
    try {
      await writeFile(temporary, formatOnlinePeers(peers.list(Date.now())), { mode: 0o600 });
      await rename(temporary, file);
      isInTrouble = false;
    } catch (error) {
      if (!isInTrouble) onTrouble(reasonOf(error));
      isInTrouble = true;
    }
    writing = null;
    if (isStale) plan();
  };
  const plan = (): void => {
    isStale = true;
    if (writing !== null || isClosed) return;
    timer ??= setTimeout(() => {
      timer = null;
      writing = write();
    }, limits.fileWriteAfterMs);
  };
  let isClosed = false;
  return {
    heard(peer) {
      peers.heard(peer);
      plan();
    },
    async close() {
      isClosed = true;
      if (timer !== null) clearTimeout(timer);
      await writing;
    },
  };
}

function readRows(file: string, nowMs: number): readonly OnlinePeer[] {
  try {
    const text = readFileSync(file, 'utf8');
    const rows = text.length > cmp2204Presence.fileBytesMax ? [] : parseOnlinePeers(text).unwrapOr([]);
    return rows.filter(({ lastSeenMs }) => lastSeenMs <= nowMs);
  } catch {
    // The file is missing or unreadable: rows come with the next beacons.
    return [];
  }
}
