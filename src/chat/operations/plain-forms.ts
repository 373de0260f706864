/**
 * Operations as plain texts, for a peer whose program knows texts alone: a reply quotes the message that it answers,
 * and an edit is a new text. A deletion and a reaction have no such form. Pure.
 */
import { unreachable } from '../../exhaustive.js';
import type { Content } from '../delivery/entry.js';
import { plainForms as limits } from './limits.js';

/** The program of the peer: an older Parlance shows several lines, a foreign program one. */
export type PlainReader = 'older' | 'foreign';

/** Returns the text; null: the content has no such form. `quoted`: the text that a reply answers; empty: unknown. */
export function plainForm(content: Content, quoted: string, reader: PlainReader): string | null {
  switch (content.type) {
    case 'text':
      return content.replyTo === undefined ? content.text : replyForm(content.text, quoted, reader);
    case 'edit':
      return `* ${content.text}`;
    case 'delete':
    case 'reaction':
    case 'file-offer':
    case 'timer':
    case 'unknown':
      return null;
    default:
      return unreachable(content);
  }
}

function replyForm(text: string, quoted: string, reader: PlainReader): string {
  if (quoted === '') return text;
  const form =
    reader === 'older'
      ? `> ${snippetOf(quoted, limits.quoteGraphemesOlder)}\n${text}`
      : `re "${snippetOf(quoted, limits.quoteGraphemesForeign)}": ${text}`;
  // The words of the user come first: a quote that leaves no room for them is left out.
  return Buffer.byteLength(form) > limits.bytesMax ? text : form;
}

/** Returns the beginning of a text as one line. */
export function snippetOf(text: string, graphemesMax: number): string {
  // A grapheme of a peer may be of any length.
  const line = text
    .slice(0, limits.quoteUnitsMax)
    .replaceAll(/\p{Surrogate}$/gu, '')
    .replaceAll(/\s+/gu, ' ')
    .trim();
  let count = 0;
  for (const { index } of segmenter.segment(line)) {
    if (count === graphemesMax) return `${line.slice(0, index)}…`;
    count += 1;
  }
  return text.length > limits.quoteUnitsMax ? `${line}…` : line;
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
