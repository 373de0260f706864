/** Operations on messages as words for people. All text of peers is escaped. */
import { catalogue } from '../../text/catalogue.js';
import { escapeForTerminal, escapeName, type MessageEvent, type OperationEvent } from '../../../index.js';

/** Signs of a message in a quote of it. */
const snippetGraphemes = 40;

/** Returns the beginning of a text as one line. */
export const snippetOf = (text: string): string =>
  escapeForTerminal(text.replaceAll(/\s+/gu, ' ').trim(), { graphemesMax: snippetGraphemes });

/** Returns the text of a message to show: of a deleted one only that it is. */
export const shownText = ({ text, deleted }: MessageEvent): string =>
  deleted === true ? catalogue().screen.deletedText : text;

/**
 * Returns the mark of a reply, which stands before its text; `quoted`: the answered text, where it is known; empty for a
 * deleted message.
 */
export function replyMark({ replyTo }: MessageEvent, quoted: string | undefined): string {
  if (replyTo === undefined) return '';
  if (quoted === '') return catalogue().screen.deletedMessage;
  return quoted === undefined ? '↳ ' : `↳ "${snippetOf(quoted)}" `;
}

/** Returns the marks behind the text of a message: an edit, and reactions with their number. */
export function changeMarks({ editedAt, reactions = [] }: MessageEvent): string {
  const counts = new Map<string, number>();
  for (const { emoji } of reactions) counts.set(emoji, (counts.get(emoji) ?? 0) + 1);
  const signs = [...counts].map(
    ([emoji, count]) => ` ${escapeForTerminal(emoji)}${count > 1 ? String(count) : ''}`,
  );
  return `${editedAt === undefined ? '' : catalogue().screen.edited}${signs.join('')}`;
}

/** Returns an operation as a sentence; `quoted`: the text of its message, where it is known. */
export function operationLine(event: OperationEvent, label: string, quoted: string | undefined): string {
  const who = event.direction === 'out' ? catalogue().screen.you : label;
  const of = quoted === undefined ? catalogue().screen.aMessage : `"${snippetOf(quoted)}"`;
  switch (event.type) {
    case 'edit':
      return catalogue().screen.hasEdited(who, escapeForTerminal(event.text, { multiline: true }));
    case 'delete':
      return catalogue().screen.hasDeleted(who);
    case 'reaction': {
      const emoji = escapeForTerminal(event.emoji);
      return event.on
        ? catalogue().screen.hasReacted(who, emoji, of)
        : catalogue().screen.tookBack(who, emoji, of);
    }
    default:
      return event satisfies never;
  }
}

/** Returns the label of the side that made an operation. */
export const sideOf = (event: OperationEvent): string => escapeName(event.peer);
