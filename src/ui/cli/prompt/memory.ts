/**
 * The memory of the prompt: its open conversation, its unsent lines and its input history, in the file `prompt.json` of
 * the home. Only the user can read it. A file that cannot be read is an empty memory, since nothing in it is vital.
 */
import { join } from 'node:path';
import * as v from 'valibot';
import { readPrivate, writePrivate } from '../../../home/private-file.js';
import { memory as limits } from '../limits.js';

const schema = v.object({
  open: v.nullable(v.string()),
  history: v.array(v.string()),
  drafts: v.record(v.string(), v.array(v.string())),
});

/** The state of the prompt that survives its end. */
export interface Memory {
  /** Id or word of the peer of the open conversation; null: none is open. */
  readonly open: string | null;
  /** Finished lines, oldest first. */
  readonly history: readonly string[];
  /** Unsent lines by peer; under the empty key those typed without a conversation. */
  readonly drafts: Readonly<Record<string, readonly string[]>>;
}

/** The memory of a prompt that never ran. */
export const noMemory: Memory = { open: null, history: [], drafts: {} };

const fileOf = (home: string): string => join(home, 'prompt.json');

/** Reads the memory of a home. */
export function readMemory(home: string): Memory {
  const text = readPrivate(fileOf(home)).unwrapOr(null);
  if (text === null || text.length > 2 * limits.charsMax) return noMemory;
  try {
    const parsed = v.safeParse(schema, JSON.parse(text));
    return parsed.success ? parsed.output : noMemory;
  } catch {
    return noMemory;
  }
}

/** Writes the memory of a home. A disk that refuses it costs the memory, never the prompt. */
export function writeMemory(home: string, memory: Memory): void {
  writePrivate(fileOf(home), `${JSON.stringify(bounded(memory))}\n`).unwrapOr(undefined);
}

/** Keeps the newest lines of the history and the drafts within the bounds of the file. */
export function bounded({ open, history, drafts }: Memory): Memory {
  const room = { chars: limits.charsMax };
  const fits = (line: string): boolean => {
    if (line.length > limits.lineCharsMax || line.length > room.chars) return false;
    room.chars -= line.length;
    return true;
  };
  const kept = Object.entries(drafts)
    .slice(-limits.draftsMax)
    .map(([peer, lines]) => [peer, lines.filter(fits)] as const)
    .filter(([, lines]) => lines.length > 0);
  const newest = history.toReversed().filter(fits).toReversed();
  return { open, history: newest, drafts: Object.fromEntries(kept) };
}
