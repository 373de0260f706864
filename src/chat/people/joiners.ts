/**
 * Invisible characters that a text needs: joiners between letters whose form they choose, parts of emoji, variation
 * selectors. Pure. After UAX #31 (rules A1, A2 and B) and UTS #51.
 */

/** Scripts that write a word in one stroke: a joiner or non-joiner between letters changes their form. */
const cursive =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Nko}\p{Script=Mandaic}\p{Script=Manichaean}\p{Script=Adlam}\p{Script=Phags_Pa}\p{Script=Psalter_Pahlavi}\p{Script=Hanifi_Rohingya}\p{Script=Sogdian}]/u;

/** Scripts in which a virama takes the vowel from a consonant: a joiner behind it chooses the form of both. */
const conjunct =
  /[\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Myanmar}\p{Script=Khmer}\p{Script=Balinese}\p{Script=Javanese}]/u;

const virama =
  /[\u094D\u09CD\u0A4D\u0ACD\u0B4D\u0BCD\u0C4D\u0CCD\u0D3B\u0D3C\u0D4D\u0DCA\u1039\u103A\u17D2\u1B44\uA9C0]/u;

/** Flags of parts of a country, spelled in invisible letters: England, Scotland, Wales. */
const regionalFlags: ReadonlySet<string> = new Set(['gbeng', 'gbsct', 'gbwls']);

/** Letters of a regional flag and their end. */
const flagCharsMax = 6;

const nonJoiner = 0x200c;
const joiner = 0x200d;

/** Variation selectors of Mongolian, of all scripts (text and picture last), and of ideographs; letters of flags. */
const isMongolianSelector = (code: number): boolean => (code >= 0x180b && code <= 0x180d) || code === 0x180f;
const isSelector = (code: number): boolean => code >= 0xfe00 && code <= 0xfe0d;
const isStyle = (code: number): boolean => code === 0xfe0e || code === 0xfe0f;
const isIdeographSelector = (code: number): boolean => code >= 0xe0100 && code <= 0xe01ef;
const isTag = (code: number): boolean => code >= 0xe0020 && code <= 0xe007f;

/** Whether the character is one of those that `isNeeded` judges. */
export function isJoiner(point: string): boolean {
  const code = codeOf(point);
  if (code < nonJoiner) return isMongolianSelector(code);
  return (
    code === nonJoiner ||
    code === joiner ||
    isSelector(code) ||
    isStyle(code) ||
    isIdeographSelector(code) ||
    isTag(code)
  );
}

/** Whether the text needs its invisible character at `index`. `points`: the code points of the text. */
function isNeeded(points: readonly string[], index: number): boolean {
  const code = codeOf(points[index]);
  const before = points[index - 1] ?? '';
  if (code === nonJoiner) return isNonJoinerNeeded(points, index);
  if (code === joiner) return isEmojiJoint(points, index) || isJoinerBetweenLetters(points, index);
  if (isStyle(code)) return isEmojiStyle(before, points[index + 1] ?? '');
  if (isMongolianSelector(code)) return /\p{Script=Mongolian}/u.test(before);
  if (isTag(code)) return isOfFlag(points, index);
  return /[\p{Unified_Ideograph}\p{Sm}\p{Script=Phags_Pa}\p{Script=Myanmar}\p{Script=Manichaean}]/u.test(
    before,
  );
}

const codeOf = (point: string | undefined): number => point?.codePointAt(0) ?? 0;

/** Returns the nearest character in one direction that is not a combining mark. */
function letterFrom(points: readonly string[], index: number, step: -1 | 1): string {
  let at = index + step;
  while (/\p{M}/u.test(points[at] ?? '')) at += step;
  return points[at] ?? '';
}

function isNonJoinerNeeded(points: readonly string[], index: number): boolean {
  const before = letterFrom(points, index, -1);
  const following = letterFrom(points, index, 1);
  if (cursive.test(before)) return cursive.test(following);
  return virama.test(points[index - 1] ?? '') && conjunct.test(before) && conjunct.test(following);
}

function isJoinerBetweenLetters(points: readonly string[], index: number): boolean {
  const before = letterFrom(points, index, -1);
  if (cursive.test(before)) return cursive.test(letterFrom(points, index, 1));
  const isAfterVirama = virama.test(points[index - 1] ?? '') && conjunct.test(before);
  // Before a vowel sign the joiner would have nothing to choose.
  return isAfterVirama && !/\p{M}/u.test(points[index + 1] ?? '');
}

/** Whether both sides of the joiner are pictures, as in a family. */
function isEmojiJoint(points: readonly string[], index: number): boolean {
  const before = points[index - 1] ?? '';
  return (
    (/[\p{Extended_Pictographic}\p{Emoji_Modifier}]/u.test(before) || before === '\u{FE0F}') &&
    /\p{Extended_Pictographic}/u.test(points[index + 1] ?? '')
  );
}

/** Whether the selector chooses between text and picture. Digits and signs are pictures as key caps alone. */
const isEmojiStyle = (before: string, following: string): boolean =>
  /[0-9#*]/.test(before) ? following === '\u20E3' : /\p{Emoji}/u.test(before);

function isOfFlag(points: readonly string[], index: number): boolean {
  let start = index;
  while (isTag(codeOf(points[start - 1])) && index - start < flagCharsMax) start -= 1;
  let end = index;
  while (isTag(codeOf(points[end + 1])) && end - index < flagCharsMax) end += 1;
  const spelled = points
    .slice(start, end)
    .map((point) => String.fromCodePoint((point.codePointAt(0) ?? 0) - 0xe0000))
    .join('');
  return points[start - 1] === '\u{1F3F4}' && points[end] === '\u{E007F}' && regionalFlags.has(spelled);
}

/** Removes the joiners and selectors that the text does not need. */
export function withoutIdleJoiners(text: string): string {
  let kept = Array.from(text);
  for (;;) {
    const needed = kept.filter((point, index) => !isJoiner(point) || isNeeded(kept, index));
    if (needed.length === kept.length) return kept.join('');
    kept = needed;
  }
}
