/** V8's collector, as a process that mostly waits needs it. */
import { setFlagsFromString } from 'node:v8';

/**
 * Where little is allocated, V8 looks for garbage in each thread twice, one collection right after the other, and the
 * second finds next to nothing: with six threads a fifth of a second of CPU. The first seconds after the start belong
 * to peers that answer. Flags that a later V8 does not know are ignored.
 */
export function collectLessAtRest(): void {
  setFlagsFromString('--memory-reducer-single-gc');
  setFlagsFromString('--gc-memory-reducer-start-delay-ms=12000');
}
