/** The end of every exhaustive switch. The runtime has its own, since it imports nothing of ours. */

/** Ends a switch: the call fails to compile where a case was forgotten, and throws where a value breaks its type. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
