/**
 * Words as people see them, for the search index and for queries alike. A text is folded (forms of one letter, case),
 * then cut: letters of scripts without blanks between words, emoji and pictures are words of their own. Pure.
 */

/** Folds the forms of one letter: width, ligatures, case, ё and ı. Accents are folded by the index. */
export const fold = (text: string): string =>
  text
    .replaceAll(/\0|\p{Surrogate}/gu, ' ')
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('ё', 'е')
    .replaceAll('ı', 'i')
    .replaceAll(/\u200D|\uFE0E|\uFE0F/gu, '');

/** Returns the folded text as the index takes it: each single sign as a word that the tokenizer knows. */
export const indexed = (folded: string): string => folded.replaceAll(single, wordOf);

/** Whether the index holds anything of a folded text. */
export const hasWord = (folded: string): boolean => letter.test(folded) || folded.search(single) >= 0;

/** Whether a folded text holds signs that the index does not, so that a hit is checked against the text itself. */
export const hasSigns = (folded: string): boolean => sign.test(folded.replaceAll(single, ''));

/** Scripts that put no blank between words, and pictures. */
const single =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}\p{Extended_Pictographic}\p{So}\p{Regional_Indicator}\p{Emoji_Modifier}]/gu;

/** Letters, digits and private use make words. */
const letter = /[\p{L}\p{N}\p{Co}]/u;

/** Signs that mean something in a search; punctuation of sentences does not. */
const sign = /[\p{Sm}\p{Sc}\p{Pd}\p{Pc}#@&%*^/\\]/u;

/** A private letter, which no word of a text begins with, then the number of the sign; `x` ends it. */
const wordOf = (point: string): string => ` \uE000${(point.codePointAt(0) ?? 0).toString(16)}x `;
