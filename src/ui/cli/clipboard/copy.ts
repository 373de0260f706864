/** `parlance copy`: puts the text of a message on the clipboard. */
import { catalogue } from '../../text/catalogue.js';
import type { MessageEvent, NodeError, NodeHandle } from '../../../index.js';
import { cli } from '../limits.js';
import { withHome, type RunContext } from '../run.js';
import type { ExitCode } from '../screen/wording.js';
import { writeClipboard } from './clipboard.js';

/** Arguments of the command. */
export interface CopyOptions {
  /** The message: its id, the last characters of it, `^1` or `@1`. */
  readonly word: string;
  /** Only in the conversation with this peer; null: in any. */
  readonly peer: string | null;
}

/** Copies the text of one message. */
export function copy(context: RunContext, options: CopyOptions): Promise<ExitCode> {
  const { output, world } = context;
  return withHome(context, async ({ node }) => {
    const found = await messageNamed(node, options);
    if ('code' in found) return output.failure(found);
    const written = await writeClipboard(world, found.text);
    if (written.isErr()) return output.failure(written.error);
    await output.result(found, null);
    output.note(
      written.value === 'program' ? catalogue().commands.copied : catalogue().commands.terminalAsked,
    );
    return 0;
  });
}

/** Finds the message that a word names, page by page from the newest one on. Deleted ones do not count. */
export async function messageNamed(
  node: Pick<NodeHandle, 'history'>,
  { word, peer }: CopyOptions,
): Promise<MessageEvent | NodeError> {
  const [, sign = '', place = ''] = /^([@^])([1-9]\d{0,5})$/.exec(word) ?? [];
  if (sign === '' && word.length < 4) return { code: 'message/unknown', id: word };
  const ending = word.toLowerCase();
  let left = Number(place);
  let beforeSeq: number | undefined;
  for (;;) {
    const page = await node.history({
      ...(peer === null ? {} : { peer }),
      ...(sign === '' ? {} : { direction: sign === '@' ? 'in' : 'out' }),
      ...(beforeSeq === undefined ? {} : { beforeSeq }),
      limit: cli.historyPageLines,
    });
    if (page.isErr()) return page.error;
    const messages = page.value.filter(({ deleted }) => deleted !== true);
    const named = sign === '' ? messages.filter(({ id }) => id.endsWith(ending)) : messages.slice(-left);
    if (sign === '' && named.length > 1) return { code: 'message/ambiguous', id: word };
    const [found] = named;
    if (found !== undefined && (sign === '' || named.length === left)) return found;
    left -= named.length;
    beforeSeq = page.value[0]?.seq;
    if (beforeSeq === undefined) return { code: 'message/unknown', id: word };
  }
}
