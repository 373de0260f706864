import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { within } from '../support/deadline.js';
import { programFile } from '../support/programs.js';

/** In a process of their own, since what fails here ends it. Returns what it printed. */
async function endReaders(what: 'force' | 'heap', times: number): Promise<string> {
  const readers = spawn(process.execPath, [programFile('history/ended-readers'), what, String(times)]);
  try {
    const [printed, said, [code, signal]] = await within(
      Promise.all([text(readers.stdout), text(readers.stderr), once(readers, 'close')]),
      60_000,
      'the readers',
    );
    assert.deepEqual({ code, signal, said }, { code: 0, signal: null, said: '' });
    return printed;
  } finally {
    readers.kill('SIGKILL');
  }
}

describe('a thread that ends while it reads from SQLite leaves the process alone', () => {
  test('when its host ends it by force', async () => {
    // Without the gate of native calls about every tenth takes the process along.
    assert.equal(await endReaders('force', 40), 'by force: 40\n');
  });

  test('when it fills its heap with what it reads', async () => {
    const printed = await endReaders('heap', 3);
    assert.match(printed, /^its heap is full: [1-3]$/m);
    // On a busy machine its host may miss its heartbeat first, and waits at the gate then.
    assert.doesNotMatch(printed, /memory limit/);
  });
});
