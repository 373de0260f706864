/** Emoji that can be a reaction. Pure. */
import { operation as limits } from './limits.js';

/** Whether a text is one emoji: one sign as people see it, composed, with a picture in it, and short. */
export function isEmoji(text: string): boolean {
  if (text === '' || Buffer.byteLength(text) > limits.emojiBytesMax) return false;
  if (Array.from(text).length > limits.emojiPointsMax || text !== text.normalize('NFC')) return false;
  return picture.test(text) && !/\p{Cc}|\p{Surrogate}|\p{Bidi_Control}/u.test(text) && isOneSign(text);
}

/** Excludes lone modifiers, joiners and letters. */
const picture = /\p{Extended_Pictographic}|\p{Regional_Indicator}{2}|\u20E3/u;

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

function isOneSign(text: string): boolean {
  const [first] = segmenter.segment(text);
  return first?.segment === text;
}
