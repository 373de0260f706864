/** The two roles of cse310 against the program, which takes strict turns. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closedPort, portIn, runRole } from '../../support/role-program.js';
import { connectTo, waitFor } from '../../support/standins/cse310.js';
import { testMsMax } from '../../support/deadline.js';

const options = { timeout: testMsMax };

test('wait: converses with a peer that connects, renames, and reports its end', options, async (t) => {
  const role = await runRole(t, ['wait', '--port', '0', '--beep']);
  const turns = await connectTo(portIn(await role.line(/^Waiting at /)));
  t.after(turns.close);
  await turns.type('hello');
  await role.line(/Client: hello \[not encrypted, unverified\]/);
  assert.ok(role.stderr().includes('\u0007'));
  role.type('hi there');
  assert.equal(await turns.read(), 'nora: hi there');
  await turns.type('again');
  role.type('/nickname Nell');
  assert.equal(await turns.read(), 'nora changed their nickname to Nell.');
  await turns.type('/nickname Clio');
  await role.line(/^Client changed their nickname to Clio\.$/);
  role.type('hello Clio');
  assert.equal(await turns.read(), 'Nell: hello Clio');
  await turns.type('/disconnect');
  await role.line(/Clio disconnected from the chat\./);
  assert.equal(await role.exit(), 0);
});

test('connect: asks until the answer is an address, and says goodbye', options, async (t) => {
  const waiting = await waitFor();
  t.after(waiting.close);
  const role = await runRole(t, ['connect']);
  role.type('somewhere', `127.0.0.1:${waiting.port}`, 'first');
  await role.line(/"somewhere" is not an IPv4 address/);
  const turns = await waiting.turns();
  assert.equal(await turns.read(), 'nora: first');
  await turns.type('second');
  await role.line(/Server: second/);
  role.type('/disconnect');
  assert.equal(await turns.read(), 'nora disconnected from the chat.');
  assert.equal(await role.exit(), 0);
});

test('menu: runs both roles, and a signal says goodbye', options, async (t) => {
  const waiting = await waitFor();
  t.after(waiting.close);
  const role = await runRole(t, ['menu', 'cse310', '--listen', 'cse310=0']);
  role.type('connect', `127.0.0.1:${waiting.port}`, 'one');
  const turns = await waiting.turns();
  assert.equal(await turns.read(), 'nora: one');
  await turns.type('two');
  role.type('/disconnect', 'wait');
  assert.equal(await turns.read(), 'nora disconnected from the chat.');
  const other = await connectTo(portIn(await role.line(/^Waiting at /)));
  t.after(other.close);
  await other.type('three');
  await role.line(/Client: three/);
  role.kill('SIGTERM');
  assert.equal(await other.read(), 'nora disconnected from the chat.');
  assert.equal(await role.exit(), 0);
});

test('menu: a changed nickname lasts for later conversations', options, async (t) => {
  const waiting = await waitFor();
  t.after(waiting.close);
  const role = await runRole(t, ['menu', 'cse310', '--listen', 'cse310=0']);
  role.type('connect', `127.0.0.1:${waiting.port}`, '/nickname Nell');
  const first = await waiting.turns();
  assert.equal(await first.read(), 'nora changed their nickname to Nell.');
  await first.type('hello Nell');
  role.type('/disconnect');
  assert.equal(await first.read(), 'Nell disconnected from the chat.');
  role.type('connect', `127.0.0.1:${waiting.port}`, 'again');
  const second = await waiting.turns();
  assert.equal(await second.read(), 'Nell: again');
  await second.type('/disconnect');
  await role.line(/Server disconnected from the chat\./);
  role.type('wait');
  const third = await connectTo(portIn(await role.line(/^Waiting at /)));
  t.after(third.close);
  await third.type('and now?');
  role.type('still me');
  assert.equal(await third.read(), 'Nell: still me');
  role.kill('SIGTERM');
  assert.equal(await role.exit(), 0);
});

test(
  'connect: asks again for a malformed address, and is exit 4 when no peer waits there',
  options,
  async (t) => {
    const nobody = `127.0.0.1:${await closedPort()}`;
    const role = await runRole(t, ['connect', '1.2.3']);
    role.end(`${nobody}\n`);
    assert.equal(await role.exit(), 4);
    await role.line(/"1\.2\.3" is not an IPv4 address/);
    assert.ok(role.stderr().includes(`cannot reach ${nobody}`), role.stderr());
  },
);
