/** Operations on messages as words for people. All text of peers is escaped. */
import { catalogue } from '../../text/catalogue.js';
import {
  escapeForTerminal,
  escapeName,
  type MessageEvent,
  type OperationEvent,
  type TimerEvent,
} from '../../../index.js';

/** Signs of a message in a quote of it. */
const snippetGraphemes = 40;

/** Returns the beginning of a text as one line. */
export const snippetOf = (text: string): string =>
  escapeForTerminal(text.replaceAll(/\s+/gu, ' ').trim(), { graphemesMax: snippetGraphemes });

/** Returns the text of a message to show: of one that is gone only that it is. */
export function shownText({ text, deleted, expiresAt }: MessageEvent): string {
  if (deleted !== true) return text;
  return expiresAt === undefined ? catalogue().screen.deletedText : catalogue().screen.goneText;
}

/**
 * Returns the mark of a reply, which stands before its text; `quoted`: the answered text, where it is known; empty for a
 * deleted message.
 */
export function replyMark({ replyTo }: MessageEvent, quoted: string | undefined): string {
  if (replyTo === undefined) return '';
  if (quoted === '') return catalogue().screen.deletedMessage;
  return quoted === undefined ? '↳ ' : `↳ "${snippetOf(quoted)}" `;
}

/** Returns the marks behind the text of a message: an edit, its end, and reactions with their number. */
export function changeMarks({ editedAt, expiresAt, deleted, reactions = [] }: MessageEvent): string {
  const counts = new Map<string, number>();
  for (const { emoji } of reactions) counts.set(emoji, (counts.get(emoji) ?? 0) + 1);
  const signs = [...counts].map(
    ([emoji, count]) => ` ${escapeForTerminal(emoji)}${count > 1 ? String(count) : ''}`,
  );
  const end =
    expiresAt === undefined || deleted === true
      ? ''
      : catalogue().screen.goneAt(endOf(Date.parse(expiresAt)));
  return `${editedAt === undefined ? '' : catalogue().screen.edited}${end}${signs.join('')}`;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Returns a time to come as a person reads it: the minute, or the day where it is more than half a day away. */
function endOf(atMs: number): string {
  const at = new Date(atMs);
  return atMs - Date.now() < 12 * 3_600_000
    ? `${two(at.getHours())}:${two(at.getMinutes())}`
    : `${String(at.getFullYear())}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
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

/** Returns a change of a conversation's timer as a sentence. */
export function timerLine({ direction, seconds }: TimerEvent, label: string): string {
  const who = direction === 'out' ? catalogue().screen.you : label;
  return seconds === 0
    ? catalogue().screen.timerOff(who)
    : catalogue().screen.timerSet(who, durationWords(seconds));
}

/** Returns a time as a number with the greatest unit that divides it. */
export function durationWords(seconds: number): string {
  const [unit, unitSeconds] = units.find(([, each]) => seconds % each === 0) ?? ['s', 1];
  return `${String(seconds / unitSeconds)}${unit}`;
}

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
] as const;

/** Returns the label of the side that made an operation. */
export const sideOf = (event: OperationEvent): string => escapeName(event.peer);
