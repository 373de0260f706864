/** Graphemes of typed text, the form in which a terminal shows them, and their width in cells. Pure. */
import stringWidth from 'string-width';
import { escapeForTerminal } from '../../../../index.js';

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });
const printableAscii = /^[\x20-\x7e]*$/;
/** Joiners and variation selectors: they have no width and no effect on a terminal. */
const joiner = /\u200C|\u200D|[\u{FE00}-\u{FE0F}]/u;

/** One grapheme of a line. */
export interface Cell {
  /** The grapheme as it was typed. */
  readonly raw: string;
  /** The form that is written to the terminal. */
  readonly shown: string;
  /** Cells that it takes at most. Terminals disagree about sequences of emoji. */
  readonly width: number;
}

/** Returns the cells of one line of text. */
export function cellsOf(line: string): readonly Cell[] {
  if (printableAscii.test(line)) return Array.from(line, (raw) => ({ raw, shown: raw, width: 1 }));
  return Array.from(segmenter.segment(line), ({ segment }) => cellOf(segment));
}

/** Returns the start of the grapheme before `index`. */
export function boundaryBefore(text: string, index: number): number {
  const start = text.lastIndexOf('\n', index - 1) + 1;
  if (start === index) return Math.max(0, index - 1);
  let last = start;
  for (const { index: at } of segmenter.segment(text.slice(start, index))) last = start + at;
  return last;
}

/** Returns the end of the grapheme that begins at `index`. */
export function boundaryAfter(text: string, index: number): number {
  if (index >= text.length) return text.length;
  if (text[index] === '\n') return index + 1;
  const end = text.indexOf('\n', index);
  const [first] = segmenter.segment(text.slice(index, end === -1 ? text.length : end));
  return index + (first?.segment.length ?? 1);
}

/** Returns the width of a text without line ends, at most. */
export const widthOf = (line: string): number =>
  printableAscii.test(line) ? line.length : cellsOf(line).reduce((sum, { width }) => sum + width, 0);

function cellOf(raw: string): Cell {
  const points = Array.from(raw);
  const shown = points
    .map((point) => (joiner.test(point) || /\p{M}/u.test(point) ? point : escapeForTerminal(point)))
    .join('');
  const apart = points.reduce((sum, point) => sum + stringWidth(escapeForTerminal(point)), 0);
  return { raw, shown, width: Math.max(stringWidth(shown), apart) };
}
