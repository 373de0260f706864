/**
 * `chat_history.txt`, a file that users of cmp2204 know, kept in the home beside the database. The node appends to it and
 * never reads it. Its other file, `online_peers.txt`, is kept by presence.
 */
import { appendFile } from 'node:fs/promises';
import { reasonOf } from '../system-errors.js';
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
