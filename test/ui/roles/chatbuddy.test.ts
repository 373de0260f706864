/** The hub and the menu of chatbuddy against the programs they stand for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, testMsMax } from '../../support/deadline.js';
import { closedPort, portIn, runRole } from '../../support/role-program.js';
import { connectBlocking, listenBlocking, serveForever } from '../../support/standins/blocking-socket.js';
import { register, startChat, startHub, waitForChat } from '../../support/standins/chatbuddy.js';

const options = { timeout: testMsMax };

test('hub: the real client registers, reads the list and leaves; Ctrl-C is clean', options, async (t) => {
  const hub = await runRole(t, ['hub', '--port', '0']);
  const port = portIn(await hub.line(/^The hub listens/));
  const ann = await register(port, 'ann');
  await hub.line(/^New connection from 127\.0\.0\.1:\d+$/);
  await hub.line(/^New user 'ann' has joined\.$/);
  assert.match(
    await ann.list(),
    /^=== Currently Online Users ===\nUsername: ann\nAddress: 127\.0\.0\.1\n-+\n$/,
  );
  await ann.close();
  await hub.line(/^User 'ann' has disconnected\.$/);
  hub.kill('SIGINT');
  assert.equal(await hub.exit(), 0);
  assert.equal(hub.lines().at(-1), 'Server shutting down...');
});

test('hub: a full hub refuses a user, and a taken port is exit 6', options, async (t) => {
  const hub = await runRole(t, ['hub', '--port', '0', '--max-users', '1']);
  const port = portIn(await hub.line(/^The hub listens/));
  const ann = await register(port, 'ann');
  await hub.line(/'ann' has joined/);
  const bob = await register(port, 'bob');
  await hub.line(/Refused 'bob'/);
  const other = await runRole(t, ['hub', '--port', String(port)]);
  assert.equal(await other.exit(), 6);
  await ann.close();
  await bob.close();
});

test('menu: registers, lists, starts a chat and waits for one', options, async (t) => {
  const hub = await startHub();
  t.after(hub.close);
  const friend = await waitForChat();
  t.after(friend.close);
  const menu = await runRole(t, [
    'menu',
    'chatbuddy',
    '--hub',
    `127.0.0.1:${hub.port}`,
    '--listen',
    'chatbuddy=0',
  ]);
  await menu.line(/^Registered with the hub/);
  menu.type('1');
  await menu.line(/^  nora  127\.0\.0\.1$/);
  menu.type('2', '127.0.0.1', String(friend.port));
  const called = await friend.chat();
  await menu.line(/^Connected\./);
  menu.type('  hello ');
  assert.equal(await called.heard.take(), '  hello ');
  called.say('hi nora');
  await menu.line(/: hi nora \[not encrypted, unverified\]/);
  menu.type('EOM');
  assert.equal(await called.heard.take(), null);
  menu.type('3');
  const caller = await startChat(portIn(await menu.line(/^Waiting at /)));
  caller.say('knock');
  await menu.line(/: knock/);
  menu.type('come in');
  assert.equal(await caller.heard.take(), 'come in');
  await caller.end();
  await menu.line(/Looks like your friend stepped away\./);
  // Case O9: who calls is named as the hub names the address.
  const other = await connectBlocking('127.0.0.1', hub.port, '127.0.0.5');
  t.after(other.close);
  other.send('zo\u001b\u00eb');
  menu.type('1');
  await menu.line(/^ {2}zo.*\u00eb {2}127\.0\.0\.5$/);
  const second = await startChat(portIn(await menu.line(/^Waiting at /)), '127.0.0.1', '127.0.0.5');
  await menu.line(/^zo.*\u00eb wants to talk: choose 3\.$/);
  menu.type('3', 'to you');
  assert.equal(await second.heard.take(), 'to you');
  await menu.line(/^sent to zo.*\u00eb$/);
  menu.type('EOM');
  assert.equal(await second.heard.take(), null);
  menu.type('4');
  assert.equal(await menu.exit(), 0);
});

test('menu: a hub that is down is reported, and found when it is back', options, async (t) => {
  const before = await startHub();
  await before.close();
  const menu = await runRole(t, [
    'menu',
    'chatbuddy',
    '--hub',
    `127.0.0.1:${before.port}`,
    '--listen',
    'chatbuddy=0',
  ]);
  await menu.line(/^No registration and no list from the hub at .*: nobody listens there/);
  menu.type('1');
  await menu.line(/There is no list without the hub/);
  const back = await startHub('127.0.0.1', before.port);
  t.after(back.close);
  await menu.line(/^Registered with the hub/);
  const nobody = await closedPort();
  menu.type('2', 'nowhere', '127.0.0.1', String(nobody));
  await menu.line(/"nowhere" is not an IPv4 address/);
  await menu.line(new RegExp(`cannot reach 127\\.0\\.0\\.1:${nobody}`));
  menu.type('1');
  await menu.line(/^  nora  127/);
  menu.type('4');
  assert.equal(await menu.exit(), 0);
});

test('menu: the refusal of a hub is reported once, with its words escaped', options, async (t) => {
  const server = await listenBlocking('127.0.0.1', 0);
  let tries = 0;
  const { close } = serveForever(server, async (socket) => {
    tries += 1;
    await socket.recv(1_024);
    socket.send('full \u001b[2J\u202eup\nForged line');
  });
  t.after(close);
  const menu = await runRole(t, ['menu', 'chatbuddy', '--hub', `127.0.0.1:${server.port}`]);
  await menu.line(/^No registration and no list from the hub at .*: it said "full \^\[\[2J\uFFFDup"\. /);
  await eventually(() => tries >= 3, 10_000, 'three tries');
  menu.type('4');
  assert.equal(await menu.exit(), 0);
  const said = menu.lines().filter((line) => /hub|Forged/.test(line));
  assert.equal(said.length, 1, said.join('\n'));
});
