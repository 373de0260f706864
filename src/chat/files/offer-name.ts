/** The name of an offer, as users see it. Pure. */
import { files as limits } from '../../dialects/limits.js';

/** Names the one thing that is offered, or the first of several. */
export function snippetName(names: readonly string[]): string {
  const [first = '', ...others] = names;
  const rest = others.length === 0 ? '' : ` and ${String(others.length)} more`;
  let name = '';
  for (const character of first) {
    if (Buffer.byteLength(name + character + rest) > limits.nameBytesMax) break;
    name += character;
  }
  return name + rest;
}
