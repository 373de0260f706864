/**
 * The screen without redrawing: lines in, plain lines out. For pipes, terminals that cannot move the cursor, and screen
 * readers, which would read a redrawn line again.
 */
import { catalogue } from '../../text/catalogue.js';
import { cli, editor as limits } from '../limits.js';
import { splitLines } from '../../api/ndjson.js';
import type { Output } from '../screen/output.js';
import type { InputStream } from '../world.js';
import type { Typed } from './editor/editor.js';
import type { Screen } from './screen.js';

/** Columns that never break a line: the reader of a pipe breaks lines. */
const unbroken = 1_000_000;

/**
 * Reads a pipe or a terminal line by line. `untilTaken` settles when the line before is carried out, so that no line
 * overtakes a command.
 */
export function plainScreen(input: InputStream, output: Output, untilTaken: () => Promise<void>): Screen {
  let onLine: (line: Typed) => void = ignore;
  let onEnd: () => void = ignore;
  let isClosed = false;
  let printing: Promise<void> = Promise.resolve();
  const print = (rows: readonly string[]): void => {
    if (output.isJson) for (const row of rows) output.note(row);
    else printing = printing.then(() => output.results([], rows));
  };
  const isTyped = input.isTTY === true;
  const pastes = isTyped ? new PastedLines((line) => onLine(line), print) : null;
  const read = async (): Promise<void> => {
    for await (const lines of splitLines(input, cli.stdinLineBytesMax)) {
      for (const line of lines) {
        if (isClosed) return;
        if (pastes !== null) pastes.take(line);
        else {
          onLine({ text: line, isText: false });
          await untilTaken();
        }
      }
    }
    pastes?.flush();
  };
  setImmediate(() => {
    read().then(
      () => onEnd(),
      () => onEnd(),
    );
  });
  return {
    isPlain: true,
    isEchoed: isTyped,
    columns: () => unbroken,
    print,
    printMessage: (_id, rows) => print(rows),
    mark: ignore,
    setPrompt: ignore,
    giveBack: null,
    takeBack: () => [],
    unfinished: () => [],
    onLine: (listener) => {
      onLine = listener;
    },
    onEnd: (listener) => {
      onEnd = listener;
    },
    close: () => {
      isClosed = true;
      pastes?.close();
      input.destroy();
    },
  };
}

/** Lines typed at a terminal that edits them itself: those that arrive without a pause are a paste. */
class PastedLines {
  readonly #submit: (line: Typed) => void;
  readonly #print: (rows: readonly string[]) => void;
  #lines: string[] = [];
  #timer: NodeJS.Timeout | null = null;
  /** Paste that the user is asked about. */
  #asked: string | null = null;

  constructor(submit: (line: Typed) => void, print: (rows: readonly string[]) => void) {
    this.#submit = submit;
    this.#print = print;
  }

  take(line: string): void {
    this.#lines.push(line);
    this.#timer?.refresh();
    this.#timer ??= setTimeout(() => this.flush(), limits.burstGapMs);
  }

  /** Ends the burst. */
  flush(): void {
    this.close();
    const lines = this.#lines;
    this.#lines = [];
    const isPaste = lines.filter((line) => line.trim() !== '').length >= 2;
    if (this.#asked === null && !isPaste) {
      for (const text of lines) this.#submit({ text, isText: false });
      return;
    }
    const [answer = ''] = lines;
    const pasted = this.#asked;
    if (pasted === null || isPaste) {
      this.#asked = [...(pasted === null ? [] : [pasted]), ...lines].join('\n');
      const count = this.#asked.split('\n').length;
      this.#print([catalogue().prompt.pasteLinesPlain(count)]);
      return;
    }
    this.#asked = null;
    if (!/^n/i.test(answer.trim())) this.#submit({ text: pasted, isText: true });
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

const ignore = (): void => undefined;
