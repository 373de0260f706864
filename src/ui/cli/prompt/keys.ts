/**
 * Keys for readline, one at a time. Readline treats several characters in one chunk as pasted text: it appends them at
 * the end, wherever the cursor is, and miscounts its rows. This stream passes pasted text on as if it were typed. A
 * pasted tab becomes a blank, since a tab would complete.
 */
import { StringDecoder } from 'node:string_decoder';
import { Transform, type TransformCallback } from 'node:stream';
import type { InputStream } from '../world.js';

export class Keys extends Transform {
  readonly isTTY = true;
  readonly #source: InputStream & { setRawMode?: (isRaw: boolean) => unknown };
  readonly #decoder = new StringDecoder('utf8');

  constructor(source: InputStream) {
    super({ decodeStrings: true });
    this.#source = source;
    source.pipe(this);
  }

  /** Passes the mode, which readline sets on its input, on to the terminal. */
  setRawMode(isRaw: boolean): this {
    this.#source.setRawMode?.(isRaw);
    return this;
  }

  /** Detaches from the source. */
  release(): void {
    this.#source.unpipe(this);
    this.#source.pause();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const text = this.#decoder.write(chunk);
    const isPasted = text.length > 1 && !text.startsWith('\u001b');
    for (const key of text) this.push(isPasted && key === '\t' ? ' ' : key);
    done();
  }
}
