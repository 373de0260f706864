/**
 * Escaping, the one way for text of a peer to a terminal. Characters that could move the cursor, colour, link, hide
 * or reorder are made visible or removed; letters of every script stay. Stored text is never changed.
 */
import { name as limits } from './limits.js';
import { isJoiner, withoutIdleJoiners } from './joiners.js';
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
  let marks = 0;
  const points = Array.from(clipped);
  for (const [index, point] of points.entries()) {
    if (isJoiner(point)) {
      shown += point;
      continue;
    }
    marks = /\p{M}/u.test(point) ? marks + 1 : 0;
    if (marks <= limits.combiningMarksMax) shown += visible(point, points[index + 1] ?? '', isMultiline);
  }
  return withoutIdleJoiners(shown);
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

function clip(text: string, graphemesMax: number): string {
  const clipped = clipGraphemes(text, graphemesMax);
  return clipped.length < text.length ? `${clipped}…` : clipped;
}

function visible(point: string, following: string, isMultiline: boolean): string {
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
    default:
  }
  if (code < 0x20 || code === 0x7f) return `^${String.fromCharCode(code ^ 0x40)}`;
  if (code < 0xa0) return '\uFFFD';
  if (/[\p{Cs}\p{Bidi_Control}\p{Noncharacter_Code_Point}]/u.test(point)) return '\uFFFD';
  if (/\p{Default_Ignorable_Code_Point}/u.test(point)) return '';
  if (/\p{Cf}/u.test(point)) return prependedSigns.test(point) ? point : '\uFFFD';
  return point;
}

/** Signs of the Arabic and Syriac scripts that are format controls by category and visible by nature. */
const prependedSigns = /[\u0600-\u0605\u06DD\u070F\u0890\u0891\u08E2]/;
