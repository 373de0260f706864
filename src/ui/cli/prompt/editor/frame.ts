/** The rows of the input line: prompt and text cut to the width of the terminal, and the place of the cursor. Pure. */
import { stripVTControlCharacters } from 'node:util';
import { cellsOf, widthOf, type Cell } from './cells.js';
import { editor as limits } from '../../limits.js';

/** The rows of the input line, ready to be drawn. */
export interface Frame {
  readonly rows: readonly string[];
  /** Cells of each row, at most. */
  readonly widths: readonly number[];
  readonly cursorRow: number;
  /**
   * Text of the cursor's row up to the cursor. The terminal puts the cursor behind it, whatever width it gives to each
   * grapheme.
   */
  readonly cursorPrefix: string;
}

/** Arguments of `frameOf`. */
export interface FrameOptions {
  /** Prompt, which may have colours. */
  readonly prompt: string;
  /** Columns that the prompt leaves to the text, at least. */
  readonly textColumns?: number;
  readonly text: string;
  readonly cursor: number;
  readonly columns: number;
  /** Most rows: of a longer text the rows around the cursor are shown. */
  readonly rowsMax: number;
}

/** Cuts prompt and text into rows. */
export function frameOf(options: FrameOptions): Frame {
  const { prompt, text, cursor, columns, rowsMax, textColumns = limits.textColumnsMin } = options;
  const lead = fitted(prompt, Math.max(2, columns - textColumns));
  const rows: Row[] = [{ text: lead.text, width: lead.width }];
  let cursorAt = { row: 0, prefix: lead.text };
  let at = 0;
  for (const [index, line] of text.split('\n').entries()) {
    if (index > 0) {
      rows.push({ text: '', width: 0 });
      at += 1;
    }
    for (const cell of cellsOf(line)) {
      put(rows, cell, columns);
      if (at === cursor) cursorAt = endOf(rows, cell.shown.length);
      at += cell.raw.length;
    }
    if (at !== cursor) continue;
    // The cursor behind a full row stands at the start of the next one.
    if ((rows.at(-1)?.width ?? 0) >= columns) rows.push({ text: '', width: 0 });
    cursorAt = endOf(rows, 0);
  }
  return windowOf(rows, cursorAt, Math.max(1, rowsMax));
}

/** Returns a frame with a row above it, which is cut to the width of the terminal. */
export function withRowAbove(frame: Frame, row: string, columns: number): Frame {
  const { text, width } =
    widthOf(stripVTControlCharacters(row)) < columns ? { text: row, width: 0 } : fitted(row, columns);
  return {
    ...frame,
    rows: [text, ...frame.rows],
    widths: [Math.max(width, widthOf(stripVTControlCharacters(text))), ...frame.widths],
    cursorRow: frame.cursorRow + 1,
  };
}

interface Row {
  text: string;
  width: number;
}

function put(rows: Row[], cell: Cell, columns: number): void {
  const row = rows.at(-1);
  if (row !== undefined && row.width + cell.width <= columns) {
    row.text += cell.shown;
    row.width += cell.width;
  } else rows.push({ text: cell.shown, width: cell.width });
}

/** Returns the place `chars` before the end of the last row. */
function endOf(rows: readonly Row[], chars: number): { row: number; prefix: string } {
  const text = rows.at(-1)?.text ?? '';
  return { row: rows.length - 1, prefix: text.slice(0, text.length - chars) };
}

/** Cuts a prompt that leaves too little room for the text. */
function fitted(prompt: string, room: number): Row {
  const plain = stripVTControlCharacters(prompt);
  const width = widthOf(plain);
  if (width <= room) return { text: prompt, width };
  const kept = { text: '', width: 0 };
  for (const cell of cellsOf(plain.trimEnd().replace(/ ›$/u, ''))) {
    if (kept.width + cell.width > room - 4) break;
    kept.text += cell.shown;
    kept.width += cell.width;
  }
  return { text: `${kept.text}… › `, width: kept.width + 4 };
}

function windowOf(
  rows: readonly Row[],
  cursor: { readonly row: number; readonly prefix: string },
  rowsMax: number,
): Frame {
  const first = Math.max(0, Math.min(cursor.row - Math.floor(rowsMax / 2), rows.length - rowsMax));
  const shown = rows.slice(first, first + rowsMax);
  return {
    rows: shown.map((row) => row.text),
    widths: shown.map((row) => row.width),
    cursorRow: cursor.row - first,
    cursorPrefix: cursor.prefix,
  };
}
