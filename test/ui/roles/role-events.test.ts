/** Waiting for the last status of a message. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { RoleEvents } from '../../../src/ui/cli/foreign/role.js';
import { within } from '../../support/deadline.js';
import { startFakeNode } from '../../support/fake-node.js';

test('a deadline comes even after a garbage collection', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  assert.ok(typeof collect === 'function');
  const node = startFakeNode();
  t.after(() => node.close());
  const events = new RoleEvents(node);
  await events.begin();
  t.after(() => events.end());
  const settled = events.ending('nothing of that id', new AbortController().signal).within(300);
  for (let turn = 0; turn < 5; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  assert.equal(await within(settled, 1_000, 'the deadline'), null);
});
