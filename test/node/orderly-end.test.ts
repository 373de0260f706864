/** The end of a node with messages that wait for older programs. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startNode } from '../../src/node/root.js';
import { testMsMax } from '../support/deadline.js';

// Case P20
test(
  'an orderly end with queued messages logs no dead letter as an error',
  { timeout: testMsMax },
  async () => {
    const home = mkdtempSync(join(tmpdir(), 'parlance-test-'));
    const logged: string[] = [];
    const log = (level: string, event: string, fields: object): void =>
      void logged.push(`${level} ${event} ${JSON.stringify(fields)}`);
    const options = {
      home,
      bind: '127.0.0.1',
      port: 0,
      broadcast: ['127.0.0.1'],
      beaconPorts: [17_391],
      log,
    };
    const started = await startNode(
      { ...options, dialects: ['cmp2204', 'synergy', 'netech'] },
      undefined,
      'inline',
    );
    const node = started._unsafeUnwrap();
    for (const dialect of ['cmp2204', 'synergy', 'netech'])
      for (const host of ['127.0.0.1:9', '127.0.0.2:9'])
        (await node.send(`${dialect}://${host}`, 'waits'))._unsafeUnwrap();
    await node.close();
    rmSync(home, { recursive: true, force: true });
    assert.deepEqual(
      logged.filter((line) => line.startsWith('error')),
      [],
    );
  },
);
