/** The end of every exhaustive switch. The runtime has its own, since it imports nothing of ours. */

/** Fails to compile where a case was forgotten. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
