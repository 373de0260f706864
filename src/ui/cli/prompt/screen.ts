/**
 * The terminal of the prompt: the input line at the bottom, output above it. Output is printed above the line being
 * typed, which is drawn again with its cursor. Printed rows fit the terminal, so that their positions are known and a
 * delivery mark can be corrected in place.
 */
import { StringDecoder } from 'node:string_decoder';
import type { DeliveryState } from '../../../index.js';
import { cli, editor as limits } from '../limits.js';
import type { InputStream, OutputStream } from '../world.js';
import type { Attention } from './user/attention.js';
import { down, placeOf, rowsAbove, rowsInPlace, up, widestOf, type Block } from './editor/blocks.js';
import { BurstReader } from './editor/bursts.js';
import {
  asMessage,
  asTyped,
  Editor,
  isMessage,
  type Complete,
  type EditorEffect,
  type Typed,
} from './editor/editor.js';
import { frameOf, withRowAbove, type Frame } from './editor/frame.js';
import { pasteOf, type Key } from './editor/keys.js';
import { fittingRows, markColumn, remarkRows } from './layout.js';

/** Input and output of the prompt. `plain.ts` has the screen without a terminal. */
export interface Screen {
  /** Whether each event is one line, and no line is drawn again. */
  readonly isPlain: boolean;
  /** Whether the terminal itself shows a line as it is typed. */
  readonly isEchoed: boolean;
  readonly columns: () => number;
  readonly print: (rows: readonly string[]) => void;
  /** Prints the rows of a message; the mark of a sent one stands in the first row. */
  readonly printMessage: (id: string, rows: readonly string[]) => void;
  /** Puts other rows in the place of a message. False: it is not on the screen any more. Absent: nothing is drawn again. */
  readonly replace?: (id: string, rows: readonly string[]) => boolean;
  readonly mark: (id: string, state: DeliveryState | 'read', mark: string) => void;
  readonly setPrompt: (text: string) => void;
  /** Shows a row above the input line; null: none. Absent: the screen draws nothing again. */
  readonly setNote?: (row: string | null) => void;
  /** Sends a sequence that moves no cursor, such as the bell; absent: the screen is not a terminal. */
  readonly signal?: (sequence: string) => void;
  /** Puts a message back into the input line as soon as that is empty; `null`: the screen has no input line. */
  readonly giveBack: ((message: string) => void) | null;
  /** Takes a text as a paste of the user; absent: the screen has no input line. */
  readonly paste?: (text: string) => void;
  /** Types a text into the input line while that is empty; absent: the screen has no input line. */
  readonly type?: (text: string) => void;
  /** Removes the lines that said a text from the input history; absent: there is none. */
  readonly forget?: (text: string) => void;
  /** Takes the messages back that `giveBack` put there and that nobody has changed. */
  readonly takeBack: () => readonly string[];
  /** Messages in the input line and behind it. */
  readonly unfinished: () => readonly string[];
  readonly onLine: (listener: (line: Typed) => void) => void;
  /** Calls `listener` when the user leaves: Ctrl-C on an empty line, Ctrl-D, end of input. */
  readonly onEnd: (listener: () => void) => void;
  readonly close: () => void;
}

/** Arguments of the screen. */
export interface TerminalOptions {
  readonly input: InputStream & { readonly setRawMode?: (isRaw: boolean) => unknown };
  readonly output: OutputStream;
  readonly complete: Complete;
  /** `typed`: pasted lines are answers, one after the other. By default the user is asked about several lines. */
  readonly pastes?: 'asked' | 'typed';
  /** Lines that were finished earlier, oldest first. */
  readonly history?: readonly string[];
  /** Whether Up on an empty line edits the last own message. */
  readonly mayEditLast?: () => boolean;
  /** Follows whether the user looks at the terminal. */
  readonly attention?: Attention;
  /** Stops the process until the shell continues it; then calls `resumed`. */
  readonly suspend?: (resumed: () => void) => void;
}

/** Switches bracketed paste and reports of the focus: the terminal marks pasted text, and tells whether it is looked at. */
const reportsOn = '\x1b[?2004h\x1b[?1004h';
const reportsOff = '\x1b[?1004l\x1b[?2004l';
const clearDown = '\x1b[J';

/** The screen of the prompt on a terminal. */
export class TerminalScreen implements Screen {
  readonly isPlain = false;
  readonly isEchoed = false;
  readonly editor: Editor;
  readonly #options: TerminalOptions;
  readonly #output: OutputStream;
  readonly #decoder = new StringDecoder('utf8');
  readonly #bursts = new BurstReader();
  #pauseTimer: NodeJS.Timeout | null = null;
  #onLine: (line: Typed) => void = ignore;
  #onEnd: () => void = ignore;
  #onEdit: () => void = ignore;
  /** The input line is invisible until the first prompt is set. */
  #prompt: string | null = null;
  /** Row above the input line; null: none. */
  #note: string | null = null;
  /** Input line as it stands on the terminal; null: it is cleared. */
  #drawn: Frame | null = null;
  #columnsDrawn = 80;
  /** Blocks printed last, oldest first: their rows give the distance of each mark from the input. */
  #blocks: Block[] = [];
  #waiting: { block: Block; text: string }[] = [];
  #flushing: NodeJS.Immediate | null = null;
  #isClosed = false;
  /** Whether the terminal belongs to the shell. */
  #isSuspended = false;
  readonly #openedMs = performance.now();

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#output = options.output;
    this.editor = new Editor(options.complete, options.history, options.mayEditLast);
    options.input.setRawMode?.(true);
    options.input.on('data', this.#read);
    options.input.on('end', this.#end);
    options.output.on('resize', this.#resized);
    this.#output.write(reportsOn);
    options.input.resume();
  }

  columns = (): number => Math.max(20, this.#output.columns ?? 80);

  print = (rows: readonly string[]): void => {
    const columns = this.columns();
    this.#put(
      null,
      rows.flatMap((row) => fittingRows(row, columns)),
    );
  };

  printMessage = (id: string, rows: readonly string[]): void => this.#put(id, rows);

  replace = (id: string, rows: readonly string[]): boolean => {
    this.#flush();
    const found = placeOf(this.#blocks, id);
    const distance = (found?.above ?? 0) + (this.#drawn?.cursorRow ?? 0);
    // Further rows would need a place that other rows have.
    if (found === null || rows.length > found.block.rows || this.#isClosed || this.#isSuspended) return false;
    if (distance >= (this.#output.rows ?? 24)) return false;
    this.#output.write(rowsInPlace(found.block.rows, rows, distance, this.#drawn?.cursorPrefix ?? ''));
    const width = widestOf(rows);
    this.#blocks = this.#blocks.map((block) => (block === found.block ? { ...block, width } : block));
    return true;
  };

  mark = (id: string, _state: DeliveryState | 'read', mark: string): void => {
    this.#flush();
    const found = placeOf(this.#blocks, id);
    if (found !== null) this.#correct(found.above, mark);
  };

  signal = (sequence: string): void => {
    if (!this.#isClosed) this.#output.write(sequence);
  };

  setPrompt = (text: string): void => {
    if (text === this.#prompt || this.#isClosed) return;
    this.#prompt = text;
    // Output that waits draws the input line, too.
    if (this.#flushing === null) this.#redraw();
  };

  setNote = (row: string | null): void => {
    if (row === this.#note || this.#isClosed) return;
    this.#note = row;
    if (this.#flushing === null && this.#prompt !== null) this.#redraw();
  };

  forget = (text: string): void => {
    this.editor.forget(text);
    this.#onEdit();
  };

  giveBack = (message: string): void => {
    this.editor.giveBack(asTyped(message));
    this.#redraw();
    this.#onEdit();
  };

  paste = (text: string): void => this.#press([pasteOf(text)]);

  type = (text: string): void => {
    if (this.editor.view().text === '') this.#press([{ type: 'text', text }]);
  };

  takeBack = (): readonly string[] => {
    const taken = this.editor.takeGivenBack();
    if (taken.length > 0) this.#redraw();
    return taken.map(asMessage);
  };

  unfinished = (): readonly string[] => this.editor.unfinished().filter(isMessage).map(asMessage);

  onLine = (listener: (line: Typed) => void): void => {
    this.#onLine = listener;
  };

  onEnd = (listener: () => void): void => {
    this.#onEnd = listener;
  };

  /** Calls `listener` after each change of the input line. */
  onEdit = (listener: () => void): void => {
    this.#onEdit = listener;
  };

  close = (): void => {
    if (this.#isClosed) return;
    this.#flush();
    // The input line is cleared, so that the shell continues on a line of its own.
    this.#output.write(`${this.#toTop()}${reportsOff}`);
    this.#isClosed = true;
    const { input, output } = this.#options;
    if (this.#pauseTimer !== null) clearTimeout(this.#pauseTimer);
    input.off('data', this.#read);
    input.off('end', this.#end);
    output.off('resize', this.#resized);
    input.setRawMode?.(false);
    input.pause();
  };

  readonly #end = (): void => this.#onEnd();

  readonly #read = (chunk: Buffer | string): void => {
    const arrived = typeof chunk === 'string' ? chunk : this.#decoder.write(chunk);
    // The terminal wrote Enter as a line feed while no prompt read its keys.
    const isTypedAhead = performance.now() - this.#openedMs < limits.typedAheadMs;
    const text = isTypedAhead ? arrived.replaceAll('\n', '\r') : arrived;
    this.#press(this.#bursts.feed(text));
    this.#awaitPause();
  };

  #awaitPause(): void {
    if (this.#pauseTimer !== null) clearTimeout(this.#pauseTimer);
    this.#pauseTimer = null;
    const { waitMs } = this.#bursts;
    if (waitMs === null || this.#isClosed) return;
    const timer = setTimeout(() => {
      // Input that has arrived by now belongs to the burst: a busy process reads it late.
      setImmediate(() => {
        if (this.#pauseTimer !== timer || this.#isClosed) return;
        this.#press(this.#bursts.pause());
        this.#awaitPause();
      });
    }, waitMs);
    this.#pauseTimer = timer;
  }

  #press(keys: readonly Key[]): void {
    const reports = keys.filter(({ type }) => type === 'focus');
    for (const key of reports) if (key.type === 'focus') this.#options.attention?.focused(key.isIn);
    const typed = keys.filter(({ type }) => type !== 'focus');
    if (typed.length === 0) return;
    this.#options.attention?.pressed();
    const pressed = this.#options.pastes === 'typed' ? typed.flatMap(asTyping) : typed;
    for (const key of pressed) {
      if (this.#isClosed) return;
      for (const effect of this.editor.press(key)) this.#carryOut(effect);
    }
    this.#redraw();
    this.#onEdit();
  }

  #carryOut(effect: EditorEffect): void {
    switch (effect.type) {
      case 'submit':
        this.#redraw();
        this.#onLine(effect.line);
        return;
      case 'leave':
        this.#onEnd();
        return;
      case 'suspend':
        this.#suspend();
        return;
      case 'clear-screen':
        this.#drawn = null;
        this.#blocks = [];
        this.#output.write('\x1b[H\x1b[2J');
        return;
      case 'list':
        this.print(remarkRows(effect.words.map((word) => word.trim()).join('  '), this.columns()));
        return;
      case 'remark':
        this.print(remarkRows(effect.text, this.columns()));
        return;
      default:
    }
  }

  #suspend(): void {
    const { suspend, input } = this.#options;
    if (suspend === undefined) return;
    this.#flush();
    this.#output.write(`${this.#toTop()}${reportsOff}`);
    input.setRawMode?.(false);
    this.#isSuspended = true;
    suspend(() => {
      this.#isSuspended = false;
      if (this.#isClosed) return;
      input.setRawMode?.(true);
      this.#output.write(reportsOn);
      // The shell has written below the printed rows.
      this.#drawn = null;
      this.#blocks = [];
      this.#redraw();
    });
  }

  readonly #resized = (): void => {
    if (this.#isClosed) return;
    const columns = this.columns();
    // A terminal that became narrower has broken the rows that do not fit; so their places are unknown.
    if (this.#blocks.some(({ width }) => width > columns)) this.#blocks = [];
    this.#redraw();
  };

  #put(id: string | null, rows: readonly string[]): void {
    if (rows.length === 0 || this.#isClosed) return;
    this.#waiting.push({
      block: { id, rows: rows.length, width: widestOf(rows) },
      text: rows.map((row) => `${row}\n`).join(''),
    });
    // Rows that arrive together are printed together, so that the input line is drawn once.
    this.#flushing ??= setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#output.refreshSize?.();
    if (this.#flushing !== null) clearImmediate(this.#flushing);
    this.#flushing = null;
    const waiting = this.#waiting;
    if (waiting.length === 0 || this.#isClosed || this.#isSuspended) return;
    this.#waiting = [];
    const text = waiting.map((each) => each.text).join('');
    this.#output.write(`${this.#toTop()}${text}${this.#draw()}`);
    this.#blocks.push(...waiting.map(({ block }) => block));
    this.#blocks = this.#blocks.slice(-cli.marksKept);
  }

  #redraw(): void {
    if (this.#isClosed || this.#isSuspended) return;
    this.#flush();
    this.#output.write(`${this.#toTop()}${this.#draw()}`);
  }

  /** Returns the text that moves to the top of the input line and clears it. */
  #toTop(): string {
    const drawn = this.#drawn;
    this.#drawn = null;
    if (drawn === null) return '';
    return `${up(rowsAbove(drawn, this.columns(), this.#columnsDrawn))}\r${clearDown}`;
  }

  /** Returns the text that draws the input line at the cursor. */
  #draw(): string {
    if (this.#prompt === null) return '';
    const { question, text, cursor } = this.editor.view();
    const columns = this.columns();
    const framed = frameOf({
      prompt: question ?? this.#prompt,
      ...(question === null ? {} : { textColumns: 1 }),
      text,
      cursor,
      columns,
      rowsMax: Math.max(1, (this.#output.rows ?? 24) - (this.#note === null ? 1 : 2)),
    });
    const frame = this.#note === null ? framed : withRowAbove(framed, this.#note, columns);
    this.#drawn = frame;
    this.#columnsDrawn = columns;
    const isAtEnd =
      frame.cursorRow === frame.rows.length - 1 && frame.cursorPrefix === frame.rows[frame.cursorRow];
    const back = isAtEnd ? '' : `${up(frame.rows.length - 1 - frame.cursorRow)}\r${frame.cursorPrefix}`;
    return `${frame.rows.join('\r\n')}${back}`;
  }

  /** Replaces the mark that stands `above` rows above the input, if that row is on the screen. */
  #correct(above: number, mark: string): void {
    const drawn = this.#drawn;
    const distance = above + (drawn?.cursorRow ?? 0);
    if (distance >= (this.#output.rows ?? 24) || this.#isClosed || this.#isSuspended) return;
    const there = `${up(distance)}\r\x1b[${markColumn}C${mark}`;
    this.#output.write(`${there}${down(distance)}\r${drawn?.cursorPrefix ?? ''}`);
  }
}

/** Returns a paste as the keys that type it. */
function asTyping(key: Key): readonly Key[] {
  if (key.type !== 'paste') return [key];
  return key.text.split('\n').flatMap((text, index): readonly Key[] => {
    const typed: readonly Key[] = text === '' ? [] : [{ type: 'text', text }];
    return index === 0 ? typed : [{ type: 'press', name: 'enter' }, ...typed];
  });
}

const ignore = (): void => undefined;
