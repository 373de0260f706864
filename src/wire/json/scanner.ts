/**
 * The structure of JSON, one code after the other: brackets, strings and the signs between them, for code that
 * inspects a text before it is parsed or complete. Codes are bytes of UTF-8 or units of UTF-16: all signs of JSON are
 * ASCII. Layer wire, pure.
 */

/**
 * The meaning of one code. `quote` begins a string, `unquote` ends it, and `other` is a code of a string or a scalar.
 */
export type JsonStep =
  'object' | 'array' | 'close' | 'quote' | 'unquote' | 'colon' | 'comma' | 'blank' | 'other';

/**
 * Follows the brackets and strings of a text. Counts right in every valid text; leaves most mistakes to `JSON.parse`.
 */
export class JsonScanner {
  #depth = 0;
  #isInString = false;
  #isEscaped = false;

  /** Number of open brackets. */
  get depth(): number {
    return this.#depth;
  }

  get isInString(): boolean {
    return this.#isInString;
  }

  step(code: number): JsonStep {
    if (this.#isInString) return this.#stepInString(code);
    switch (code) {
      case ascii.quote:
        this.#isInString = true;
        return 'quote';
      case ascii.braceOpen:
        this.#depth += 1;
        return 'object';
      case ascii.bracketOpen:
        this.#depth += 1;
        return 'array';
      case ascii.braceClose:
      case ascii.bracketClose:
        this.#depth -= 1;
        return 'close';
      case ascii.colon:
        return 'colon';
      case ascii.comma:
        return 'comma';
      case ascii.blank:
      case ascii.tab:
      case ascii.lineFeed:
      case ascii.carriageReturn:
        return 'blank';
      default:
        return 'other';
    }
  }

  #stepInString(code: number): JsonStep {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (code === ascii.backslash) this.#isEscaped = true;
    else if (code === ascii.quote) {
      this.#isInString = false;
      return 'unquote';
    }
    return 'other';
  }
}

const ascii = {
  tab: 0x09,
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  blank: 0x20,
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  bracketOpen: 0x5b,
  backslash: 0x5c,
  bracketClose: 0x5d,
  braceOpen: 0x7b,
  braceClose: 0x7d,
} as const;
