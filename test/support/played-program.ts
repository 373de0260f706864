/**
 * The program without a process of its own: its commands in this one, with a node whose actors run inline. A command
 * prints and does the same; a start costs a twentieth of the CPU time. Exits, signals and `kill -9`, which only a
 * process shows, are tested with `runProgram`.
 */
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { diagnose } from '../../src/ui/api/doctor.js';
import { listenToPeers, openRestingNode } from '../../src/ui/api/attach.js';
import { connectNode } from '../../src/ui/api/client.js';
import { run } from '../../src/ui/cli/program.js';
import { within } from './deadline.js';
import { launchInline, startInline } from './inline-nodes.js';
import { observe, type Program } from './program.js';

/** Starts the program; it is asked to end when the test ends, if it still runs then. */
export function playProgram(
  context: TestContext,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Program {
  const observed = observe(`parlance ${args.join(' ')}`);
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const lines = createInterface({ input: stdout }).on('line', observed.takeLine);
  stderr.setEncoding('utf8').on('data', observed.takeErrors);
  const listeners = new Set<() => void>();
  const askToEnd = (): void => {
    for (const listener of listeners) listener();
  };
  const ended = run([...args], {
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdin,
    stdout,
    stderr,
    userName: () => 'somebody',
    startNode: startInline,
    launchNode: launchInline,
    restNode: openRestingNode,
    listenToPeers,
    diagnose,
    connectNode,
    onSignal: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    nowMs: () => Date.now(),
  }).then(async (code) => {
    const closed = once(lines, 'close');
    stdout.end();
    await closed;
    observed.end(code);
  });
  context.after(async () => {
    askToEnd();
    await within(ended, 10_000, `the end of parlance ${args.join(' ')}`);
  });
  return {
    ...observed.program,
    write: (text) => void stdin.write(text),
    end: (text = '') => void stdin.end(text),
    kill(signal) {
      if (signal === 'SIGKILL') throw new Error('only a process can be killed');
      askToEnd();
    },
  };
}
