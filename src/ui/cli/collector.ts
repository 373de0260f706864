/** V8's collector, as a process that mostly waits needs it. */
import { setFlagsFromString } from 'node:v8';

/** The flags that V8 knows, by the major version of Node. V8 complains on stderr of any other one. */
const flagsByMajor: ReadonlyMap<string, readonly string[]> = new Map([
  ['20', ['--memory-reducer-single-gc', '--gc-memory-reducer-start-delay-ms=12000']],
  ['22', ['--gc-memory-reducer-start-delay-ms=12000']],
  ['24', ['--gc-memory-reducer-start-delay-ms=12000']],
  ['26', ['--gc-memory-reducer-start-delay-ms=12000']],
]);

/**
 * Where little is allocated, V8 looks for garbage in each thread twice, one collection right after the other, and the
 * second finds next to nothing: with six threads a fifth of a second of CPU. The first seconds after the start belong
 * to peers that answer. Other versions of Node get no flag.
 */
export function collectLessAtRest(): void {
  const [major = ''] = process.versions.node.split('.');
  for (const flag of flagsByMajor.get(major) ?? []) setFlagsFromString(flag);
}
