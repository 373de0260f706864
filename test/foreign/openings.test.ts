/** Connections to the shared port whose first bytes belong to no dialect: counted, and logged now and then. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { NodeOptions } from '../../src/index.js';
import { eventually, within } from '../support/deadline.js';
import { startScene, unheardOf, type Scene } from '../support/foreign-scene.js';
import { initiate } from '../support/standins/cmp2204.js';

interface Told {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

async function door(t: TestContext, options: Partial<NodeOptions> = {}) {
  const told: Told[] = [];
  const scene = await startScene(t, {
    ...options,
    log: (level, event, fields) => {
      if (event === 'unknown-first-bytes') told.push({ level, fields });
    },
  });
  return { scene, told };
}

/** Says this, ends its side unless `stays`, and waits until the node has closed. Returns the port it called from. */
async function knock(scene: Scene, words: string, from = '127.0.0.1', stays = false): Promise<number> {
  const socket = connect({ host: '127.0.0.1', port: scene.port(), localAddress: from });
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await new Promise((resolve) => socket.once('connect', resolve));
  const { localPort = 0 } = socket;
  socket.resume();
  if (stays) socket.write(words);
  else socket.end(words);
  await within(closed, 5_000, 'the close');
  return localPort;
}

test('unknown first bytes are logged with address, reason and count', async (t) => {
  const { scene, told } = await door(t);
  const port = await knock(scene, 'GET / HTTP/1.1\r\n\r\n', '127.0.0.7');
  assert.deepEqual(await unheardOf(scene), { 'no-such-opening': 1 });
  await eventually(() => told.length > 0, 2_000, 'a line');
  const address = `127.0.0.7:${port}`;
  assert.deepEqual(told, [
    { level: 'warn', fields: { actor: 'transport', address, reason: 'no-such-opening', count: 1 } },
  ]);
});

test('a program that is switched off is distinguished from unknown bytes', async (t) => {
  const { scene, told } = await door(t, { dialects: ['netech'], listen: [] });
  await initiate({ port: scene.port(), text: 'anybody?' });
  await eventually(() => told[0]?.fields['reason'] === 'dialect-off', 2_000, 'a line');
  assert.deepEqual(await unheardOf(scene), { 'dialect-off': 1 });
});

test('a caller that ends silently, within its opening or too late is counted', async (t) => {
  const { scene, told } = await door(t);
  await knock(scene, '');
  await knock(scene, 'LISTENING_');
  await knock(scene, 'PARL\x01', '127.0.0.1', true);
  await knock(scene, '', '127.0.0.1', true);
  assert.deepEqual(await unheardOf(scene), { silent: 2, cut: 2 });
  assert.deepEqual(told, []);
});

test('a flood of a thousand is counted whole and logged in one line', async (t) => {
  const { scene, told } = await door(t);
  let left = 1_000;
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: 20 }, async (_, at) => {
      for (; left > 0;) {
        left -= 1;
        await knock(scene, '\0\0nonsense', `127.0.0.${at + 2}`, true);
      }
    }),
  );
  const tookMs = performance.now() - startedMs;
  assert.deepEqual(await unheardOf(scene), { 'no-such-opening': 1_000 });
  assert.ok(told.length >= 1 && told.length <= 1 + Math.ceil(tookMs / 5_000), `${told.length} lines`);
  await initiate({ port: scene.port(), text: 'still here' });
  assert.deepEqual(await scene.texts('cmp2204', 1), ['still here']);
});
