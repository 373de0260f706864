/** `parlance status`: the own status, shown or set. */
import { catalogue } from '../../text/catalogue.js';
import { err, ok, type Result } from 'neverthrow';
import { presenceWords, type OwnStatus, type PresenceEvent, type PresenceWord } from '../../../index.js';
import { parseFutureTime } from '../options/time.js';
import { usage, withHome, type RunContext } from '../run.js';
import { statusWords } from '../screen/present.js';
import type { ExitCode } from '../screen/wording.js';

/** Arguments of `status`. */
export interface StatusOptions {
  /** Null: the status is shown. */
  readonly presence: PresenceWord | null;
  readonly text: string;
  /** End of the status, as it was typed; null: none. */
  readonly until: string | null;
}

/** Shows the own status, or sets it. */
export async function status(context: RunContext, options: StatusOptions): Promise<ExitCode> {
  const { output, world } = context;
  const { presence, text, until } = options;
  const wanted = presence === null ? null : statusOf(presence, text, until, world.nowMs());
  if (presence === null && until !== null)
    return output.failure(usage('status', catalogue().commands.untilNeedsStatus));
  if (wanted !== null && wanted.isErr()) return output.failure(usage('status', wanted.error));
  return withHome(context, async ({ node }) => {
    const found = await (wanted === null ? node.status() : node.setStatus(wanted.value));
    if (found.isErr()) return output.failure(found.error);
    await output.result(found.value, ownStatusLine(found.value, world.nowMs()));
    return 0;
  });
}

/** Returns a status with the end that a word names. Errors: a sentence. */
export function statusOf(
  presence: PresenceWord,
  text: string,
  until: string | null,
  nowMs: number,
): Result<OwnStatus, string> {
  if (until === null) return ok({ presence, text });
  return parseFutureTime(until, nowMs).map((untilMs) => ({ presence, text, untilMs }));
}

/** Reads the words of `/status`: `busy in a call --until 13:00`. Null: no words. Errors: a sentence. */
export function readStatus(argument: string, nowMs: number): Result<OwnStatus | null, string> {
  const [, words = '', until = null] =
    /^(.*?)(?:(?:^|\s+)--until(?:\s+|=)(\S+))?$/s.exec(argument.trim()) ?? [];
  if (words === '' && until === null) return ok(null);
  const [first = '', ...rest] = words.split(/\s+/u);
  const presence = presenceWords.find((each) => each === first.toLowerCase());
  if (presence === undefined) return err(catalogue().commands.notAStatus(first, presenceWords.join(', ')));
  return statusOf(presence, rest.join(' '), until, nowMs);
}

/** Returns the own status as a sentence. */
export const ownStatusLine = (status: PresenceEvent, nowMs: number): string =>
  catalogue().commands.youAre(statusWords(status, nowMs));
