/** The cost of the children of this process. */
import { readFileSync } from 'node:fs';

const ticksPerSecond = 100;

/**
 * Processor time of the children that have ended, with all that they started and waited for. Linux alone tells it;
 * elsewhere 0.
 */
export function childrenCpuMs(): number {
  try {
    // Fields 16 and 17, after the name in parentheses: user and system time of children that were waited for.
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
    return ((Number(fields[13]) + Number(fields[14])) * 1_000) / ticksPerSecond;
  } catch {
    return 0;
  }
}
