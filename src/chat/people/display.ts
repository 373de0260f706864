/**
 * Escaping, the one way for text of a peer to a terminal. Characters that could move the cursor, colour, link, hide
 * or reorder are made visible or removed; letters of every script stay. Stored text is never changed.
 */
import { name as limits } from './limits.js';
import { clipGraphemes } from './name.js';

/** Options of `escapeForTerminal`. */
export interface EscapeOptions {
  /** Whether line ends and tabs stay. Otherwise the result is one line. */
  readonly multiline?: boolean;
  /** More grapheme clusters than this are cut and end in `…`. */
  readonly graphemesMax?: number;
}

/**
 * Returns `raw` without anything that a terminal acts on. C0 controls and DEL become `^X`; C1 controls, bidi
 * controls, lone surrogates, noncharacters and other format controls become U+FFFD; zero-width characters vanish,
 * except where a script or an emoji needs its joiner; marks beyond `combiningMarksMax` on one letter vanish.
 */
export function escapeForTerminal(raw: string, options: EscapeOptions = {}): string {
  const clipped = options.graphemesMax === undefined ? raw : clip(raw, options.graphemesMax);
  const isMultiline = options.multiline ?? false;
  if (!(isMultiline ? notableInLines : notable).test(clipped)) return clipped;
  let shown = '';
  let before = '';
  let marks = 0;
  const points = Array.from(clipped);
  for (let index = 0; index < points.length; index += 1) {
    const point = points[index] ?? '';
    const following = points[index + 1] ?? '';
    if (/\p{M}/u.test(point)) {
      marks += 1;
      if (marks > limits.combiningMarksMax) continue;
    } else marks = 0;
    shown += visible(point, before, following, isMultiline);
    before = point;
  }
  return shown;
}

/** Escapes a name for a terminal: one line, at most 64 graphemes, and unable to reorder the text around it. */
export function escapeName(name: string): string {
  return isolate(escapeForTerminal(name.slice(0, limits.rawCharsMax), { graphemesMax: limits.graphemesMax }));
}

/** Isolates escaped text with right-to-left letters, so that it cannot reorder the text around it. */
export function isolate(escaped: string): string {
  return rightToLeft.test(escaped) ? `\u2068${escaped}\u2069` : escaped;
}

/** Characters that need a decision each. Most texts have none. */
const notable = /[\p{C}\p{M}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
const notableInLines = /(?!\n)[\p{C}\p{M}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

const rightToLeft =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}\p{Script=Samaritan}\p{Script=Mandaic}\p{Script=Hanifi_Rohingya}]/u;

/** Scripts in which a joiner or non-joiner between letters changes the letters' shape. */
const joining =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gujarati}\p{Script=Gurmukhi}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Oriya}\p{Script=Sinhala}\p{Script=Tamil}\p{Script=Telugu}]/u;

function clip(text: string, graphemesMax: number): string {
  const clipped = clipGraphemes(text, graphemesMax);
  return clipped.length < text.length ? `${clipped}…` : clipped;
}

function visible(point: string, before: string, following: string, isMultiline: boolean): string {
  const code = point.codePointAt(0) ?? 0;
  if (code >= 0x20 && code < 0x7f) return point;
  switch (point) {
    case '\n':
      return isMultiline ? '\n' : '^J';
    case '\t':
      return isMultiline ? '\t' : ' ';
    case '\r':
      return isMultiline && following === '\n' ? '' : '^M';
    case '\u2028':
    case '\u2029':
      return isMultiline ? '\n' : ' ';
    case '\u200C':
      return joining.test(before) && joining.test(following) ? point : '';
    case '\u200D':
      return isJoinNeeded(before, following) ? point : '';
    default:
  }
  if (code < 0x20 || code === 0x7f) return `^${String.fromCharCode(code ^ 0x40)}`;
  if (code < 0xa0) return '\uFFFD';
  if (/[\p{Cs}\p{Bidi_Control}\p{Noncharacter_Code_Point}]/u.test(point)) return '\uFFFD';
  // A variation selector chooses how the character before it is drawn; the other ignorable ones draw nothing.
  if (/[\uFE00-\uFE0F]/.test(point)) return /[\p{L}\p{N}\p{S}\p{P}]/u.test(before) ? point : '';
  if (/\p{Default_Ignorable_Code_Point}/u.test(point)) return '';
  if (/\p{Cf}/u.test(point)) return prependedSigns.test(point) ? point : '\uFFFD';
  return point;
}

/** Signs of the Arabic and Syriac scripts that are format controls by category and visible by nature. */
const prependedSigns = /[\u0600-\u0605\u06DD\u070F\u0890\u0891\u08E2]/;

const isJoinNeeded = (before: string, following: string): boolean =>
  (/[\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F]/u.test(before) &&
    /\p{Extended_Pictographic}/u.test(following)) ||
  (joining.test(before) && joining.test(following));
