/** Connections to the shared port whose first bytes belong to no dialect: counted, and logged now and then. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { NodeOptions } from '../../src/index.js';
import { eventually, within } from '../support/deadline.js';
import { startScene, unheardOf, type Scene } from '../support/foreign-scene.js';
import { initiate } from '../support/standins/cmp2204.js';

interface LogLine {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

async function startLoggedScene(t: TestContext, options: Partial<NodeOptions> = {}) {
  const logged: LogLine[] = [];
  const scene = await startScene(t, {
    ...options,
    log: (level, event, fields) => {
      if (event === 'unknown-first-bytes') logged.push({ level, fields });
    },
  });
  return { scene, logged };
}

/** Calls, sends `words`, ends its side unless `stays`, and waits until the node closes. Returns the caller's port. */
async function callWith(scene: Scene, words: string, from = '127.0.0.1', stays = false): Promise<number> {
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
  const { scene, logged } = await startLoggedScene(t);
  const port = await callWith(scene, 'GET / HTTP/1.1\r\n\r\n', '127.0.0.7');
  assert.deepEqual(await unheardOf(scene), { 'no-such-opening': 1 });
  await eventually(() => logged.length > 0, 2_000, 'a line');
  const address = `127.0.0.7:${port}`;
  assert.deepEqual(logged, [
    { level: 'warn', fields: { actor: 'transport', address, reason: 'no-such-opening', count: 1 } },
  ]);
});

// Case O7
test('words in no known form give one event for each host, other bytes none', async (t) => {
  const { scene } = await startLoggedScene(t);
  const told = (): readonly string[] =>
    scene.seen.flatMap((event) =>
      event.type === 'error' && event.code === 'dialect/unknown-form' ? [event.message] : [],
    );
  await callWith(scene, '\x16\x03\x01', '127.0.0.8');
  for (const words of ["{'unencrypted message': 'hi'}", '10.0.0.7 ann hi'])
    await callWith(scene, words, '127.0.0.9');
  await callWith(scene, '{"unencr', '127.0.0.10');
  await eventually(() => told().length >= 2, 5_000, 'two sentences');
  assert.deepEqual(
    told().map((text) => /^somebody at (\S+) sent words in a form/.exec(text)?.[1]),
    ['127.0.0.9', '127.0.0.10'],
  );
});

test('a program that is switched off is distinguished from unknown bytes', async (t) => {
  const { scene, logged } = await startLoggedScene(t, { dialects: ['netech'], listen: [] });
  await initiate({ port: scene.port(), text: 'anybody?' });
  await eventually(() => logged[0]?.fields['reason'] === 'dialect-off', 2_000, 'a line');
  assert.deepEqual(await unheardOf(scene), { 'dialect-off': 1 });
  const isTold = (): boolean =>
    scene.seen.some((event) => event.type === 'error' && event.message.includes('is switched off here'));
  await eventually(isTold, 2_000, 'a sentence');
});

test('a caller that ends silently, within its opening or too late is counted', async (t) => {
  const { scene, logged } = await startLoggedScene(t);
  await callWith(scene, '');
  await callWith(scene, 'LISTENING_');
  await callWith(scene, 'PARL\x01', '127.0.0.1', true);
  await callWith(scene, '', '127.0.0.1', true);
  assert.deepEqual(await unheardOf(scene), { silent: 2, cut: 2 });
  assert.deepEqual(logged, []);
});

test('a flood of a thousand is counted whole and logged in one line', async (t) => {
  const { scene, logged } = await startLoggedScene(t);
  let left = 1_000;
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: 20 }, async (_, at) => {
      for (; left > 0;) {
        left -= 1;
        await callWith(scene, '\0\0nonsense', `127.0.0.${at + 2}`, true);
      }
    }),
  );
  const tookMs = performance.now() - startedMs;
  assert.deepEqual(await unheardOf(scene), { 'no-such-opening': 1_000 });
  assert.ok(logged.length >= 1 && logged.length <= 1 + Math.ceil(tookMs / 5_000), `${logged.length} lines`);
  await initiate({ port: scene.port(), text: 'still here' });
  assert.deepEqual(await scene.texts('cmp2204', 1), ['still here']);
});
