/** The text of the input line and its cursor: inserts, deletes, moves, takes back. Pure. */
import { unreachable } from '../../../../exhaustive.js';
import { editor as limits } from '../../limits.js';
import { boundaryAfter, boundaryBefore } from './cells.js';

/** Keys that change the text or move the cursor within it. */
export const editNames = [
  'newline',
  'backspace',
  'delete',
  'left',
  'right',
  'word-left',
  'word-right',
  'home',
  'end',
  'kill-to-end',
  'kill-to-start',
  'kill-word-left',
  'kill-word-right',
  'yank',
  'undo',
] as const;
/** A name of an edit. */
export type EditName = (typeof editNames)[number];

interface Snapshot {
  readonly text: string;
  readonly cursor: number;
}

/** The text, its cursor, and the steps to undo. */
export class TextBuffer {
  #text = '';
  #cursor = 0;
  #killed = '';
  #undo: Snapshot[] = [];

  get text(): string {
    return this.#text;
  }

  /** Position of the cursor, in UTF-16 units. */
  get cursor(): number {
    return this.#cursor;
  }

  set(text: string, cursor = text.length): void {
    this.#text = text;
    this.#cursor = cursor;
  }

  /** Sets the text so that `undo` brings the present one back. */
  change(text: string, cursor = text.length): void {
    this.#undo.push({ text: this.#text, cursor: this.#cursor });
    if (this.#undo.length > limits.undoStatesMax) this.#undo.shift();
    this.set(text, cursor);
  }

  /** Empties the text for the next line. */
  clear(): void {
    this.set('');
    this.#undo = [];
  }

  insert(text: string): void {
    if (text !== '') this.change(this.with(text), this.#cursor + text.length);
  }

  /** Returns the text with `inserted` at the cursor. */
  with(inserted: string): string {
    return this.#text.slice(0, this.#cursor) + inserted + this.#text.slice(this.#cursor);
  }

  edit(name: EditName): void {
    const { start, end } = this.#lineBounds();
    switch (name) {
      case 'newline':
        return this.insert('\n');
      case 'backspace':
        return this.#deleteTo(boundaryBefore(this.#text, this.#cursor));
      case 'delete':
        return this.#deleteTo(boundaryAfter(this.#text, this.#cursor));
      case 'left':
        return this.#moveTo(boundaryBefore(this.#text, this.#cursor));
      case 'right':
        return this.#moveTo(boundaryAfter(this.#text, this.#cursor));
      case 'word-left':
        return this.#moveTo(this.#wordStart());
      case 'word-right':
        return this.#moveTo(this.#wordEnd());
      case 'home':
        return this.#moveTo(start);
      case 'end':
        return this.#moveTo(end);
      case 'kill-to-start':
        return this.#kill(this.#cursor === start ? start - 1 : start);
      case 'kill-to-end':
        return this.#kill(this.#cursor === end ? end + 1 : end);
      case 'kill-word-left':
        return this.#kill(this.#wordStart());
      case 'kill-word-right':
        return this.#kill(this.#wordEnd());
      case 'yank':
        return this.insert(this.#killed);
      case 'undo': {
        const last = this.#undo.pop();
        if (last !== undefined) this.set(last.text, last.cursor);
        return undefined;
      }
      default:
        return unreachable(name);
    }
  }

  /** Moves by a line of the text; false: there is none in that direction. */
  moveVertically(direction: -1 | 1): boolean {
    const { start, end } = this.#lineBounds();
    if (direction === -1 ? start === 0 : end === this.#text.length) return false;
    const column = this.#cursor - start;
    const otherStart = direction === -1 ? this.#text.lastIndexOf('\n', start - 2) + 1 : end + 1;
    const otherEnd = this.#text.indexOf('\n', otherStart);
    const last = otherEnd === -1 ? this.#text.length : otherEnd;
    if (otherStart + column >= last) this.#moveTo(last);
    // The column may stand within a grapheme.
    else this.#moveTo(boundaryBefore(this.#text, otherStart + column + 1));
    return true;
  }

  #deleteTo(index: number): void {
    const [from, to] = this.#between(index);
    if (from !== to) this.change(this.#text.slice(0, from) + this.#text.slice(to), from);
  }

  #kill(index: number): void {
    const [from, to] = this.#between(index);
    if (from !== to) this.#killed = this.#text.slice(from, to);
    this.#deleteTo(index);
  }

  #between(index: number): readonly [number, number] {
    const other = Math.max(0, Math.min(this.#text.length, index));
    return [Math.min(other, this.#cursor), Math.max(other, this.#cursor)];
  }

  #moveTo(index: number): void {
    this.#cursor = Math.max(0, Math.min(this.#text.length, index));
  }

  #lineBounds(): { readonly start: number; readonly end: number } {
    const start = this.#cursor === 0 ? 0 : this.#text.lastIndexOf('\n', this.#cursor - 1) + 1;
    const end = this.#text.indexOf('\n', this.#cursor);
    return { start, end: end === -1 ? this.#text.length : end };
  }

  #wordStart(): number {
    const before = this.#text.slice(0, this.#cursor);
    return before.replace(/[^\p{L}\p{M}\p{N}]+$/u, '').replace(/[\p{L}\p{M}\p{N}]+$/u, '').length;
  }

  #wordEnd(): number {
    const after = this.#text.slice(this.#cursor);
    return this.#cursor + (/^[^\p{L}\p{M}\p{N}]*[\p{L}\p{M}\p{N}]*/u.exec(after)?.[0].length ?? 0);
  }
}
