/** Texts of any code points for properties. */
import fc from 'fast-check';

const between = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

/**
 * For `fc.string({ unit: codePoint })`: any code point but lone surrogates, those of one, two, three and four bytes
 * alike. As fast-check's own `binary`, whose table of all of them costs two seconds of CPU in each process.
 */
export const codePoint: fc.Arbitrary<string> = fc
  .oneof(
    between(0, 0x7f),
    between(0x80, 0x7ff),
    between(0x800, 0xd7ff),
    between(0xe000, 0xffff),
    between(0x1_0000, 0x10_ffff),
  )
  .map((value) => String.fromCodePoint(value));
