import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

test('the example of two actors adds up to 500,500 across a crash', () => {
  const program = fileURLToPath(new URL('./two-actors.js', import.meta.url));
  assert.equal(execFileSync(process.execPath, [program], { encoding: 'utf8', timeout: 60_000 }), '500500\n');
});

test('ACTOR_TRACE prints one line for each message, without its body', () => {
  const program = fileURLToPath(new URL('./two-actors.js', import.meta.url));
  const { stderr } = spawnSync(process.execPath, [program], {
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, ACTOR_TRACE: '1' },
    maxBuffer: 64 * 2 ** 20,
  });
  const traced = stderr.split('\n');
  assert.ok(traced.some((line) => /^actor-trace call - > counter count #1 batch=1$/.test(line)));
  assert.ok(
    traced.filter((line) => line.startsWith('actor-trace cast counter > adder add #')).length >= 1_000,
  );
});
