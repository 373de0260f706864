/** A damaged history is an event for every reader, however late it subscribes. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startNode } from '../../src/node/root.js';
import { within } from '../support/deadline.js';
import { temporaryHome } from '../support/program.js';
import { freeUdpPort } from '../support/free-port.js';

test('a reader that subscribes after the start learns that the history was damaged', async (context) => {
  const home = temporaryHome(context);
  const logged: string[] = [];
  const beaconPorts = [await freeUdpPort()];
  const log = (_level: string, event: string): void => void logged.push(event);
  const options = { home, name: 'alice', bind: '127.0.0.1', port: 0, broadcast: [], beaconPorts, log };
  const start = async () => (await startNode(options, undefined, 'inline'))._unsafeUnwrap();
  await (await start()).close();
  writeFileSync(join(home, 'history.db'), 'these bytes are not a database, and nothing can be read of them');
  const node = await start();
  context.after(() => node.close());
  assert.ok(logged.includes('history-damaged-set-aside'));
  for (const reader of ['first', 'second']) {
    const events = node.events()[Symbol.asyncIterator]();
    assert.equal((await events.next()).value?.type, 'ready', reader);
    const { value: failure } = await within(events.next(), 5_000, 'an event follows');
    assert.ok(failure?.type === 'error' && failure.code === 'store/damaged', reader);
    const [file = ''] = /\S+\.damaged-\S+\.db/.exec(failure.message) ?? [];
    assert.ok(existsSync(file), failure.message);
    await events.return?.();
  }
});
