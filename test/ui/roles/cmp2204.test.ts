/** Three of the four roles of cmp2204 against the programs they stand for. `initiate.test.ts` has the fourth. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, testMsMax } from '../../support/deadline.js';
import { portIn, runRole } from '../../support/role-program.js';
import { initiate, startAnnouncer, startDiscovery } from '../../support/standins/cmp2204.js';

const options = { timeout: testMsMax };

test('announce: Peer_Discovery hears the name until a signal', options, async (t) => {
  const discovery = await startDiscovery();
  t.after(discovery.close);
  const role = await runRole(t, ['announce', '--beacon-interval', '0.2'], {
    beaconPort: discovery.port,
    // Two programs on one port of one address: only one of them would hear.
    bind: '127.0.0.32',
  });
  await role.line(/Announcing nora every 0.2 s/);
  assert.equal((await discovery.heard.take()).username, 'nora');
  role.kill('SIGINT');
  assert.equal(await role.exit(), 0);
});

test('discover: prints peers that announce themselves, and keeps online_peers.txt', options, async (t) => {
  const role = await runRole(t, ['discover']);
  await eventually(() => role.stderr().includes('Listening'), 10_000, 'discover');
  const to = { host: '127.0.0.1', port: role.beaconPort };
  const announcer = await startAnnouncer({ username: 'ann', address: '10.0.0.9', to, intervalMs: 500 });
  t.after(announcer.close);
  assert.match(await role.line(/ann#/), /^online .*127\.0\.0\.1:6001  cmp2204  weakly encrypted  unverified/);
  const file = join(role.home, 'online_peers.txt');
  await eventually(() => holds(file, 'ann'), 5_000, 'online_peers.txt');
  const rows: Record<string, { username: string; status: string }> = JSON.parse(readFileSync(file, 'utf8'));
  assert.deepEqual([rows['127.0.0.1']?.username, rows['127.0.0.1']?.status], ['ann', 'Online']);
  role.kill('SIGTERM');
  assert.equal(await role.exit(), 0);
});

test('respond: prints plain and secure messages with their protection, and logs them', options, async (t) => {
  const role = await runRole(t, ['respond', '--json']);
  const { port } = await role.until(({ type }) => type === 'ready');
  await initiate({ port: Number(port), text: 'open' });
  await initiate({ port: Number(port), text: 'sealed', secret: 6 });
  const messages = await role.untilCount(2, ({ type }) => type === 'message');
  assert.deepEqual(
    messages.map(({ text, encryption, verified }) => [text, encryption, verified]),
    [
      ['open', 'none', false],
      ['sealed', 'toy-dh-3des', false],
    ],
  );
  await eventually(
    () => holds(join(role.home, 'chat_history.txt'), 'RECEIVED - sealed'),
    5_000,
    'chat_history.txt',
  );
  role.kill('SIGINT');
  assert.equal(await role.exit(), 0);
});

test('respond: names its address and its weak encryption', options, async (t) => {
  const role = await runRole(t, ['respond']);
  const port = portIn(await role.line(/^Waiting for messages at .*weakly encrypted, unverified/));
  await initiate({ port, text: 'sealed', secret: 6 });
  await role.line(/sealed \[weakly encrypted, unverified\]/);
  assert.match(role.stderr(), /Chat_Initiator dials port 6001 only/);
});

test('respond: prints messages of native peers, too', options, async (t) => {
  const role = await runRole(t, ['respond']);
  const port = portIn(await role.line(/^Waiting for messages/));
  const sender = await runRole(t, ['send', `127.0.0.1:${port}`, 'from one of us'], {
    beaconPort: role.beaconPort,
    env: { PARLANCE_NAME: 'ian' },
  });
  await role.line(/ian: from one of us \[unverified\]/);
  assert.equal(await sender.exit(), 0);
});

const holds = (file: string, words: string): boolean =>
  existsSync(file) && readFileSync(file, 'utf8').includes(words);
