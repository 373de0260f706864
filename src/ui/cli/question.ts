/** A question to the user at a terminal. */
import type { World } from './world.js';

/** Asks and returns the answer. Null: Ctrl-C, Ctrl-D, the end of the input or `signal` came instead of one. */
export async function ask(
  { stdin, stderr }: Pick<World, 'stdin' | 'stderr'>,
  question: string,
  signal: AbortSignal,
): Promise<string | null> {
  const { createInterface } = await import('node:readline/promises');
  const reader = createInterface({ input: stdin, output: stderr });
  const left = new AbortController();
  // A question does not settle by itself when its reader closes.
  reader.once('close', () => left.abort());
  const close = (): void => reader.close();
  signal.addEventListener('abort', close, { once: true });
  if (signal.aborted) close();
  try {
    if (left.signal.aborted) return null;
    return await reader.question(question, { signal: left.signal });
  } catch (cause) {
    if (!left.signal.aborted) throw cause;
    // The next output begins a new line.
    stderr.write('\n');
    return null;
  } finally {
    signal.removeEventListener('abort', close);
    reader.close();
  }
}
