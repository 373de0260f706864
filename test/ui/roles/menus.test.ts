/** The menus of synergy and netech against the programs they stand for, both ways, over real sockets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closedPort, portIn, runRole } from '../../support/role-program.js';
import { startNetech } from '../../support/standins/netech.js';
import { startSynergy } from '../../support/standins/synergy.js';
import { eventually, testMsMax } from '../../support/deadline.js';

const options = { timeout: testMsMax };

test('synergy: peers become active, are connected, get messages and a goodbye', options, async (t) => {
  const ann = await startSynergy({ name: 'ann' });
  const bob = await startSynergy({ name: 'bob', form: 'course' });
  t.after(ann.close);
  t.after(bob.close);
  const menu = await runRole(t, ['menu', 'synergy', '--greet', `127.0.0.1:${bob.port}`]);
  const port = portIn(await menu.line(/You can be reached/));
  assert.match(await menu.line(/^synergy: /), /not encrypted, unverified/);
  assert.equal((await bob.heard.take()).content, 'Hello!');
  await ann.send(port, 'hi nora');
  await menu.line(/ann is new \(synergy\)/);
  await menu.line(/ann: hi nora \[not encrypted, unverified\]/);
  menu.type('2');
  await menu.line(new RegExp(`ann  127\\.0\\.0\\.1:${ann.port}  Yet to connect`));
  menu.type('3', 'all');
  assert.equal((await ann.heard.take()).content, 'connect');
  assert.equal((await bob.heard.take()).content, 'connect');
  await menu.line(/ann is connected/);
  menu.type('2');
  await menu.line(new RegExp(`ann  127\\.0\\.0\\.1:${ann.port}  Connected`));
  menu.type(' 1 ', 'nobody', ' ann ', '  to you ');
  await menu.line(/No peer is called "nobody"/);
  const heard = await ann.heard.take();
  assert.deepEqual([heard.name, heard.content, heard.port], ['nora', '  to you ', port]);
  await menu.line(/^sent to ann/);
  menu.type('0');
  assert.equal((await ann.heard.take()).content, 'exit');
  assert.equal((await bob.heard.take()).content, 'exit');
  assert.equal(await menu.exit(), 0);
});

test('synergy: a peer that could not be reached is named', options, async (t) => {
  const menu = await runRole(t, ['menu', 'synergy', '--send-timeout', '0.3']);
  await menu.line(/Your choice/);
  const nobody = `127.0.0.1:${await closedPort()}`;
  menu.end(`1\n${nobody}\nhello?\n0\n`);
  await menu.line(new RegExp(`${nobody} could not be reached`));
  assert.equal(await menu.exit(), 0);
});

test('netech: shows both lists, connects both ways, and refuses a malformed address', options, async (t) => {
  const blue = await startNetech({ team: 'blue' });
  const red = await startNetech({ team: 'red' });
  t.after(blue.close);
  t.after(red.close);
  const menu = await runRole(t, ['menu', 'netech', '--name', 'green']);
  const port = portIn(await menu.line(/You can be reached/));
  menu.type('3', 'A');
  await menu.line(/^No active peers\.$/);
  await blue.send(port, 'a|b');
  await menu.line(/blue: a\|b \[not encrypted, unverified\]/);
  menu.type('2');
  await menu.line(/^Connected peers:/);
  assert.ok(menu.lines().includes(`  blue  127.0.0.1:${blue.port}`));
  await menu.line(/^ {2}none$/);
  menu.type('3', 'x', 'A');
  await menu.line(/Please answer A or M/);
  assert.equal((await blue.heard.take()).text, 'connection message');
  menu.type('3', 'M', '10.0.0', '127.0.0.1', 'many', String(red.port));
  await menu.line(/"10\.0\.0" is not an IPv4 address/);
  await menu.line(/"many" is not a port/);
  const manual = await red.heard.take();
  assert.deepEqual([manual.team, manual.text, manual.port], ['green', 'manual connection message', port]);
  menu.type('1', '127.0.0.1', String(blue.port), '  go ');
  assert.equal((await blue.heard.take()).text, '  go ');
  // A peer that is gone is left all the same.
  const gone = await startNetech({ team: 'gone' });
  await gone.send(port, 'bye');
  await menu.line(/gone: bye/);
  await gone.close();
  menu.type('1', '127.0.0.1', String(gone.port), 'exit');
  await menu.line(/^gone is off your list; your goodbye did not reach it: nobody listens there/);
  menu.type('2');
  const lists = (): number => menu.lines().filter((line) => line === 'Connected peers:').length;
  await eventually(() => lists() === 2, testMsMax, 'the second list');
  assert.equal(
    menu.lines().filter((line) => line.startsWith('  ') && line.includes(`:${gone.port}`)).length,
    0,
  );
  menu.type('0');
  assert.equal((await blue.heard.take()).text, 'exit');
  assert.equal((await red.heard.take()).text, 'exit');
  assert.equal(await menu.exit(), 0);
});

test('every role is exit 5 with --secure-only', options, async (t) => {
  for (const args of [['menu', 'netech'], ['wait'], ['connect', '127.0.0.1'], ['announce'], ['initiate']]) {
    const role = await runRole(t, [...args, '--secure-only']);
    assert.equal(await role.exit(), 5, args.join(' '));
    assert.match(role.stderr(), /is refused: only encrypted peers are allowed/);
  }
});
