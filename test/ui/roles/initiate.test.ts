/** The menu of cmp2204's Chat_Initiator, and `send` to its responder. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectNode } from '../../../src/ui/api/client.js';
import { eventually, testMsMax } from '../../support/deadline.js';
import { temporaryHome } from '../../support/program.js';
import { runRole } from '../../support/role-program.js';
import { startAnnouncer, startResponder } from '../../support/standins/cmp2204.js';

const options = { timeout: testMsMax };

test('initiate: users, a plain and a secure message, history', options, async (t) => {
  const responder = await startResponder({});
  t.after(responder.close);
  const address = `127.0.0.1:${responder.port}`;
  const role = await runRole(t, ['initiate']);
  await role.line(/Your choice/);
  role.type('1');
  await role.line(/No peer announced itself/);
  const to = { host: '127.0.0.1', port: role.beaconPort };
  const announcer = await startAnnouncer({ username: 'ann', address: '10.0.0.9', to, intervalMs: 500 });
  t.after(announcer.close);
  await eventually(async () => (await peersOf(role.home)).includes('ann'), 5_000, 'ann');
  role.type('Users');
  await role.line(/^ann \(Online\)  127\.0\.0\.1/);
  role.type('2', 'stranger', address, 'y', '99', '6', '  secret é ');
  await role.line(/No peer is called "stranger"/);
  await role.line(/"99" is not a number from 1 to 23\.$/);
  assert.deepEqual(await responder.received.take(), {
    text: '  secret é ',
    isEncrypted: true,
    from: '127.0.0.1',
  });
  await role.line(/^sent to /);
  role.type('2', address, 'n', 'open');
  assert.equal((await responder.received.take()).isEncrypted, false);
  role.type('3');
  await role.line(/→ .*: open/);
  role.type('4');
  assert.equal(await role.exit(), 0);
});

test('initiate: lists native peers, too, and encrypts messages to them', options, async (t) => {
  const bob = await runRole(t, ['serve', '--json'], { env: { PARLANCE_NAME: 'bob' } });
  await bob.until(({ type }) => type === 'ready');
  const role = await runRole(t, ['initiate'], { beaconPort: bob.beaconPort });
  await role.line(/Your choice/);
  await eventually(async () => (await peersOf(role.home)).includes('bob'), 10_000, 'bob');
  role.type('1');
  await role.line(/^bob \(Online\)  127\.0\.0\.1  Parlance, encrypted$/);
  role.type('2', 'bob', 'hello bob', '3');
  const heard = await bob.until(({ type, direction }) => type === 'message' && direction === 'in');
  assert.deepEqual([heard['text'], heard['encryption']], ['hello bob', 'noise']);
  await role.line(/→ bob: hello bob/);
  role.type('4');
  assert.equal(await role.exit(), 0);
});

test('send: is plain with --plain, and otherwise warns of weak encryption', options, async (t) => {
  const responder = await startResponder({});
  t.after(responder.close);
  const home = temporaryHome(t);
  const peer = `cmp2204://127.0.0.1:${responder.port}`;
  const secure = await runRole(t, ['send', peer, 'sealed', '--number', '7', '--dialects', 'cmp2204'], {
    home,
  });
  assert.equal(await secure.exit(), 0);
  assert.match(secure.stderr(), /weakly encrypted/);
  assert.equal((await responder.received.take()).isEncrypted, true);
  const plain = await runRole(t, ['send', peer, '--plain', '--dialects', 'cmp2204'], { home });
  plain.end('open\nand again\n');
  assert.equal(await plain.exit(), 0, plain.stderr());
  assert.doesNotMatch(plain.stderr(), /weakly/);
  for (const text of ['open', 'and again'])
    assert.deepEqual(await responder.received.take(), { text, isEncrypted: false, from: '127.0.0.1' });
});

/** Returns the names that the node of this home knows. */
async function peersOf(home: string): Promise<readonly string[]> {
  const node = (await connectNode(home))._unsafeUnwrap();
  const peers = (await node.peers())._unsafeUnwrap();
  await node.close();
  return peers.map(({ name }) => name);
}
