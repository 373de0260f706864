/** `parlance copy`: puts the text of a message on the clipboard. */
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
    output.note(written.value === 'program' ? 'copied' : 'the terminal was asked to copy the text');
    return 0;
  });
}

/** Finds the message that a word names among the newest ones. Deleted ones do not count. */
export async function messageNamed(
  node: Pick<NodeHandle, 'history'>,
  { word, peer }: CopyOptions,
): Promise<MessageEvent | NodeError> {
  const [, sign = '', place = ''] = /^([@^])([1-9]\d{0,2})$/.exec(word) ?? [];
  const page = await node.history({
    ...(peer === null ? {} : { peer }),
    ...(sign === '' ? {} : { direction: sign === '@' ? 'in' : 'out' }),
    limit: cli.historyPageLines,
  });
  if (page.isErr()) return page.error;
  const messages = page.value.filter(({ deleted }) => deleted !== true);
  if (sign !== '') return messages.at(-Number(place)) ?? { code: 'message/unknown', id: word };
  const isNamed = ({ id }: MessageEvent): boolean => word.length >= 4 && id.endsWith(word.toLowerCase());
  const [first, second] = messages.filter(isNamed);
  if (first === undefined) return { code: 'message/unknown', id: word };
  return second === undefined ? first : { code: 'message/ambiguous', id: word };
}
