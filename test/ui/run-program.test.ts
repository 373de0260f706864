/** Programs that hooks, notifications and `recv --exec` run: their start, their end and their children. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { shellWord } from '../../src/shell-word.js';
import { runProgram } from '../../src/ui/cli/notify/run-program.js';
import { eventually, testMsMax } from '../support/deadline.js';
import { fakeWorld } from '../support/fake-world.js';

const options = { timeout: testMsMax };
const run = { args: [], input: null, env: process.env, output: 'dropped' } as const;

test('a program whose start throws is a failed run with its reason', options, async () => {
  assert.match((await runProgram({ ...run, file: '/dev/null/program' })) ?? '', /not a directory|ENOTDIR/i);
  assert.match((await runProgram({ ...run, file: '' })) ?? '', /./);
  assert.match((await runProgram({ ...run, file: 'a\0b' })) ?? '', /null bytes/);
});

test('a program is stopped with its children, also after its own end', options, async (context) => {
  for (const end of ['wait', 'exit 0']) {
    const folder = mkdtempSync(join(tmpdir(), 'parlance-test-'));
    context.after(() => rmSync(folder, { recursive: true, force: true }));
    const child = "(trap 'echo x > ended; exit' TERM; echo x > ready; sleep 60 & wait) &";
    const stopped = new AbortController();
    const { signal } = stopped;
    const running = runProgram({ ...run, file: 'sh', args: ['-c', `${child}\n${end}`], cwd: folder, signal });
    await eventually(() => existsSync(join(folder, 'ready')), testMsMax, 'the child runs');
    if (end !== 'wait') assert.equal(await running, null);
    stopped.abort();
    await eventually(() => existsSync(join(folder, 'ended')), testMsMax, `the child ends: ${end}`);
    await running;
  }
});

test('recv refuses an --exec of blanks as wrong usage', options, async (context) => {
  const it = fakeWorld();
  context.after(() => it.remove());
  assert.equal(await it.run('recv', '--exec', '  '), 2);
  assert.match(it.stderr.text, /--exec names no program/);
});

test('a shell reads a quoted word as one argument', () => {
  assert.equal(shellWord('/home/ann/hooks/on-peer'), '/home/ann/hooks/on-peer');
  for (const word of ["it's $(id) `id`", 'a b;c', '', '"', '~/x', "''"])
    assert.equal(execFileSync('sh', ['-c', `printf %s ${shellWord(word)}`], { encoding: 'utf8' }), word);
});
