/** The file `status.json` of a home: the status that its user chose, kept over restarts. */
import { join } from 'node:path';
import { isJsonObject, parseBoundedJson } from '../wire/json/parse.js';
import { plainStatus, presenceWords, type Status } from '../wire/status.js';
import { ownStatusFile as limits } from './limits.js';
import { readPrivate, writePrivate } from './private-file.js';

const fileName = 'status.json';

/** The status of a home, in memory and on disk. */
export interface OwnStatusFile {
  status(): Status;
  keepStatus(status: Status): void;
}

/** Reads the file. `onTrouble` gets the reason where it cannot be read or written; then the status is here. */
export function openOwnStatus(home: string, onTrouble: (reason: string) => void): OwnStatusFile {
  const file = join(home, fileName);
  const text = readPrivate(file).mapErr(onTrouble).unwrapOr(null);
  let current = (text === null ? null : statusIn(text)) ?? plainStatus;
  return {
    status: () => current,
    keepStatus(status) {
      current = status;
      writePrivate(file, `${JSON.stringify(status)}\n`).mapErr(onTrouble);
    },
  };
}

/** Reads a status. Null: the text does not hold one. */
function statusIn(text: string): Status | null {
  const parsed = parseBoundedJson(new TextEncoder().encode(text), limits);
  if (parsed.isErr() || !isJsonObject(parsed.value)) return null;
  const { presence: word, text: words, untilMs = null } = parsed.value;
  const presence = presenceWords.find((each) => each === word);
  if (presence === undefined || typeof words !== 'string') return null;
  return { presence, text: words, untilMs: typeof untilMs === 'number' ? untilMs : null };
}
