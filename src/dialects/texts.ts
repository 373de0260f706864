/**
 * Utterances on their way between two threads. The texts of a flood that were sent at one time travel as two columns,
 * since a copy of each object costs far more than its text. Pure.
 */
import type { MessageId } from '../ids.js';
import type { Utterance } from './dialect.js';

/** Texts that were sent at one time. */
export interface Texts {
  readonly type: 'texts';
  readonly sentAtMs: number;
  readonly ids: readonly MessageId[];
  readonly texts: readonly string[];
}

/** Joins consecutive texts of one time. */
export function joinTexts(utterances: readonly Utterance[]): readonly (Utterance | Texts)[] {
  const joined: (Utterance | Texts)[] = [];
  for (let from = 0; from < utterances.length;) {
    const first = utterances[from];
    if (first === undefined) break;
    const ids: MessageId[] = [];
    const texts: string[] = [];
    if (first.type === 'text')
      for (let at = from; at < utterances.length; at += 1) {
        const next = utterances[at];
        if (next?.type !== 'text' || next.id === null || next.sentAtMs !== first.sentAtMs) break;
        ids.push(next.id);
        texts.push(next.text);
      }
    joined.push(
      first.type === 'text' && ids.length > 1
        ? { type: 'texts', sentAtMs: first.sentAtMs, ids, texts }
        : first,
    );
    from += Math.max(1, ids.length);
  }
  return joined;
}

/** Splits joined texts into utterances. */
export function splitTexts(joined: readonly (Utterance | Texts)[]): readonly Utterance[] {
  const utterances: Utterance[] = [];
  for (const each of joined) {
    if (each.type !== 'texts') {
      utterances.push(each);
      continue;
    }
    const { sentAtMs, ids, texts } = each;
    for (const [at, id] of ids.entries())
      utterances.push({ type: 'text', id, sentAtMs, text: texts[at] ?? '' });
  }
  return utterances;
}
