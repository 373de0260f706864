/** The arguments of `send`: one peer, several, or everybody that is here. */
import { catalogue } from '../text/catalogue.js';
import type { OfferWishes } from '../../index.js';
import { controlApi } from '../api/limits.js';
import type { SendWait } from './commands/sending/read-marks.js';
import type { Cmp2204Flags } from './options/cmp2204-flags.js';
import { usage, type RunContext } from './run.js';
import type { ExitCode } from './screen/wording.js';

/** The options of `send`. */
export interface SendFlags extends Cmp2204Flags {
  readonly wait: SendWait | 'accepted';
  readonly timeout?: number;
  readonly file?: readonly string[];
  readonly as?: string;
  readonly follow?: boolean;
  readonly snapshot?: boolean;
  readonly limit?: number;
  readonly reply?: string | null;
  readonly allHere?: boolean;
  readonly yes?: boolean;
  readonly clip?: boolean;
}

/** Sends to the peers that the arguments name. */
export async function runSend(
  context: RunContext,
  word: string,
  words: readonly string[],
  { file, as, follow, snapshot, limit, clip = false, ...flags }: SendFlags,
): Promise<ExitCode> {
  const wishes = given({ follow, snapshot, limit });
  if (clip) {
    const isAlone = words.length === 0 && file === undefined && (flags.allHere !== true || word === '');
    if (!isAlone) return context.output.failure(usage('send', catalogue().commands.clipTakesPlace));
    const { readClipboard } = await import('./clipboard/clipboard.js');
    const text = await readClipboard(context.world);
    return text.isErr() ? context.output.failure(text.error) : runSend(context, word, [text.value], flags);
  }
  if (file !== undefined) return offerTo(context, word, words, { file, as: as ?? null, wishes, ...flags });
  if (as !== undefined) return context.output.failure(usage('send', catalogue().commands.asBelongs));
  const [wish] = Object.keys(wishes);
  if (wish !== undefined)
    return context.output.failure(usage('send', catalogue().commands.belongsToFile(wish)));
  const {
    timeout: timeoutMs = controlApi.timeoutMs,
    allHere = false,
    yes = false,
    reply: replyTo = null,
    ...rest
  } = flags;
  const { wait: waitWord, ...cmp2204 } = rest;
  if (waitWord === 'accepted')
    return context.output.failure(usage('send', catalogue().commands.acceptedBelongs));
  const wait = waitWord;
  const { send } = await import('./commands/send.js');
  const said = allHere && word !== '' ? [word, ...words] : words;
  const text = said.length === 0 ? null : said.join(' ');
  const alone = (peer: string): Promise<ExitCode> =>
    send(context, { peer, text, wait, timeoutMs, replyTo, cmp2204 });
  if (!allHere && yes) return context.output.failure(usage('send', catalogue().commands.yesBelongs));
  if (replyTo !== null && (allHere || text === null))
    return context.output.failure(usage('send', catalogue().commands.replyTakesOne));
  // Lines of stdin go to one peer.
  if (!allHere && (!word.includes(',') || text === null)) return alone(word);
  const { plain, secure, number } = cmp2204;
  if (text === null || plain === true || secure === true || number !== undefined) {
    const detail = catalogue().commands.severalTakeText;
    return context.output.failure(usage('send', detail));
  }
  if (wait === 'read') return context.output.failure(usage('send', catalogue().commands.readTakesOne));
  const { sendSeveral } = await import('./commands/send-several.js');
  const peers = allHere ? null : word;
  return sendSeveral(context, { peers, text, wait, timeoutMs, isConfirmed: yes }, alone);
}

/** Offers files to one peer. The words beside the paths are a remark. */
async function offerTo(
  context: RunContext,
  word: string,
  words: readonly string[],
  {
    file,
    as,
    wishes,
    wait,
    timeout,
    allHere,
  }: Pick<SendFlags, 'wait' | 'timeout' | 'allHere'> & {
    readonly file: readonly string[];
    readonly as: string | null;
    readonly wishes: OfferWishes;
  },
): Promise<ExitCode> {
  const { output } = context;
  if (allHere === true || word === '')
    return output.failure(usage('send', catalogue().commands.fileNeedsOne));
  if (wait === 'read') return output.failure(usage('send', catalogue().commands.readTakesOne));
  const { sendFiles } = await import('./files/send-files.js');
  return sendFiles(context, {
    peer: word,
    paths: file,
    as,
    wishes,
    comment: words.join(' '),
    wait: wait === 'sent' ? 'queued' : wait,
    timeoutMs: timeout ?? null,
  });
}

/** The wishes that were typed. */
const given = ({
  follow,
  snapshot,
  limit,
}: Readonly<
  Record<'follow' | 'snapshot', boolean | undefined> & { limit: number | undefined }
>): OfferWishes => ({
  ...(follow === undefined ? {} : { follow }),
  ...(snapshot === undefined ? {} : { snapshot }),
  ...(limit === undefined ? {} : { limit }),
});
