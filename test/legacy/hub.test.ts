/** The directory server of chatbuddy, with clients of the program and of ours. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { openHubClient, startHub, type HubHandle, type HubOptions } from '../../src/index.js';
import { eventually } from '../support/deadline.js';
import { connectBlocking } from '../support/standins/blocking-socket.js';
import { register, startHub as startOldHub } from '../support/standins/chatbuddy.js';

async function hubOf(t: TestContext, options: HubOptions = {}): Promise<{ hub: HubHandle; log: string[] }> {
  const log: string[] = [];
  const started = await startHub({
    bind: '127.0.0.1',
    port: 0,
    log: (line) => log.push(line),
    ...options,
  });
  const hub = started._unsafeUnwrap();
  t.after(() => hub.close());
  return { hub, log };
}

test('the program registers with our hub and reads who is online', async (t) => {
  const { hub, log } = await hubOf(t);
  const ann = await register(hub.port, 'ann');
  await eventually(() => hub.users().length === 1, 2_000, 'ann');
  const expected = '=== Currently Online Users ===\nUsername: ann\nAddress: 127.0.0.1\n-------------------\n';
  assert.equal(await ann.list(), expected);
  await ann.close();
  await eventually(() => hub.users().length === 0, 2_000, 'nobody');
  await hub.close();
  assert.match(log[0] ?? '', /^New connection from 127\.0\.0\.1:\d+$/);
  assert.deepEqual(log.slice(1), [
    "New user 'ann' has joined.",
    "User 'ann' has disconnected.",
    'Server shutting down...',
  ]);
});

test('two users of one name are told apart', async (t) => {
  const { hub } = await hubOf(t);
  const both = [await register(hub.port, 'bob'), await register(hub.port, 'bob')];
  await eventually(() => hub.users().length === 2, 2_000, 'both');
  const labels = hub.users().map(({ label }) => label);
  assert.equal(new Set(labels).size, 2);
  assert.ok(labels.every((label) => /^bob \(127\.0\.0\.1:\d+\)$/.test(label)));
  for (const each of both) await each.close();
});

test('who comes when the hub is full is told so', async (t) => {
  const { hub } = await hubOf(t, { maxUsers: 1 });
  const first = await register(hub.port, 'ann');
  await eventually(() => hub.users().length === 1, 2_000, 'ann');
  const late = await connectBlocking('127.0.0.1', hub.port);
  late.send('bob');
  assert.match(await late.recv(1_024), /^The hub is full: 1 users are online/);
  assert.equal(await late.recv(1_024), '');
  await late.close();
  await first.close();
});

test('our client registers with the hub of the program, and again when it comes back', async (t) => {
  const old = await startOldHub();
  const client = openHubClient({ host: '127.0.0.1', port: old.port, name: 'nora' })._unsafeUnwrap();
  t.after(() => client.close());
  await eventually(() => client.isRegistered(), 2_000, 'registration');
  assert.deepEqual((await client.list())._unsafeUnwrap(), [{ name: 'nora', address: '127.0.0.1' }]);
  await old.close();
  await eventually(() => !client.isRegistered(), 2_000, 'the loss');
  assert.equal((await client.list())._unsafeUnwrapErr().code, 'transport/dial-failed');
  const again = await startOldHub('127.0.0.1', old.port);
  t.after(again.close);
  await eventually(() => client.isRegistered(), 5_000, 'registration again');
});
