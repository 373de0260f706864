/** The home of a person who used version 1.0.0: what waited there is delivered by this version. */
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { liveNode, message, must } from '../support/live-node.js';
import { freeUdpPort } from '../support/free-port.js';

const written = join(import.meta.dirname, '../../../test/history/version-1');

function homeOf(context: TestContext, name: 'alice' | 'carol'): string {
  const home = mkdtempSync(join(tmpdir(), 'parlance-version-1-'));
  context.after(() => rmSync(home, { recursive: true, force: true }));
  for (const file of readdirSync(join(written, name))) {
    copyFileSync(join(written, name, file), join(home, file));
    chmodSync(join(home, file), 0o600);
  }
  return home;
}

test('messages that waited in a home of version 1.0.0 are delivered once and in order', async (context) => {
  const beaconPort = await freeUdpPort();
  const alice = await liveNode(context, { name: 'alice', beaconPort, home: homeOf(context, 'alice') });
  const [known] = (await must(alice.handle.peers())).filter(({ name }) => name === 'bob');
  assert.equal(known?.verified, true, 'a verified contact stays verified');
  const carol = await liveNode(context, { name: 'carol', beaconPort, home: homeOf(context, 'carol') });
  await carol.until(message('not yet searchable: zanzibar'), 'the last one');
  assert.deepEqual(carol.heard(), [
    ...Array.from({ length: 12 }, (_, i) => `for Carol when she is back, ${i + 1}`),
    ...['one', 'two', 'zanzibar'].map((word) => `not yet searchable: ${word}`),
  ]);
  const sent = (await must(alice.handle.history({ search: 'Carol' }))).at(-1);
  await alice.until(
    (event) => event.type === 'status' && event.id === sent?.id && event.state === 'delivered',
    'delivered',
  );
});
