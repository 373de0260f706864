/** A question to the user at a terminal. */
import { Writable } from 'node:stream';
import type { World } from './world.js';

/** Asks and returns the answer. Null: Ctrl-C, Ctrl-D, the end of the input or `signal` came instead of one. */
export const ask = (
  { stdin, stderr }: Pick<World, 'stdin' | 'stderr'>,
  question: string,
  signal: AbortSignal,
): Promise<string | null> => askOn(stdin, stderr, stderr, question, signal);

/** Asks as `ask` does; a terminal does not show the answer. */
export async function askSecret(
  { stdin, stderr }: Pick<World, 'stdin' | 'stderr'>,
  question: string,
  signal: AbortSignal,
): Promise<string | null> {
  if (stdin.isTTY !== true) return askOn(stdin, nowhere(), stderr, '', signal);
  stderr.write(question);
  const answer = await askOn(stdin, nowhere(), stderr, '', signal);
  if (answer !== null) stderr.write('\n');
  return answer;
}

const nowhere = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });

async function askOn(
  stdin: World['stdin'],
  echo: Writable,
  stderr: World['stderr'],
  question: string,
  signal: AbortSignal,
): Promise<string | null> {
  const { createInterface } = await import('node:readline/promises');
  const reader = createInterface({ input: stdin, output: echo, terminal: stdin.isTTY === true });
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
