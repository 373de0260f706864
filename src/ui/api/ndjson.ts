/**
 * Newline-delimited text cut into lines, bounded: the events and bodies of the local API, and the lines of stdin.
 */
import { StringDecoder } from 'node:string_decoder';

/** What `splitLines` throws out of a `for await`: a line longer than the bound, whose end was never seen. */
export class LineTooLongError extends Error {
  readonly limitBytes: number;
  constructor(limitBytes: number) {
    super(`a line is longer than ${limitBytes} bytes`);
    this.limitBytes = limitBytes;
  }
}

/**
 * Lines without their end (`\n` or `\r\n`), in order, grouped as they arrived so that a reader can batch them. The
 * last one needs no end. Invalid UTF-8 becomes U+FFFD. Throws `LineTooLongError` past `lineBytesMax`.
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
    // One UTF-16 unit is at least one byte: a longer rest cannot fit, a shorter one is measured when it ends.
    if (rest.length > lineBytesMax) throw new LineTooLongError(lineBytesMax);
    if (pieces.length > 0) yield pieces.map(withoutReturn);
  }
  rest += decoder.end();
  if (rest !== '') yield [withoutReturn(rest)];
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
