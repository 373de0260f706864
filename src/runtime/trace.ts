/** With `ACTOR_TRACE` set, one line per envelope on stderr: names and sizes, never bodies. */
import { writeSync } from 'node:fs';
import { isCall, nameShift, type EnvelopeCode } from './link/envelope.js';

/** Whether envelopes are traced. */
export const isTracing = (process.env['ACTOR_TRACE'] ?? '') !== '';

/** Written at once and by this thread itself, so that the last lines before a crash are there. */
export function traceBatch(
  link: { readonly from: string; readonly to: string },
  names: readonly string[],
  first: number,
  codes: readonly EnvelopeCode[],
): void {
  const from = link.from === '' ? '-' : link.from;
  const lines = codes.map((code, i) => {
    const kind = (code & isCall) === 0 ? 'cast' : 'call';
    const name = names[code >> nameShift] ?? '?';
    return `actor-trace ${kind} ${from} > ${link.to} ${name} #${first + i} batch=${codes.length}\n`;
  });
  try {
    writeSync(2, lines.join(''));
  } catch {
    // A full or closed stderr must not disturb what is being traced.
  }
}
