/**
 * A small model of a terminal screen: what the sequences that readline and the prompt use do to a grid of cells.
 * Anything else that a terminal would act on is an error, so that nothing of a peer's can pass as a sequence.
 */
import stringWidth from 'string-width';

export class ScreenModel {
  columns: number;
  rows: number;
  /** Rows of cells; those above `#top` have scrolled out. A wide character's second cell is empty. */
  #grid: string[][] = [[]];
  /** Rows that the terminal began because the one above was full. */
  #broken = new Set<string[]>();
  /** Index of the first row that is on the screen. */
  #top = 0;
  #row = 0;
  #column = 0;
  readonly #graphemes = new Intl.Segmenter();

  constructor(columns = 80, rows = 24) {
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): void {
    let at = 0;
    while (at < text.length) {
      const sequence =
        /^\u001b\[(\d*)([A-DGJKm])/.exec(text.slice(at, at + 12)) ??
        /^\u001b\[(\d+(?:;\d+)*)(m)/.exec(text.slice(at, at + 20));
      if (sequence !== null) {
        this.#control(sequence[2] ?? '', sequence[1] === '' ? null : Number(sequence[1]));
        at += sequence[0].length;
        continue;
      }
      // Bracketed paste and reports of the focus change what the terminal sends, and nothing on the screen.
      const mode = /^\u001b\[\?(?:2004|1004)[hl]/.exec(text.slice(at, at + 8));
      if (mode !== null) {
        at += mode[0].length;
        continue;
      }
      const plain = /^[^\u0000-\u001f\u007f-\u009f]+/.exec(text.slice(at))?.[0];
      if (plain !== undefined) {
        for (const { segment } of this.#graphemes.segment(plain)) this.#put(segment);
        at += plain.length;
        continue;
      }
      const control = text[at] ?? '';
      if (control === '\r') this.#column = 0;
      else if (control === '\n') {
        // A terminal in raw mode still begins a new line at its start.
        this.#down();
        this.#column = 0;
      } else
        throw new Error(`a raw control reached the terminal: ${JSON.stringify(text.slice(at, at + 20))}`);
      at += 1;
    }
  }

  /** Gives the terminal another size. It breaks rows that are too wide, and joins those that it broke. */
  resize(columns: number, rows: number): void {
    const cursor = this.#grid[this.#row];
    const place = { row: 0, column: 0 };
    const grid: string[][] = [];
    const broken = new Set<string[]>();
    for (const [at, row] of this.#grid.entries()) {
      const above = this.#broken.has(row) ? grid.pop() : undefined;
      const before = above?.length ?? 0;
      const joined = [...(above ?? []), ...row];
      const isContinued = above !== undefined && broken.delete(above);
      const first = grid.length;
      for (let from = 0; from === 0 || from < joined.length; from += columns) {
        const part = joined.slice(from, from + columns);
        if (from > 0 || isContinued) broken.add(part);
        grid.push(part);
      }
      if (row !== cursor || at !== this.#row) continue;
      const reached = before + this.#column;
      place.row = Math.min(first + Math.floor(reached / columns), grid.length - 1);
      place.column = reached - (place.row - first) * columns;
    }
    Object.assign(this, { columns, rows });
    this.#grid = grid;
    this.#broken = broken;
    this.#row = place.row;
    this.#column = Math.min(place.column, columns);
    this.#top = Math.max(0, grid.length - rows);
  }

  /** Every row ever written, without blanks at the ends. */
  all(): string[] {
    return this.#grid.map((row) => row.join('').trimEnd());
  }

  /** Every line that a program wrote: rows that the terminal broke are joined. */
  written(): string[] {
    const lines: string[] = [];
    for (const row of this.#grid)
      if (this.#broken.has(row)) lines.push(`${lines.pop() ?? ''}${row.join('')}`);
      else lines.push(row.join(''));
    return lines.map((line) => line.trimEnd());
  }

  /** The present content of the screen. */
  lines(): string[] {
    return this.all().slice(this.#top);
  }

  cursor(): { readonly row: number; readonly column: number } {
    return { row: this.#row, column: this.#column };
  }

  /** The rows from the one where `text` begins, down to the cursor's last one. */
  from(text: string): string {
    const rows = this.all();
    const at = rows.findLastIndex((row) => row.startsWith(text));
    return rows.slice(at).join('\n').trimEnd();
  }

  #control(final: string, number: number | null): void {
    const count = number ?? 1;
    switch (final) {
      case 'A':
        this.#row = Math.max(this.#top, this.#row - count);
        return;
      case 'B':
        this.#row = Math.min(this.#top + this.rows - 1, this.#row + count);
        while (this.#grid.length <= this.#row) this.#grid.push([]);
        return;
      case 'C':
        this.#column = Math.min(this.columns - 1, this.#column + count);
        return;
      case 'D':
        this.#column = Math.max(0, this.#column - count);
        return;
      case 'G':
        this.#column = Math.min(this.columns, count) - 1;
        return;
      case 'J':
        this.#grid.length = Math.min(this.#grid.length, this.#row + 1);
        this.#grid[this.#row]?.splice(this.#column);
        return;
      case 'K':
        this.#grid[this.#row]?.splice(this.#column);
        return;
      default:
    }
  }

  #put(cell: string): void {
    const width = stringWidth(cell);
    if (width === 0) return;
    if (this.#column + width > this.columns) {
      this.#column = 0;
      this.#down();
      const next = this.#grid[this.#row];
      if (next?.length === 0) this.#broken.add(next);
    }
    const row = (this.#grid[this.#row] ??= []);
    while (row.length < this.#column) row.push(' ');
    row[this.#column] = cell;
    if (width === 2) row[this.#column + 1] = '';
    this.#column += width;
  }

  #down(): void {
    this.#row += 1;
    while (this.#grid.length <= this.#row) this.#grid.push([]);
    this.#top = Math.max(this.#top, this.#row + 1 - this.rows);
  }
}
