/** The end of every exhaustive switch. */

/** Fails to compile where a case was forgotten. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
