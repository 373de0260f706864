/** The node of a home that its commands share: one process, which outlives each of them and ends after the last. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { err, ResultAsync } from 'neverthrow';
import { isHomeOrEmpty } from '../../src/home/directory.js';
import { attend } from '../../src/ui/api/attended.js';
import { connectNode } from '../../src/ui/api/client.js';
import { readSettings } from '../../src/ui/cli/options/settings-file.js';
import { run } from '../../src/ui/cli/program.js';
import { eventually, testMsMax } from '../support/deadline.js';
import { startFakeNode } from '../support/fake-node.js';
import { fakeWorld } from '../support/fake-world.js';
import { liveNode } from '../support/live-node.js';
import { playProgram } from '../support/played-program.js';
import { runProgram, sceneOptions, temporaryHome } from '../support/program.js';
import { freeUdpPort } from '../support/free-port.js';

const options = { timeout: testMsMax };

// Case S1
test('five send that start at once without a node share one and deliver all', options, async (context) => {
  const beaconPort = await freeUdpPort();
  const bob = await liveNode(context, { name: 'bob', beaconPort });
  const home = temporaryHome(context);
  const texts = ['one', 'two', 'three', 'four', 'five'];
  const sends = texts.map((text) => {
    const args = ['send', `127.0.0.1:${bob.port}`, text, '--home', home, '--timeout', '100'];
    return runProgram(context, [...args, ...sceneOptions(beaconPort)]);
  });
  for (const send of sends) assert.equal(await send.exit(), 0, send.stderr());
  assert.deepEqual(bob.heard().toSorted(), texts.toSorted());
  const pid = Number(readFileSync(join(home, 'node.pid'), 'utf8'));
  assert.ok(sends.every(({ child }) => child.pid !== pid));
  await eventually(() => !isAlive(pid), 10_000, 'the node ends after its last client');
});

// Case S1
test('a start that fails in the process of the node has its own exit code', options, async (context) => {
  const home = temporaryHome(context);
  writeFileSync(join(home, 'identity.json'), '{"version":1', { mode: 0o600 });
  const damaged = runProgram(context, ['recv', '--home', home]);
  assert.equal(await damaged.exit(), 78);
  assert.match(damaged.stderr(), /^parlance: the identity cannot be read: [^\n]+\n$/);
});

// Case H5
test(
  'a command whose node starts slowly says why it waits, and goes on waiting',
  options,
  async (context) => {
    const it = fakeWorld();
    context.after(() => it.remove());
    const late = it.stderr.until((text) => text.includes('the node starts slowly'));
    const failure = err({ code: 'home/unusable', home: it.home, reason: 'the end of the wait' } as const);
    const world = { ...it.world, launchNode: () => new ResultAsync(late.then(() => failure)) };
    assert.equal(await run(['send', 'bob', 'hello'], world), 78);
    assert.match(it.stderr.text, /^parlance: the node starts slowly, .*: waiting \(its log: .*node\.log\)\n/);
  },
);

test('a signal ends the wait for a node that starts slowly', options, async (context) => {
  const it = fakeWorld({ isTTY: true });
  context.after(() => it.remove());
  const world = {
    ...it.world,
    launchNode: () => new ResultAsync<never, never>(new Promise(() => undefined)),
  };
  const ended = run(['send', 'bob', 'hello', '--no-color'], world);
  await it.stderr.until((text) => text.includes('starting the node: 1 s'));
  it.signal();
  assert.equal(await ended, 1);
  assert.match(it.stderr.text, /\r\u001B\[Kparlance: stopped: a signal ended the command; [^\n]+\n$/);
});

// Case S1
test('the prompt and recv are clients of one node', options, async (context) => {
  const node = startFakeNode();
  const receiving = fakeWorld({ node });
  context.after(() => receiving.remove());
  const received = receiving.run('recv', '--json', '--count', '1');
  await receiving.stdout.until((text) => text.includes('"ready"'));
  const prompting = fakeWorld({ home: receiving.home });
  const prompted = prompting.run();
  prompting.stdin.write('/chat bob\nhello\n');
  await eventually(() => node.lines().some(({ text }) => text === 'hello'), 5_000, 'the line is sent');
  prompting.stdin.end('/exit\n');
  assert.equal(await prompted, 0, prompting.stderr.text);
  node.receive('bob', 'and you');
  assert.equal(await received, 0);
  assert.ok(!node.isClosed());
});

// Case S1
test(
  'serve takes over the home of a node without users, and is exit 6 beside users',
  options,
  async (context) => {
    const [home, beaconPort] = [temporaryHome(context), await freeUdpPort()];
    const play = (...args: string[]) => {
      const all = [...args, '--home', home, ...sceneOptions(beaconPort)];
      return playProgram(context, all, { PARLANCE_NAME: 'nora' });
    };
    const receiving = play('recv', '--json');
    await receiving.until(({ type }) => type === 'ready');
    const refused = play('serve');
    assert.equal(await refused.exit(), 6);
    assert.match(refused.stderr(), new RegExp(`process ${process.pid} runs in`));
    receiving.kill('SIGINT');
    assert.equal(await receiving.exit(), 0);
    const serving = play('serve', '--json');
    await serving.until(({ type }) => type === 'ready');
  },
);

test('a command whose option an idle node lacks gets a node that has it', options, async (context) => {
  const [first, second] = [startFakeNode(), startFakeNode()];
  const it = fakeWorld({ node: first });
  context.after(() => it.remove());
  assert.equal(await it.run('send', 'bob', 'one', '--max-connections', '5'), 0);
  const other = fakeWorld({ home: it.home, node: second });
  assert.equal(await other.run('send', 'bob', 'two', '--max-connections', '7'), 0, other.stderr.text);
  assert.ok(first.isClosed());
  assert.deepEqual(
    [...first.lines(), ...second.lines()].map(({ text }) => text),
    ['one', 'two'],
  );
});

test('a node for commands goes on with one client and ends without any', options, async (context) => {
  const home = temporaryHome(context);
  const node = startFakeNode();
  const { done } = (await attend(node, home, {}))._unsafeUnwrap();
  const [one, two] = [(await connectNode(home))._unsafeUnwrap(), (await connectNode(home))._unsafeUnwrap()];
  assert.equal((await one.release())._unsafeUnwrap(), false);
  await one.close();
  await eventually(async () => (await two.release()).unwrapOr(false), 5_000, 'the last client ends it');
  assert.equal(await done, 'idle');
  assert.ok(node.isClosed());
});

// Case S5
test('a name that is given once is the name of the next start', options, async (context) => {
  const it = fakeWorld({ node: startFakeNode() });
  context.after(() => it.remove());
  assert.equal(await it.run('send', 'bob', 'hello', '--name', 'Nora'), 0);
  assert.equal(readSettings(it.home)._unsafeUnwrap().settings.name, 'Nora');
  const resting = fakeWorld({ node: startFakeNode() });
  context.after(() => resting.remove());
  assert.equal(await resting.run('history', '--name', 'Zoë'), 0);
  assert.equal(
    readSettings(resting.home)._unsafeUnwrap().settings.name,
    'Zoë',
    'a start without the network',
  );
});

// Case S6
test('a directory of another program is exit 78 and stays as it was', options, async (context) => {
  const home = temporaryHome(context);
  writeFileSync(join(home, 'thesis.tex'), '');
  for (const args of [['serve'], ['send', 'bob', 'x'], ['recv']]) {
    const program = playProgram(context, [...args, '--home', home]);
    assert.equal(await program.exit(), 78, args.join(' '));
    assert.match(program.stderr(), /it is not a profile of Parlance and not empty/);
  }
  assert.ok(isHomeOrEmpty(['settings.json', 'node.log']));
  assert.ok(isHomeOrEmpty(['thesis.tex', 'identity.json']));
  assert.ok(!isHomeOrEmpty(['settings.json', 'thesis.tex']));
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
