/**
 * `chat_history.txt`, the transcript of cmp2204, kept in the home beside the database. The node appends to it and
 * never reads it. Presence keeps `online_peers.txt`, the other file of cmp2204.
 */
import { appendFile } from 'node:fs/promises';
import { reasonOf } from '../system-errors.js';
import { foreignFiles as limits } from './limits.js';

/** Gets the reason of a failed write, in words, once until a write succeeds. */
type OnTrouble = (reason: string) => void;

/** The file, written in the background. */
export interface OldHistory {
  append(line: string): void;
  /** Settles once all lines are written. */
  flush(): Promise<void>;
}

/**
 * Opens the file. Lines are written in order, fast ones together. Beyond a bound of waiting lines they are dropped,
 * which `onTrouble` gets to know.
 */
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
