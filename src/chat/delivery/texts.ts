/** Texts that can be sent: not empty, well-formed, within the bound. Pure. */
import type { ChatError } from '../errors.js';
import { text as limits } from '../../dialects/limits.js';

/** Returns why a text cannot be sent: `chat/text-empty`, `chat/text-invalid` or `chat/text-too-long`; null: it can. */
export function refusalOfText(text: string): ChatError | null {
  if (text === '') return { code: 'chat/text-empty' };
  if (!isWellFormed(text)) return { code: 'chat/text-invalid', detail: 'half of a surrogate pair' };
  const gotBytes = Buffer.byteLength(text);
  const limitBytes = limits.messageBytesMax;
  return gotBytes > limitBytes ? { code: 'chat/text-too-long', limitBytes, gotBytes } : null;
}

/** Half of a surrogate pair has no form in UTF-8: it would arrive as something else than was sent. */
const isWellFormed = (text: string): boolean => !/[\uD800-\uDFFF]/u.test(text);
