/** The screen without a terminal: lines in, plain lines out. */
import { cli } from '../limits.js';
import { splitLines } from '../../api/ndjson.js';
import type { Output } from '../screen/output.js';
import type { InputStream } from '../world.js';
import type { Typed } from './editor/editor.js';
import type { Screen } from './screen.js';

/** Columns that never break a line: the reader of a pipe breaks lines. */
const unbroken = 1_000_000;

/** Reads a pipe. `untilTaken` settles when the line before is carried out, so that no line overtakes a command. */
export function plainScreen(input: InputStream, output: Output, untilTaken: () => Promise<void>): Screen {
  let onLine: (line: Typed) => void = ignore;
  let onEnd: () => void = ignore;
  let isClosed = false;
  let printing: Promise<void> = Promise.resolve();
  const print = (rows: readonly string[]): void => {
    if (output.isJson) for (const row of rows) output.note(row);
    else printing = printing.then(() => output.results([], rows));
  };
  const read = async (): Promise<void> => {
    for await (const lines of splitLines(input, cli.stdinLineBytesMax)) {
      for (const line of lines) {
        if (isClosed) return;
        onLine({ text: line, isText: false });
        await untilTaken();
      }
    }
  };
  setImmediate(() => {
    read().then(
      () => onEnd(),
      () => onEnd(),
    );
  });
  return {
    columns: () => unbroken,
    print,
    printOwn: (_id, rows) => print(rows),
    mark: () => undefined,
    setPrompt: () => undefined,
    giveBack: null,
    onLine: (listener) => {
      onLine = listener;
    },
    onEnd: (listener) => {
      onEnd = listener;
    },
    close: () => {
      isClosed = true;
      input.destroy();
    },
  };
}

const ignore = (): void => undefined;
