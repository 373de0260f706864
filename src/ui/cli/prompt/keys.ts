/**
 * Keys for readline, one at a time. Readline takes several characters in one chunk for pasted text: it then appends them
 * wherever the cursor is and loses count of its rows. Here pasted text arrives as if it had been typed, its tabs as
 * blanks, since a tab would complete.
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

  /** Readline asks its input for it; the terminal is our source. */
  setRawMode(isRaw: boolean): this {
    this.#source.setRawMode?.(isRaw);
    return this;
  }

  /** Gives the source back as it was. */
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
