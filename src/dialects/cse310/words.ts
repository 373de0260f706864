/**
 * The messages of cse310 on the wire, and the separation of a frame with several messages. Pure; the machine is in
 * `codec.ts`.
 *
 * The real program takes turns and so writes one message at a time. Others do not, and nothing marks where one ends:
 *   Ann: hiAnn: there
 *   Ann: oneAnn changed their nickname to Eve.Eve: two
 *   Ann: bye/disconnectAnn disconnected from the chat.
 *
 * A text may contain any of these words. A wrong separation loses the nick that a text quotes; a missing one loses a
 * border only. So a frame is separated only at the nick of the speaker, and stays whole where the nick reads as
 * quoted: after a blank, an opening mark, or at the beginning of a text. Likewise a sentence that is not a plain
 * rename is shown as it is.
 */
import { text as textLimits } from '../limits.js';
import { unreachable } from '../../exhaustive.js';
import { boundedName, withoutLineEnd } from '../foreign.js';

/** One message on the wire. */
export type Cse310Message =
  | { readonly type: 'text'; readonly nick: string | null; readonly text: string }
  | { readonly type: 'renamed'; readonly from: string; readonly to: string }
  /** `words`: what is shown, such as `Ann disconnected from the chat.` */
  | { readonly type: 'disconnect'; readonly words: string };

/** The beginning of a farewell. */
export const leaveCommand = '/disconnect';
const renameWords = ' changed their nickname to ';
/** The end of the sentence of a farewell. */
export const leaveWords = ' disconnected from the chat.';

/** Formats a message. */
export function format(message: Cse310Message): string {
  switch (message.type) {
    case 'text':
      return message.nick === null ? message.text : `${message.nick}: ${message.text}`;
    case 'renamed':
      return `${message.from}${renameWords}${message.to}.`;
    case 'disconnect':
      return `${leaveCommand}${message.words}`;
    default:
      return unreachable(message);
  }
}

/** Parses a frame as one message. */
export function parse(frame: string): Cse310Message {
  const text = withoutLineEnd(frame);
  if (text.startsWith(leaveCommand)) return { type: 'disconnect', words: text.slice(leaveCommand.length) };
  const rename = renameAt(text, 0);
  if (rename?.end === text.length) return { type: 'renamed', from: rename.from, to: rename.to };
  const nick = nickBefore(text, 0, ': ');
  return { type: 'text', nick, text: nick === null ? text : text.slice(`${nick}: `.length) };
}

/**
 * Separates the messages of `frame`. `nick`: the name of the other side before it; `null`: unknown. A farewell at the
 * end counts where it names the speaker, or where the connection ended with it.
 */
export function partFrame(raw: string, nick: string | null, isClosed: boolean): readonly Cse310Message[] {
  const frame = withoutLeadingLineEnd(raw);
  const text = withoutLineEnd(frame);
  if (text.startsWith(leaveCommand)) return [parse(frame)];
  const at = text.endsWith(leaveWords) ? text.lastIndexOf(leaveCommand) : -1;
  if (at > 0) {
    const messages = partTexts(text.slice(0, at), nick);
    const leaver = text.slice(at + leaveCommand.length, -leaveWords.length);
    const speaking = messages.reduce(nickAfter, nick);
    if (isClosed || leaver === speaking) return [...messages, parse(text.slice(at))];
  }
  return partTexts(frame, nick);
}

/** Removes the line end with which a message begins that follows an unread one. */
const withoutLeadingLineEnd = (frame: string): string =>
  frame.length > 1 && frame.startsWith('\n') ? frame.slice(1) : frame;

/** Returns the name of the other side after `message`. */
export function nickAfter(nick: string | null, message: Cse310Message): string | null {
  if (message.type === 'renamed') return message.to;
  return message.type === 'text' ? (message.nick ?? nick) : nick;
}

function partTexts(text: string, known: string | null): readonly Cse310Message[] {
  const messages: Cse310Message[] = [];
  let nick = known;
  for (let at = 0; at < text.length;) {
    const end = endOfFirst(text, at, nick);
    const message = parse(text.slice(at, end));
    messages.push(message);
    nick = nickAfter(nick, message);
    at = end;
  }
  return messages;
}

/** Returns the end of the message that begins at `start`. */
function endOfFirst(text: string, start: number, known: string | null): number {
  const rename = renameAt(text, start);
  const head = rename?.from ?? nickBefore(text, start, ': ');
  if (known !== null && head !== known) {
    // The rest of an earlier message stands before this nick, so that both would be taken for a nick.
    const border = borderAfter(text, start, start, known);
    if (border >= 0 && (head === null || border < start + head.length)) return border;
  }
  if (rename !== null) return rename.end;
  const nick = head ?? known;
  const border =
    nick === null ? -1 : borderAfter(text, start, start + (head === null ? 0 : `${head}: `.length), nick);
  return border < 0 ? text.length : border;
}

/**
 * Returns the start of the next message of `nick` after `start`; -1: there is none. Text before `from` belongs to the
 * first.
 */
function borderAfter(text: string, start: number, from: number, nick: string): number {
  for (let at = text.indexOf(nick, Math.max(from, start + 1)); at >= 0; at = text.indexOf(nick, at + 1)) {
    if (text.startsWith(': ', at + nick.length)) {
      if (isBorder(text, from, at, nick)) return at;
    } else if (text.startsWith(renameWords, at + nick.length)) {
      const rename = renameEnd(text, at + nick.length + renameWords.length);
      if (rename !== null && (rename.isFollowed || isBorder(text, from, at, nick))) return at;
    }
  }
  return -1;
}

/** Nothing before, a blank, or a mark that opens: what follows is quoted. A line end is none of these. */
const opensQuote = /(?:^|[^\S\r\n]|[([{<>«“‘„]|(?:^|\s)["'`*_]{1,3})$/u;
/** Words have such pairs within them. */
const withinWord = /(?:\p{Lu}\p{Lu}|[\p{L}\p{N}][\p{Ll}\p{N}])$/u;
const lookBackChars = 8;
const plainNickCharsMin = 3;

/** The nick at `at` begins a message: it is neither quoted nor, where it is very short, the end of a word. */
function isBorder(text: string, from: number, at: number, nick: string): boolean {
  const before = text.slice(Math.max(from, at - lookBackChars), at);
  if (opensQuote.test(before)) return false;
  const [first = ''] = nick;
  return nick.length >= plainNickCharsMin || !withinWord.test(before + first);
}

/** The nick that stands at `start` and is followed by `words`. */
function nickBefore(text: string, start: number, words: string): string | null {
  // A nick has no more characters than bytes; looking no further keeps a long frame cheap.
  const near = text.slice(start, start + textLimits.nameBytesMax + words.length);
  const end = near.indexOf(words);
  const nick = near.slice(0, Math.max(0, end));
  return isNick(nick) ? nick : null;
}

/** Words that both sides take for a nick, and for nothing else. */
export const isNick = (words: string): boolean =>
  words !== '' &&
  words === boundedName(words) &&
  !/[\r\n]/.test(words) &&
  !words.includes(': ') &&
  !words.includes(renameWords);

interface Rename {
  readonly to: string;
  /** Behind the sentence and its line end. */
  readonly end: number;
  /** Somebody called `to` goes on. */
  readonly isFollowed: boolean;
}

/** The sentence that begins at `start`. One that a text quotes has the nick and the colon of the text before it. */
function renameAt(text: string, start: number): (Rename & { readonly from: string }) | null {
  const from = nickBefore(text, start, renameWords);
  const rename = from === null ? null : renameEnd(text, start + from.length + renameWords.length);
  return from === null || rename === null ? null : { ...rename, from };
}

/** A nick may hold a full stop, yet not one that parts two sentences whose blank was lost. */
const holdsSentences = /\.\S+\s/;
const endsNick = new RegExp(`[\\r\\n]|: |${renameWords}`);

/** The new nick that begins at `start`: up to the full stop which ends the text, or behind which this nick goes on. */
function renameEnd(text: string, start: number): Rename | null {
  const near = text.slice(start, start + textLimits.nameBytesMax + 1);
  const cut = near.search(endsNick);
  const within = cut < 0 ? near : near.slice(0, cut);
  for (let dot = within.indexOf('.'); dot >= 0; dot = within.indexOf('.', dot + 1)) {
    const to = within.slice(0, dot);
    const end = afterLineEnd(text, start + dot + 1);
    const isFollowed = text.startsWith(`${to}: `, end) || text.startsWith(`${to}${renameWords}`, end);
    const isLast = end === text.length && !holdsSentences.test(to);
    if ((isFollowed || isLast) && isNick(to)) return { to, end, isFollowed };
  }
  return null;
}

const afterLineEnd = (text: string, at: number): number =>
  text.startsWith('\r\n', at) ? at + 2 : text.startsWith('\n', at) ? at + 1 : at;
