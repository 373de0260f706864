/** A message that went out to a program that confirms nothing is marked on disk before the next one goes out. */
import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSql } from '../../src/actors/history/sql.js';
import { eventually } from '../support/deadline.js';
import { startScene } from '../support/foreign-scene.js';

const count = 50;

test('a crash repeats at most one message, since each one is marked before the next goes out', async (t) => {
  const scene = await startScene(t);
  const sql = openSql(join(scene.home, 'history.db'));
  t.after(() => sql.close());
  const waiting: number[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (bytes) => {
      // The goodbye of the node's end comes when the database is closed already.
      if (String(bytes).includes('|text '))
        waiting.push(sql.integer('SELECT COUNT(*) FROM delivery WHERE waits = 1'));
      socket.end();
    });
  });
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const texts = Array.from({ length: count }, (_, at) => `text ${at}`);
  (await scene.node.sendAll(`netech://127.0.0.1:${port}`, texts))._unsafeUnwrap();
  await eventually(() => waiting.length === count, 20_000, 'all of them');
  // A message that arrives may be marked already, so fewer rows may wait.
  for (const [at, rows] of waiting.entries()) assert.ok(rows <= count - at, `${rows} rows wait at ${at}`);
});
