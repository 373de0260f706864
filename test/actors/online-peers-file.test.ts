/** `online_peers.txt` on a real disk, under a clock of the test. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openOnlinePeersFile } from '../../src/actors/presence/online-peers-file.js';
import { beaconSocket as limits } from '../../src/actors/presence/limits.js';
import { temporaryHome } from '../support/program.js';

const peer = { host: '10.0.0.7', port: 7_070, username: 'ann', lastSeenMs: Date.now() };

function openedFile(t: TestContext) {
  const home = temporaryHome(t);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const file = openOnlinePeersFile(join(home, 'online_peers.txt'), peer.lastSeenMs, assert.fail);
  return { home, file };
}

test('closing the list of peers waits for the write that is under way', async (t) => {
  const { home, file } = openedFile(t);
  file.heard(peer);
  t.mock.timers.tick(limits.fileWriteAfterMs);
  await file.close();
  assert.deepEqual(readdirSync(home), ['online_peers.txt']);
});

test('a closed list of peers writes nothing more', async (t) => {
  const { home, file } = openedFile(t);
  file.heard(peer);
  await file.close();
  file.heard(peer);
  t.mock.timers.tick(limits.fileWriteAfterMs);
  await file.close();
  assert.deepEqual(readdirSync(home), []);
});
