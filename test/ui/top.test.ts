/** `top`: the table of a running node's actors. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errAsync } from 'neverthrow';
import { serveApi } from '../../src/ui/api/server.js';
import { startFakeNode } from '../support/fake-node.js';
import { fakeWorld } from '../support/fake-world.js';
import { testMsMax } from '../support/deadline.js';

const options = { timeout: testMsMax };

// Runtime section 3, item 7
test('top prints one table into a pipe, and one object with --json', options, async (context) => {
  const it = fakeWorld();
  context.after(() => it.remove());
  assert.equal(await it.run('top'), 1);
  assert.match(it.stderr.text, /no node runs/);
  const server = (await serveApi(startFakeNode({}), it.home))._unsafeUnwrap();
  context.after(() => server.close());
  assert.equal(await it.run('top'), 0);
  assert.deepEqual(it.stdout.lines(), [
    '0 actors, 0 threads, 0 MiB of heap',
    'ACTOR                  QUEUE MSG/S BUSY RESTARTS P99 MS         THREAD',
    'root ▸',
  ]);
  it.stdout.text = '';
  assert.equal(await it.run('top', '--json'), 0);
  assert.deepEqual(
    it.stdout.json().map(({ type, threads }) => [type, threads]),
    [['top', []]],
  );
});

const stats = () => errAsync({ code: 'runtime/aborted', actor: 'node', name: 'stats' } as const);

test('top leaves the alternate screen before it reports a failure', options, async (context) => {
  const it = fakeWorld({ isTTY: true });
  context.after(() => it.remove());
  const server = (await serveApi({ ...startFakeNode(), stats }, it.home))._unsafeUnwrap();
  context.after(() => server.close());
  let before = '';
  const failed = it.stderr.until((text) => {
    if (text.includes('parlance:')) before = it.stdout.text;
    return before !== '';
  });
  assert.equal(await it.run('top'), 1);
  await failed;
  assert.ok(before.endsWith('\u001B[?1049l'), JSON.stringify(before));
});
