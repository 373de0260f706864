import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { before, describe, test } from 'node:test';
import { testMsMax } from '../support/deadline.js';

// One run serves both tests.
describe('the example of two actors', () => {
  let result = { stdout: '', stderr: '' };
  before(() => {
    result = spawnSync(process.execPath, [fileURLToPath(new URL('./two-actors.js', import.meta.url))], {
      encoding: 'utf8',
      timeout: testMsMax,
      env: { ...process.env, ACTOR_TRACE: '1' },
      maxBuffer: 64 * 2 ** 20,
    });
  });

  test('adds up to 500,500 across a crash', () => {
    assert.equal(result.stdout, '500500\n');
  });

  test('with ACTOR_TRACE prints one line for each message, without its body', () => {
    const traced = result.stderr.split('\n');
    assert.ok(traced.some((line) => /^actor-trace call - > counter count #1 batch=1$/.test(line)));
    assert.ok(
      traced.filter((line) => line.startsWith('actor-trace cast counter > adder add #')).length >= 1_000,
    );
  });
});
