/** Lines of stdin as messages: numbered, checked, and bounded in memory. */
import { catalogue } from '../../text/catalogue.js';
import { unreachable } from '../../../exhaustive.js';
import { text as textLimits } from '../../../node/limits.js';
import { reasonOf } from '../../../system-errors.js';
import type { CliError } from '../errors.js';

/** One line of the input, or the reason why it cannot be a message. */
export type InputLine =
  | { readonly type: 'line'; readonly number: number; readonly text: string }
  /** The line is left out, and reading goes on. */
  | { readonly type: 'not-utf8'; readonly number: number }
  /** The last item. `isMore`: the line goes on after these bytes. */
  | { readonly type: 'too-long'; readonly number: number; readonly bytes: number; readonly isMore: boolean }
  /** The last item: the input cannot be read on. */
  | { readonly type: 'unreadable'; readonly number: number; readonly reason: string };

/** Bounds of the input. */
export interface InputLimits {
  /** Bytes of a line that is accepted. */
  readonly lineBytesMax: number;
  /** Bytes of one line that are held in memory. */
  readonly heldBytesMax: number;
}

/**
 * Yields lines without their end (`\n` or `\r\n`), grouped as they arrived. The last line needs no end. A byte order mark
 * at the start is dropped. Ends after the first line that is too long.
 */
export async function* inputLines(
  chunks: AsyncIterable<Uint8Array | string>,
  limits: InputLimits,
): AsyncGenerator<readonly InputLine[], void, undefined> {
  const reader = new LineReader(limits);
  try {
    for await (const chunk of chunks) {
      const lines = reader.read(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
      if (lines.length > 0) yield lines;
      if (reader.isOver) return;
    }
  } catch (cause) {
    yield [{ type: 'unreadable', number: reader.number, reason: reasonOf(cause) }];
    return;
  }
  const last = reader.end();
  if (last.length > 0) yield last;
}

const newline = 0x0a;
const carriageReturn = 0x0d;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

class LineReader {
  readonly #limits: InputLimits;
  /** Pieces of the line that is not complete yet. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #number = 1;
  #isOver = false;

  constructor(limits: InputLimits) {
    this.#limits = limits;
  }

  /** Number of the next line. */
  get number(): number {
    return this.#number;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  read(chunk: Uint8Array): readonly InputLine[] {
    const lines: InputLine[] = [];
    let from = 0;
    while (!this.#isOver) {
      const to = chunk.indexOf(newline, from);
      if (to < 0) break;
      lines.push(this.#line(chunk.subarray(from, to)));
      from = to + 1;
    }
    if (this.#isOver) return lines;
    const rest = chunk.subarray(from);
    if (rest.length > 0) this.#held.push(rest);
    this.#heldBytes += rest.length;
    if (this.#heldBytes > this.#limits.heldBytesMax) {
      this.#isOver = true;
      lines.push({ type: 'too-long', number: this.#number, bytes: this.#limits.heldBytesMax, isMore: true });
    }
    return lines;
  }

  end(): readonly InputLine[] {
    return this.#heldBytes === 0 ? [] : [this.#line(new Uint8Array())];
  }

  #line(tail: Uint8Array): InputLine {
    const whole = Buffer.concat([...this.#held, tail]);
    this.#held = [];
    this.#heldBytes = 0;
    const number = this.#number;
    this.#number += 1;
    const start = number === 1 && whole.subarray(0, 3).equals(byteOrderMark) ? 3 : 0;
    const bytes = whole.subarray(start, whole.at(-1) === carriageReturn ? -1 : undefined);
    if (bytes.length > this.#limits.lineBytesMax) {
      this.#isOver = true;
      return { type: 'too-long', number, bytes: bytes.length, isMore: false };
    }
    try {
      return { type: 'line', number, text: strict.decode(bytes) };
    } catch {
      return { type: 'not-utf8', number };
    }
  }
}

/** Returns the failure of a line that cannot be a message; `null` for a message. */
export function troubleOf(line: InputLine): CliError | null {
  const failure = (detail: string, isRestSent: boolean): CliError => ({
    code: 'command/input',
    line: line.number,
    detail,
    isRestSent,
  });
  switch (line.type) {
    case 'line':
      return null;
    case 'not-utf8':
      return failure(catalogue().commands.notUtf8Line, true);
    case 'too-long': {
      const { bytesTooMany } = catalogue().commands;
      return failure(bytesTooMany(line.bytes, line.isMore, textLimits.messageBytesMax), false);
    }
    case 'unreadable':
      return failure(line.reason, false);
    default:
      return unreachable(line);
  }
}
