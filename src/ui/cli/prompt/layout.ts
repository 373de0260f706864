/** The layout of the prompt: text cut into rows that fit the terminal, and the parts of a message row. Pure. */
import { catalogue } from '../../text/catalogue.js';
import { stripVTControlCharacters } from 'node:util';
import { unreachable } from '../../../exhaustive.js';
import {
  escapeForTerminal,
  type DeliveryState,
  type MessageEvent,
  type PeerEvent,
  type PresenceEvent,
} from '../../../index.js';
import type { Output } from '../screen/output.js';
import { peerLabel, sentNote, type Naming } from '../screen/naming.js';
import { changeMarks, replyMark, shownText } from '../screen/changes.js';
import { clock, messageText, weaknessOf } from '../screen/present.js';
import { cellsOf, widthOf } from './editor/cells.js';

type Colors = Output['colors'];
type Paint = (text: string) => string;

/** The open conversation; `row` is null for an address that no peer has announced. */
export interface Open {
  readonly word: string;
  readonly row: PeerEvent | null;
}

/** Column of the delivery mark, after `HH:MM` and a blank. */
export const markColumn = 6;
const textColumn = markColumn + 3;
/** Column of the meanings in a list of words. With fewer cells than `meaningCellsMin` they stand below the words. */
const meaningColumn = 22;
const meaningCellsMin = 24;
const narrowIndent = 4;

/** Returns the mark of a state, two cells wide. */
export function markOf(state: DeliveryState | 'read' | undefined, colors: Colors): string {
  switch (state) {
    case undefined:
      return '  ';
    case 'queued':
      return colors.dim('· ');
    case 'sent':
      return '✓ ';
    case 'delivered':
      return colors.green('✓✓');
    case 'read':
      return colors.cyan('●●');
    case 'failed':
      return colors.red('✗ ');
    default:
      return unreachable(state);
  }
}

/** The way a message is shown. */
export interface MessageView {
  readonly colors: Colors;
  readonly columns: number;
  /** Whether the conversation of the message is open. */
  readonly isOpen: boolean;
  readonly naming: Naming;
  /** Whether the message is one line without a mark. */
  readonly isPlain: boolean;
  /** Text of the message that this one answers, where it is known. */
  readonly quoted?: string | undefined;
  /** Most rows; a longer message ends with a row that says how to see all of it. */
  readonly rowsMax: number;
}

/** Returns the rows of a message: time, mark, name and text. Further rows stand under the name. */
export function messageRows(message: MessageEvent, view: MessageView): readonly string[] {
  const { colors, naming } = view;
  const isOut = message.direction === 'out';
  const peer = naming.labelOf(message);
  const who = isOut ? (view.isOpen ? catalogue().prompt.you : catalogue().prompt.youTo(peer)) : peer;
  const trust = isOut ? '' : naming.trustOf(message);
  const paint = isOut ? colors.dim : colorOf(message.peerId, colors);
  const shown = replyMark(message, view.quoted) + messageText(shownText(message), { multiline: true });
  const text = shown.replaceAll('\t', '    ');
  const notes = `${changeMarks(message)}${labelOf(message)}${sentNote(message, clock)}`;
  const arrivedMs = Date.parse(message.receivedAt);
  const time = colors.dim(clock(message.receivedAt, arrivedMs));
  if (view.isPlain) return [`${time} ${who}${trust}: ${oneLine(text, view.rowsMax, message.seq)}${notes}`];
  const rows = wrap(`${who}${trust}: ${text}${notes}`, view.columns - textColumn - 1);
  const mark = isOut ? markOf(message.readAt === undefined ? message.state : 'read', colors) : '  ';
  const indent = ' '.repeat(textColumn);
  const [first = '', ...rest] = folded(rows, view.rowsMax, message.seq, colors);
  const named = first.startsWith(who) ? paint(who) + first.slice(who.length) : first;
  return [`${time} ${mark} ${named}`, ...rest.map((row) => indent + row)];
}

/** Joins the lines of a text, and cuts a text that would fill more than `rowsMax` rows. */
function oneLine(text: string, rowsMax: number, seq: number): string {
  const joined = text.trimEnd().replaceAll('\n', ' ⏎ ');
  const charsMax = rowsMax * plainRowChars;
  if (joined.length <= charsMax) return joined;
  const more = catalogue().prompt.moreCharacters(joined.length - charsMax, seq);
  return `${escapeForTerminal(joined, { graphemesMax: charsMax })} ${more}`;
}

/** Characters that a row of a plain line is taken to hold. */
const plainRowChars = 80;

/** Cuts the rows of a long message. */
function folded(rows: readonly string[], rowsMax: number, seq: number, colors: Colors): readonly string[] {
  const hidden = rows.length - rowsMax;
  // The row that reports hidden rows takes a row itself: it never stands for a single one.
  if (hidden <= 1) return rows;
  return [...rows.slice(0, rowsMax), colors.dim(catalogue().prompt.moreRows(hidden, seq))];
}

/** Returns the rows of a remark, painted row by row. */
export function remarkRows(text: string, columns: number, paint: Paint = plain): readonly string[] {
  return wrap(text, columns - 1).map((row) => paint(row));
}

/** Returns the rows of a line that may have colours. A line that must be broken loses them, so that no code is cut. */
export function fittingRows(line: string, columns: number): readonly string[] {
  const plainLine = stripVTControlCharacters(line);
  return widthOf(plainLine) < columns ? [line] : wrap(plainLine, columns - 1);
}

/** Returns the rows of a word and its meaning. Further rows stand under the meaning; on a narrow terminal all do. */
export function entryRows(word: string, meaning: string, columns: number, paint: Paint): readonly string[] {
  const room = columns - 1 - meaningColumn;
  const isNarrow = room < meaningCellsMin;
  const indent = ' '.repeat(isNarrow ? narrowIndent : meaningColumn);
  const rows = wrap(meaning, isNarrow ? columns - 1 - narrowIndent : room);
  if (isNarrow) return [paint(word), ...rows.map((row) => indent + row)];
  const [first = '', ...rest] = rows;
  return [`${paint(word.padEnd(meaningColumn))}${first}`, ...rest.map((row) => indent + row)];
}

/** Returns the colour of a peer, which is equal in every run. */
export function colorOf(peerId: string, colors: Colors): Paint {
  const palette = [
    colors.cyan,
    colors.magenta,
    colors.yellow,
    colors.blue,
    colors.green,
    colors.cyanBright,
    colors.magentaBright,
    colors.blueBright,
  ];
  let hash = 0;
  for (let i = 0; i < peerId.length; i += 1) hash = (hash * 31 + peerId.charCodeAt(i)) >>> 0;
  return palette[hash % palette.length] ?? colors.cyan;
}

/** Cuts text into rows of at most `width` cells, at blanks or, in a longer word, between graphemes. */
export function wrap(text: string, width: number): readonly string[] {
  const cells = Math.max(10, width);
  return text.split('\n').flatMap((line) => (widthOf(line) <= cells ? [line] : wrapLine(line, cells)));
}

function wrapLine(line: string, cells: number): readonly string[] {
  const rows: string[] = [];
  let row = '';
  let used = 0;
  for (const word of line.split(/(?<= )/u)) {
    const wide = widthOf(word);
    if (used + widthOf(word.trimEnd()) > cells && used > 0) {
      rows.push(row.trimEnd());
      row = '';
      used = 0;
    }
    if (wide <= cells) {
      row += word;
      used += wide;
      continue;
    }
    for (const { raw, width } of cellsOf(word)) {
      if (used + width > cells) {
        rows.push(row);
        row = '';
        used = 0;
      }
      row += raw;
      used += width;
    }
  }
  rows.push(row.trimEnd());
  return rows;
}

const plain: Paint = (text) => text;

/** Returns the row that opens a day, in local time. */
export const dayRow = (day: string, colors: Colors): string => colors.dim(`── ${day} ──`);

function labelOf(message: MessageEvent): string {
  if (message.encryption === 'none') return catalogue().screen.labelNotEncrypted;
  return message.encryption === 'toy-dh-3des' ? catalogue().screen.labelWeaklyEncrypted : '';
}

/** Returns the row that says that the peer of the open conversation types. */
export const typingNote = (open: Open | null, colors: Colors): string | null =>
  open?.row === null || open === null ? null : colors.dim(catalogue().prompt.isTyping(peerLabel(open.row)));

/** Returns the prompt: unread counts, the open conversation and its protection. */
export function promptText(
  open: Open | null,
  unread: readonly string[],
  colors: Colors,
  presence: PresenceEvent['presence'] = 'here',
): string {
  const parts: string[] = presence === 'here' ? [] : [colors.yellow(`[${presence}]`)];
  if (unread.length > 0) parts.push(colors.yellow(`(${unread.slice(0, 3).join(', ')})`));
  if (open !== null) {
    const { row, word } = open;
    parts.push(row === null ? escapeForTerminal(word) : colorOf(row.id, colors)(peerLabel(row)));
    const weak = weaknessOf(row, word);
    if (weak.length > 0) parts.push(colors.red(weak.join(', ')));
    else if (row !== null && !row.verified) parts.push(colors.dim(catalogue().screen.unverified));
  }
  return `${[...parts, '›'].join(' ')} `;
}
