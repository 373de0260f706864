/** The directory server of chatbuddy, with clients of the program and of ours. */
import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { openHubClient, startHub, type HubClient, type HubHandle, type HubOptions } from '../../src/index.js';
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

test('two users of one name are distinguished', async (t) => {
  const { hub } = await hubOf(t);
  const both = [await register(hub.port, 'bob'), await register(hub.port, 'bob')];
  await eventually(() => hub.users().length === 2, 2_000, 'both');
  const labels = hub.users().map(({ label }) => label);
  assert.equal(new Set(labels).size, 2);
  assert.ok(labels.every((label) => /^bob \(127\.0\.0\.1:\d+\)$/.test(label)));
  for (const each of both) await each.close();
});

test('a full hub tells a new user that it is full', async (t) => {
  const { hub } = await hubOf(t, { maxUsers: 1 });
  const first = await register(hub.port, 'ann');
  await eventually(() => hub.users().length === 1, 2_000, 'ann');
  const late = await connectBlocking('127.0.0.1', hub.port);
  late.send('bob');
  assert.match(await late.recv(1_024), /^The hub is full: one user is online/);
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

interface Client {
  readonly client: HubClient;
  /** The arguments of `onChange`: `null` for registered, else the reason. */
  readonly reasons: (string | null)[];
}

function clientOf(t: TestContext, port: number): Client {
  const reasons: (string | null)[] = [];
  const onChange = (isRegistered: boolean, reason: string | null): void => {
    assert.equal(isRegistered, reason === null);
    reasons.push(reason);
  };
  const client = openHubClient({ host: '127.0.0.1', port, name: 'nora', onChange })._unsafeUnwrap();
  t.after(() => client.close());
  return { client, reasons };
}

/** A hub of another make; `atMs`: when each connection came. */
async function otherHub(t: TestContext, serve: (socket: Socket) => void, isDeaf = false) {
  const atMs: number[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ pauseOnConnect: isDeaf }, (socket) => {
    atMs.push(performance.now());
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, atMs };
}

test('a client of a full hub reports the reason once, and registers when a user leaves', async (t) => {
  const { hub, log } = await hubOf(t, { maxUsers: 1 });
  const ann = await register(hub.port, 'ann');
  await eventually(() => hub.users().length === 1, 2_000, 'ann');
  const { client, reasons } = clientOf(t, hub.port);
  const full = 'it said "The hub is full: one user is online. Try again later."';
  const refusals = (): number => log.filter((line) => line.startsWith("Refused 'nora'")).length;
  await eventually(() => refusals() >= 2, 5_000, 'a second try');
  const listed = (await client.list())._unsafeUnwrapErr();
  assert.ok(listed.code === 'transport/dial-failed' && listed.reason === full, JSON.stringify(listed));
  assert.deepEqual(reasons, [full]);
  assert.equal(client.isRegistered(), false);
  await ann.close();
  await eventually(() => client.isRegistered(), 10_000, 'registration');
  assert.deepEqual(reasons, [full, null]);
});

test('a hub that closes silently is tried ever more rarely, and reported once', async (t) => {
  const hub = await otherHub(t, (socket) => socket.destroy());
  const { reasons } = clientOf(t, hub.port);
  await eventually(() => hub.atMs.length >= 4, 10_000, 'four tries');
  const [, second = 0, third = 0, fourth = 0] = hub.atMs;
  assert.ok(third - second >= 950, `${third - second} ms`);
  assert.ok(fourth - third >= 1_900, `${fourth - third} ms`);
  assert.equal(reasons.length, 1);
  assert.match(reasons[0] ?? '', /^it closed the connection$|ECONNRESET/);
});

test('a hub that accepts us and never reads is found out by the list', async (t) => {
  const hub = await otherHub(t, () => undefined, true);
  const { client, reasons } = clientOf(t, hub.port);
  const listed = (await client.list())._unsafeUnwrapErr();
  assert.ok(listed.code === 'transport/dial-failed' && listed.reason === 'it does not answer');
  assert.equal(reasons.at(-1), 'it does not answer');
  assert.equal(client.isRegistered(), false);
  await eventually(() => hub.atMs.length >= 2, 5_000, 'another try');
});

test('a list asked for at once waits for the connection, and is the proof of registration', async (t) => {
  const { hub } = await hubOf(t);
  const { client, reasons } = clientOf(t, hub.port);
  assert.deepEqual((await client.list())._unsafeUnwrap(), [{ name: 'nora', address: '127.0.0.1' }]);
  assert.equal(client.isRegistered(), true);
  assert.deepEqual(reasons, [null]);
});

test('of what a hub says the first line is kept, and not more than a little', async (t) => {
  const words = ['no', 'x'.repeat(100_000)];
  const hub = await otherHub(t, (socket) => socket.end(words.shift() ?? '\nclosed\nfor today\n'));
  const { reasons } = clientOf(t, hub.port);
  await eventually(() => reasons.length >= 3, 10_000, 'three reasons');
  assert.deepEqual(reasons, ['it said "no"', `it said "${'x'.repeat(256)}"`, 'it said "closed"']);
});

test('a flood of malformed input is counted, logged in one line, and costs no user', async (t) => {
  const { hub, log } = await hubOf(t);
  const ann = await register(hub.port, 'ann');
  await eventually(() => hub.users().length === 1, 2_000, 'ann');
  const count = 400;
  const startedMs = performance.now();
  const sendNonsense = async (): Promise<void> => {
    const socket = await connectBlocking('127.0.0.1', hub.port, '127.0.0.8');
    socket.send(Uint8Array.of(0xff, 0xfe, 0x80));
    assert.equal(await socket.recv(1_024), '', 'it is closed');
    await socket.close();
  };
  for (let sent = 0; sent < count; sent += 20) await Promise.all(Array.from({ length: 20 }, sendNonsense));
  const tookMs = performance.now() - startedMs;
  assert.deepEqual(hub.ended(), { nonsense: count });
  const lines = log.filter((line) => line.startsWith('Closed the connection'));
  assert.ok(lines.length <= 1 + Math.ceil(tookMs / 5_000), `${lines.length} lines`);
  assert.match(
    lines[0] ?? '',
    /^Closed the connection from 127\.0\.0\.8:\d+: it sent bytes that are not text \(1 so far\)\.$/,
  );
  assert.deepEqual(
    hub.users().map(({ name }) => name),
    ['ann'],
  );
  await ann.close();
});

test('the end of a hub is reported once, and again only with a new reason of the hub', async (t) => {
  const first = await hubOf(t);
  const { client, reasons } = clientOf(t, first.hub.port);
  await eventually(() => client.isRegistered(), 2_000, 'registration');
  await first.hub.close();
  await eventually(() => reasons.length === 2, 2_000, 'the end');
  // A try that finds nobody; the caller gets the reason.
  assert.match(JSON.stringify((await client.list())._unsafeUnwrapErr()), /ECONNREFUSED/);
  assert.deepEqual(reasons, [null, 'it closed the connection']);
  const { hub } = await hubOf(t, { port: first.hub.port, maxUsers: 1 });
  const ann = await register(hub.port, 'ann');
  t.after(ann.close);
  await eventually(() => reasons.length === 3, 5_000, 'its words');
  assert.match(reasons[2] ?? '', /The hub is full/);
});
