/** Newline-delimited text cut into bounded lines: events and bodies of the local API, and stdin. */
import { StringDecoder } from 'node:string_decoder';

/** A line exceeds the bound. `splitLines` throws it out of a `for await`. */
export class LineTooLongError extends Error {
  readonly limitBytes: number;
  constructor(limitBytes: number) {
    super(`a line is longer than ${limitBytes} bytes`);
    this.limitBytes = limitBytes;
  }
}

/**
 * Yields lines without their end (`\n` or `\r\n`), in order and grouped as they arrived, so that a reader can batch
 * them. The last line needs no end. Invalid UTF-8 becomes U+FFFD. Throws `LineTooLongError` past `lineBytesMax`.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array | string>,
  lineBytesMax: number,
): AsyncGenerator<string[], void, undefined> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of chunks) {
    const text = typeof chunk === 'string' ? chunk : decoder.write(asBuffer(chunk));
    const pieces = (rest + text).split('\n');
    rest = pieces.pop() ?? '';
    // One UTF-16 unit is at least one byte, so a longer rest cannot fit. A shorter rest is measured at its end.
    if (rest.length > lineBytesMax) throw new LineTooLongError(lineBytesMax);
    if (pieces.length > 0) yield pieces.map(withoutReturn);
  }
  rest += decoder.end();
  if (rest !== '') yield [withoutReturn(rest)];
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
