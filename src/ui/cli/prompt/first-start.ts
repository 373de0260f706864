/** The first start: asks for the name and for older programs, and stores both answers. */
import { catalogue, isNoWord, isYesWord } from '../../text/catalogue.js';
import { createInterface } from 'node:readline/promises';
import { ok, type Result } from 'neverthrow';
import { foreignDialectNames, parseOwnName, sanitiseName, type HomeError } from '../../../index.js';
import type { NodeSettings } from '../options/settings.js';
import { flag, parseWord } from '../options/values.js';
import { changeSettings, readSettings } from '../options/settings-file.js';
import { invisibleRemark } from '../screen/naming.js';
import { lineOf, wordingOf } from '../screen/wording.js';
import type { World } from '../world.js';

/**
 * Asks for what neither the settings nor `given` (flags and environment) hold; `left`: the user left instead of
 * answering. Errors: `home/bad-settings`, `home/unusable`.
 */
export async function firstStart(
  world: World,
  home: string,
  given: NodeSettings,
  isTerminal: boolean,
): Promise<Result<'ready' | 'left', HomeError>> {
  const stored = readSettings(home);
  if (stored.isErr()) return stored.map(() => 'ready');
  const known: NodeSettings = stored.value.settings;
  // The file holds the answers of an earlier start. A name from flag or environment needs no question.
  if (known.name !== undefined || given.name !== undefined) return ok('ready');
  const asking = createInterface({ input: world.stdin, output: world.stdout, terminal: isTerminal });
  const left = new AbortController();
  asking.on('close', () => left.abort());
  asking.on('SIGINT', () => asking.close());
  try {
    const tell = (line: string): void => void world.stdout.write(`${line}\n`);
    const name = await askName(asking, world.userName(), left.signal, tell);
    const isAskedForDialects = known.dialects === undefined && given.dialects === undefined;
    const wantsOlder = isAskedForDialects && (await askOlder(asking, left.signal, tell));
    const dialects = isAskedForDialects ? { dialects: wantsOlder ? foreignDialectNames : [] } : {};
    return changeSettings(home, { name, ...dialects }).map(() => 'ready');
  } catch (cause) {
    if (left.signal.aborted) return ok('left');
    throw cause;
  } finally {
    asking.close();
  }
}

type Asking = ReturnType<typeof createInterface>;
/** Prints one line beside the questions. */
type Tell = (line: string) => void;

async function askName(asking: Asking, userName: string, signal: AbortSignal, tell: Tell): Promise<string> {
  for (;;) {
    const answer = (await asking.question(catalogue().prompt.yourName(userName), { signal })).trim();
    const name = answer === '' ? sanitiseName(userName) : parseOwnName(answer);
    const removed = answer === '' ? null : invisibleRemark(answer);
    if (name.isOk() && removed !== null) tell(removed);
    if (name.isOk()) return name.value;
    tell(lineOf(wordingOf(name.error)));
  }
}

async function askOlder(asking: Asking, signal: AbortSignal, tell: Tell): Promise<boolean> {
  // Short lines, since the terminal would break a long question within a word.
  tell(catalogue().prompt.olderTakePart);
  tell(catalogue().prompt.olderCanRead);
  const question = catalogue().prompt.talkWithOlder;
  for (;;) {
    const answer = (await asking.question(question, { signal })).trim().toLowerCase();
    const isYes = isYesWord(answer) ? ok(true) : isNoWord(answer) ? ok(false) : parseWord(flag, answer);
    if (isYes.isOk()) return isYes.value;
    tell(catalogue().prompt.answerYesNo);
  }
}
