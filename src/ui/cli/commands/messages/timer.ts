/** `parlance timer`: the time after which messages of a conversation disappear, on both sides. */
import { err, ok, type Result } from 'neverthrow';
import { catalogue } from '../../../text/catalogue.js';
import type { TimerInfo } from '../../../../index.js';
import { usage, withNode, type RunContext } from '../../run.js';
import { durationWords } from '../../screen/changes.js';
import type { ExitCode } from '../../screen/wording.js';

/** Arguments of `timer`. */
export interface TimerOptions {
  readonly peer: string;
  /** `1d`, `off`; null: the timer is shown. */
  readonly time: string | null;
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 7 * 86_400 };

/** Parses `30s`, `5m`, `1h`, `1d`, `2w` and `off`; returns seconds. Errors: a sentence. */
export function parseTimer(word: string): Result<number, string> {
  const text = word.trim().toLowerCase();
  if (text === 'off' || text === '0') return ok(0);
  const [, count, unit = ''] = /^(\d{1,8})\s?([smhdw])$/.exec(text) ?? [];
  const seconds = Number(count ?? Number.NaN) * (unitSeconds[unit] ?? Number.NaN);
  return Number.isNaN(seconds) ? err(catalogue().prompt.timerUsage(word)) : ok(seconds);
}

/** Returns the timer of a conversation as a sentence. */
export const timerWords = ({ peer, seconds }: Pick<TimerInfo, 'peer' | 'seconds'>): string =>
  seconds === 0
    ? catalogue().screen.timerIsOff(peer)
    : catalogue().screen.timerIs(peer, durationWords(seconds));

/** Shows the timer, or sets it. */
export async function timer(context: RunContext, { peer, time }: TimerOptions): Promise<ExitCode> {
  const { output } = context;
  const seconds = time === null ? ok(null) : parseTimer(time);
  if (seconds.isErr()) return output.failure(usage('timer', seconds.error));
  return withNode(context, async ({ node }) => {
    if (seconds.value !== null) {
      const set = await node.setTimer(peer, seconds.value);
      if (set.isErr()) return output.failure(set.error);
      await output.result(set.value, timerWords({ peer: set.value.peer, seconds: seconds.value }));
      return 0;
    }
    const found = await node.timer(peer);
    if (found.isErr()) return output.failure(found.error);
    await output.result({ type: 'timer-state', ...found.value }, timerWords(found.value));
    return 0;
  });
}
