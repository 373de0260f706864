/** The rows of the terminal above the input line: where each message stands, and how rows are put in its place. Pure. */
import { widthOf } from './cells.js';
import type { Frame } from './frame.js';

/** Rows that were printed together. */
export interface Block {
  readonly id: string | null;
  readonly rows: number;
  /** Cells of its widest row. */
  readonly width: number;
}

/** Moves the cursor. */
export const up = (rows: number): string => (rows > 0 ? `\x1b[${rows}A` : '');
/** Moves the cursor. */
export const down = (rows: number): string => (rows > 0 ? `\x1b[${rows}B` : '');

/** Finds the block of a message, and the rows from its first one to the input line; null: it is not known any more. */
export function placeOf(
  blocks: readonly Block[],
  id: string,
): { readonly block: Block; readonly above: number } | null {
  let above = 0;
  for (const block of blocks.toReversed()) {
    above += block.rows;
    if (block.id === id) return { block, above };
  }
  return null;
}

/** Returns the text that replaces the rows of a block `distance` rows above the cursor, and returns to the cursor. */
export function rowsInPlace(
  count: number,
  rows: readonly string[],
  distance: number,
  cursorPrefix: string,
): string {
  const written = Array.from({ length: count }, (_, at) => `\r${rows[at] ?? ''}\x1b[K`).join(down(1));
  return `${up(distance)}${written}${down(distance - count + 1)}\r${cursorPrefix}`;
}

/** Returns the rows between the top of the input line and the cursor. A narrower terminal has broken its rows. */
export function rowsAbove(drawn: Frame, columns: number, columnsDrawn: number): number {
  if (columns >= columnsDrawn) return drawn.cursorRow;
  const above = drawn.widths.slice(0, drawn.cursorRow);
  const broken = above.reduce((rows, width) => rows + Math.max(1, Math.ceil(width / columns)), 0);
  return broken + Math.floor(Math.max(0, widthOfRow(drawn.cursorPrefix) - 1) / columns);
}

const colours = /\x1b\[[0-9;]*m/g;
/** Returns the cells of a row that may have colours. */
export const widthOfRow = (row: string): number => widthOf(row.replace(colours, ''));
/** Returns the cells of the widest of some rows. */
export const widestOf = (rows: readonly string[]): number =>
  rows.reduce((most, row) => Math.max(most, widthOfRow(row)), 0);
