/**
 * Keys or a paste: a terminal without bracketed paste sends pasted text as if it were typed, only faster. Text that
 * arrives without a pause is a burst, and a burst of two or more complete lines is a paste. Pure: the caller measures.
 */
import { editor as limits } from '../../limits.js';
import { isOneKey, KeyParser, pasteStart, unixLines, withoutSequences, type Key } from './keys.js';

/** Turns input into keys and pastes. */
export class BurstReader {
  readonly #parser = new KeyParser();
  /** Text of the burst that has begun. */
  #burst = '';

  /** Time without input after which `pause` must be called, in ms; null: nothing waits. */
  get waitMs(): number | null {
    if (this.#burst !== '') return limits.burstGapMs;
    if (this.#parser.isPasting) return limits.pasteGapMs;
    return this.#parser.isWaiting ? limits.escapeGapMs : null;
  }

  /** Takes text as it arrives and returns the keys that are certain. */
  feed(text: string): readonly Key[] {
    // A terminal that marks its pastes leaves no doubt.
    const arrived = this.#burst + text;
    const mark = this.#parser.isPasting ? 0 : arrived.indexOf(pasteStart);
    if (mark !== -1) {
      this.#burst = '';
      return [...this.#read(arrived.slice(0, mark)), ...this.#parser.feed(arrived.slice(mark))];
    }
    if (this.#burst === '' && (this.#parser.isWaiting || isOneKey(text))) return this.#parser.feed(text);
    this.#burst += text;
    return this.#burst.length > limits.pasteCharsMax ? this.pause() : [];
  }

  /** Ends the burst after `waitMs` without input. */
  pause(): readonly Key[] {
    if (this.#burst === '') return this.#parser.flush();
    const burst = this.#burst;
    this.#burst = '';
    return this.#read(burst);
  }

  #read(burst: string): readonly Key[] {
    if (!isPaste(burst)) return this.#parser.feed(burst);
    const text = unixLines(burst);
    return [
      { type: 'paste', text: text.slice(0, limits.pasteCharsMax), isCut: text.length > limits.pasteCharsMax },
    ];
  }
}

/** Whether a burst holds two or more complete lines with text in them. */
export function isPaste(burst: string): boolean {
  const complete = unixLines(withoutSequences(burst)).split('\n').slice(0, -1);
  return complete.filter((line) => /[^\s\x00-\x1f\x7f]/u.test(line)).length >= 2;
}
