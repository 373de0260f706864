/** With `PARLANCE_TRACE` set, one line per envelope on stderr: names and sizes, never bodies. */
import { writeSync } from 'node:fs';

export const isTracing = (process.env['PARLANCE_TRACE'] ?? '') !== '';

/** Written at once and by this thread itself, so that the last lines before a crash are there. */
export function trace(
  from: string,
  to: string,
  kind: 'cast' | 'call',
  name: string,
  seq: number,
  of: number,
) {
  try {
    writeSync(2, `parlance-trace ${kind} ${from} > ${to} ${name} #${seq} batch=${of}\n`);
  } catch {
    // A full or closed stderr must not disturb what is being traced.
  }
}
