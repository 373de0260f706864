/**
 * The terminal of the prompt: one input line at the bottom, output above it. Output is printed above the line being
 * typed, which is drawn again with its cursor. Printed rows fit the terminal, so that their positions are known and a
 * delivery mark can be corrected in place.
 */
import { clearScreenDown, createInterface, cursorTo, moveCursor, type Interface } from 'node:readline';
import type { DeliveryState } from '../../../index.js';
import { cli } from '../limits.js';
import type { InputStream, OutputStream } from '../world.js';
import { Keys } from './keys.js';
import { fittingRows, markColumn } from './layout.js';

/** Input and output of the prompt. `plain.ts` has the screen without a terminal. */
export interface Screen {
  readonly columns: () => number;
  readonly print: (rows: readonly string[]) => void;
  /** Prints the rows of a sent message, whose mark stands in the first row. */
  readonly printOwn: (id: string, rows: readonly string[]) => void;
  readonly mark: (id: string, state: DeliveryState, mark: string) => void;
  readonly setPrompt: (text: string) => void;
  /** Puts text back into an empty input line; `null`: the screen has no input line. */
  readonly giveBack: ((text: string) => void) | null;
  readonly onLine: (listener: (line: string) => void) => void;
  /** Calls `listener` when the user leaves: Ctrl-C on an empty line, Ctrl-D, end of input. */
  readonly onEnd: (listener: () => void) => void;
  readonly close: () => void;
}

export type Complete = (line: string) => readonly [string[], string];

interface Block {
  readonly id: string | null;
  readonly rows: number;
}

export class TerminalScreen implements Screen {
  readonly #output: OutputStream;
  readonly #readline: Interface;
  readonly #keys: Keys;
  #onLine: (line: string) => void = ignore;
  #onEnd: () => void = ignore;
  /** Blocks printed last, oldest first: their rows give the distance of each mark from the input. */
  #blocks: Block[] = [];
  #waiting: { block: Block; text: string }[] = [];
  #flushing: NodeJS.Immediate | null = null;
  #isClosed = false;

  constructor(input: InputStream, output: OutputStream, complete: Complete) {
    this.#output = output;
    this.#keys = new Keys(input);
    this.#readline = createInterface({
      input: this.#keys,
      output,
      terminal: true,
      // The input line is empty until the first prompt is set.
      prompt: '',
      historySize: cli.inputHistoryLines,
      removeHistoryDuplicates: true,
      completer: (line: string) => {
        const [hits, word] = complete(line);
        // Readline prints several hits above the input, so that the positions of the marks are lost.
        if (hits.length > 1) this.#blocks = [];
        return [[...hits], word];
      },
    });
    this.#readline.on('line', (line) => this.#submit(line));
    this.#readline.on('SIGINT', () => this.#interrupt());
    this.#readline.on('close', () => this.#onEnd());
    output.on('resize', () => {
      this.#blocks = [];
    });
  }

  columns = (): number => Math.max(20, this.#output.columns ?? 80);

  print = (rows: readonly string[]): void => {
    const columns = this.columns();
    this.#put(
      null,
      rows.flatMap((row) => fittingRows(row, columns)),
    );
  };

  printOwn = (id: string, rows: readonly string[]): void => this.#put(id, rows);

  mark = (id: string, _state: DeliveryState, mark: string): void => {
    this.#flush();
    let above = 0;
    for (const block of this.#blocks.toReversed()) {
      above += block.rows;
      if (block.id !== id) continue;
      this.#correct(above, mark);
      return;
    }
  };

  setPrompt = (text: string): void => {
    this.#flush();
    if (text === this.#readline.getPrompt() || this.#isClosed) return;
    this.#readline.setPrompt(text);
    this.#readline.prompt(true);
  };

  giveBack = (text: string): void => {
    if (this.#readline.line === '') this.#readline.write(text);
  };

  onLine = (listener: (line: string) => void): void => {
    this.#onLine = listener;
  };

  onEnd = (listener: () => void): void => {
    this.#onEnd = listener;
  };

  close = (): void => {
    if (this.#isClosed) return;
    this.#flush();
    this.#isClosed = true;
    // The input line is cleared, so that the shell continues on a line of its own.
    this.#toInputStart();
    clearScreenDown(this.#output);
    this.#readline.close();
    this.#keys.release();
  };

  #put(id: string | null, rows: readonly string[]): void {
    if (rows.length === 0 || this.#isClosed) return;
    this.#waiting.push({
      block: { id, rows: rows.length },
      text: rows.map((row) => `${row}\n`).join(''),
    });
    // Rows that arrive together are printed together, so that the input line is drawn once.
    this.#flushing ??= setImmediate(() => this.#flush());
  }

  #flush(): void {
    if (this.#flushing !== null) clearImmediate(this.#flushing);
    this.#flushing = null;
    const waiting = this.#waiting;
    if (waiting.length === 0 || this.#isClosed) return;
    this.#waiting = [];
    const { rows } = this.#readline.getCursorPos();
    this.#toInputStart();
    clearScreenDown(this.#output);
    // Readline moves up by the rows that it counts above its cursor before it draws, so it needs these rows.
    this.#output.write(waiting.map(({ text }) => text).join('') + '\n'.repeat(rows));
    this.#readline.prompt(true);
    this.#blocks.push(...waiting.map(({ block }) => block));
    this.#blocks = this.#blocks.slice(-cli.marksKept);
  }

  /** Replaces the mark that stands `above` rows above the input, if that row is on the screen. */
  #correct(above: number, mark: string): void {
    const { rows, cols } = this.#readline.getCursorPos();
    const distance = above + rows;
    if (distance >= (this.#output.rows ?? 24) || this.#isClosed) return;
    moveCursor(this.#output, 0, -distance);
    cursorTo(this.#output, markColumn);
    this.#output.write(mark);
    moveCursor(this.#output, 0, distance);
    cursorTo(this.#output, cols);
  }

  #toInputStart(): void {
    const { rows } = this.#readline.getCursorPos();
    if (rows > 0) moveCursor(this.#output, 0, -rows);
    cursorTo(this.#output, 0);
  }

  /** Removes the typed line from the screen: as a message it is printed with its time and mark. */
  #submit(line: string): void {
    Object.assign(this.#readline, { line, cursor: line.length });
    const { rows } = this.#readline.getCursorPos();
    Object.assign(this.#readline, { line: '', cursor: 0 });
    moveCursor(this.#output, 0, -(rows + 1));
    cursorTo(this.#output, 0);
    clearScreenDown(this.#output);
    this.#readline.prompt();
    this.#onLine(line);
  }

  #interrupt(): void {
    if (this.#readline.line === '') this.#readline.close();
    // Ctrl-E moves to the end, Ctrl-U deletes to the start.
    else this.#readline.write(null, { ctrl: true, name: 'e' });
    if (this.#readline.line !== '') this.#readline.write(null, { ctrl: true, name: 'u' });
  }
}

const ignore = (): void => undefined;
