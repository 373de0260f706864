import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { freeUdpPort } from '../support/free-port.js';

test('the example for embedders runs as it stands: two nodes, one message, a clean end', async () => {
  const program = join(import.meta.dirname, 'embed.js');
  const beaconPort = String(await freeUdpPort());
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, beaconPort], {
    timeout: 60_000,
  });
  assert.equal(stdout, 'alice: queued\nbob hears alice: Lunch at noon?\n');
  assert.equal(stderr, '');
});
