/** The arguments of `send`: one peer, several, or everybody that is here. */
import type { WaitFor } from '../../index.js';
import { controlApi } from '../api/limits.js';
import type { Cmp2204Flags } from './options/cmp2204-flags.js';
import { usage, type RunContext } from './run.js';
import type { ExitCode } from './screen/wording.js';

/** The options of `send`. */
export interface SendFlags extends Cmp2204Flags {
  readonly wait: WaitFor;
  readonly timeout?: number;
  readonly allHere?: boolean;
  readonly yes?: boolean;
}

/** Sends to the peers that the arguments name. */
export async function runSend(
  context: RunContext,
  word: string,
  words: readonly string[],
  { wait, timeout: timeoutMs = controlApi.timeoutMs, allHere = false, yes = false, ...cmp2204 }: SendFlags,
): Promise<ExitCode> {
  const { send } = await import('./commands/send.js');
  const said = allHere && word !== '' ? [word, ...words] : words;
  const text = said.length === 0 ? null : said.join(' ');
  const alone = (peer: string): Promise<ExitCode> => send(context, { peer, text, wait, timeoutMs, cmp2204 });
  if (!allHere && yes) return context.output.failure(usage('send', '--yes belongs to --all-here'));
  // Lines of stdin go to one peer.
  if (!allHere && (!word.includes(',') || text === null)) return alone(word);
  const { plain, secure, number } = cmp2204;
  if (text === null || plain === true || secure === true || number !== undefined) {
    const detail = 'several peers take the text as an argument, and no option of cmp2204';
    return context.output.failure(usage('send', detail));
  }
  const { sendSeveral } = await import('./commands/send-several.js');
  const peers = allHere ? null : word;
  return sendSeveral(context, { peers, text, wait, timeoutMs, isConfirmed: yes }, alone);
}
