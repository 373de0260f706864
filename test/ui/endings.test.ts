/** Ends of commands: the node gives up, a signal comes, the time is over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cli } from '../../src/ui/cli/limits.js';
import { serveApi } from '../../src/ui/api/server.js';
import { worldWithOwnNode, worldWithRunningNode } from '../support/command-worlds.js';
import { eventually, testMsMax } from '../support/deadline.js';
import { startFakeNode, type FakeNode } from '../support/fake-node.js';
import { fakeWorld } from '../support/fake-world.js';

const options = { timeout: testMsMax };

/** Ends the node as its supervisor does when an actor fails too often. */
async function giveUp(node: FakeNode): Promise<void> {
  node.emit({ type: 'error', code: 'runtime/restart-intensity', message: 'it failed too often' });
  await node.close();
}

const endedLine = /^parlance: the node ended: it failed too often; [^\n]+\n$/;

test(
  'serve, recv and peers --watch are exit 1 with one line when their node gives up',
  options,
  async (context) => {
    for (const args of [['serve'], ['recv'], ['peers', '--watch'], ['peers', '--wait', 'nobody']]) {
      const { it, node } = worldWithOwnNode(context);
      const ended = it.run(...args, '--json', '--quiet');
      if (args[0] === 'serve') await it.stdout.until((text) => text.includes('"ready"'));
      else await untilSubscribed(node);
      await giveUp(node);
      assert.equal(await ended, 1, args.join(' '));
      assert.match(it.stderr.text, endedLine, args.join(' '));
    }
  },
);

test('serve --json prints one error and then bye when its node gives up', options, async (context) => {
  const { it, node } = worldWithOwnNode(context);
  const ended = it.run('serve', '--json');
  await it.stdout.until((text) => text.includes('"ready"'));
  await giveUp(node);
  await ended;
  assert.deepEqual(
    it.stdout.json().map(({ type }) => type),
    ['ready', 'error', 'bye'],
  );
});

test('the prompt is exit 1 when its node gives up', options, async (context) => {
  const { it, node } = worldWithOwnNode(context);
  const ended = it.run();
  await untilSubscribed(node);
  await giveUp(node);
  const startedMs = performance.now();
  assert.equal(await ended, 1);
  // Each of the four calls of a greeting under way would wait for another node in vain.
  assert.ok(performance.now() - startedMs < 2 * cli.nextNodeMs);
  assert.match(it.stderr.text, endedLine);
});

test('a command that a signal stops says so, and hides the failure of its node', options, async (context) => {
  const commands = [
    ['send', 'bob', 'later'],
    ['recv', '--count', '5'],
    ['peers', '--wait', 'nobody'],
  ];
  for (const args of commands) {
    const { it, node } = worldWithOwnNode(context);
    node.setState('bob', 'away');
    const ended = it.run(...args, '--quiet');
    await untilSubscribed(node);
    it.signal();
    await node.close();
    assert.equal(await ended, 1, args.join(' '));
    assert.match(it.stderr.text, /^parlance: stopped: [^\n]+\n$/, args.join(' '));
  }
});

test('a failure of a node that a signal closes is reported as the signal', options, async (context) => {
  const { it, node, anotherWorld } = await worldWithRunningNode(context, { peers: [] });
  node.addPeer('bob');
  node.refuse('bob', { code: 'runtime/no-actor', actor: 'node' });
  assert.equal(await it.run('send', 'bob', 'x'), 1);
  assert.match(it.stderr.text, /the node failed/);
  const stopped = anotherWorld();
  const ended = stopped.run('send', 'bob', 'x');
  stopped.signal();
  assert.equal(await ended, 1);
  assert.match(stopped.stderr.text, /^parlance: stopped: [^\n]+\n$/);
});

test('send is exit 1 when a signal ends its input early', options, async (context) => {
  const { it, node } = worldWithOwnNode(context);
  const ended = it.run('send', 'bob', '--json');
  it.stdin.write('one\n');
  await it.stdout.until((text) => text.includes('"delivered"'));
  it.signal();
  assert.equal(await ended, 1);
  assert.deepEqual(
    node.lines().map(({ text }) => text),
    ['one'],
  );
  assert.equal(it.stdout.json().at(-1)?.['code'], 'command/stopped');
});

test('peers --watch is exit 0 at its timeout, and peers --wait exit 4', options, async (context) => {
  const { it, anotherWorld } = await worldWithRunningNode(context);
  assert.equal(await it.run('peers', '--watch', '--json', '--timeout', '0.2'), 0);
  assert.equal(it.stdout.json().length, 2);
  assert.equal(await anotherWorld().run('peers', '--wait', 'nobody', '--timeout', '0.2'), 4);
});

test(
  'peers --watch goes on with an own node when the node of another command ends',
  options,
  async (context) => {
    const [first, second] = [startFakeNode(), startFakeNode({ peers: ['dave'] })];
    const it = fakeWorld({ node: second });
    context.after(() => it.remove());
    const api = (await serveApi(first, it.home, () => 60_000))._unsafeUnwrap();
    const ended = it.run('peers', '--watch', '--json');
    await it.stdout.until((text) => text.includes('carol'));
    await first.close();
    await api.close();
    await it.stdout.until((text) => text.includes('dave'));
    it.signal();
    assert.equal(await ended, 0);
  },
);

/** Waits until a command reads the events of `node`, which has one reader of its own. */
const untilSubscribed = (node: FakeNode): Promise<void> =>
  eventually(() => node.subscribers() > 1, 5_000, 'its events are read');

test('the prompt goes on with another node when its node ends', options, async (context) => {
  const [first, second] = [startFakeNode(), startFakeNode({ peers: ['bob'] })];
  const it = fakeWorld({ node: second });
  context.after(() => it.remove());
  const api = (await serveApi(first, it.home, () => 60_000))._unsafeUnwrap();
  const ended = it.run();
  it.stdin.write('/chat bob\n');
  await it.stdout.until((text) => text.includes('talking with'));
  await first.close();
  await api.close();
  await it.stdout.until((text) => text.includes('the node of this home ended: another one takes over'));
  it.stdin.write('still here\n');
  await eventually(() => second.lines().some(({ text }) => text === 'still here'), 10_000, 'it is sent');
  it.stdin.end('/exit\n');
  assert.equal(await ended, 0, it.stderr.text);
});

test('recv prints what another node receives after its first node ended', options, async (context) => {
  const [first, second] = [startFakeNode(), startFakeNode({ peers: ['bob'] })];
  const it = fakeWorld({ node: second });
  context.after(() => it.remove());
  const api = (await serveApi(first, it.home, () => 60_000))._unsafeUnwrap();
  const ended = it.run('recv', '--json', '--count', '1');
  await eventually(() => first.subscribers() > 0, 5_000, 'its events are read');
  second.receive('bob', 'between two nodes');
  await first.close();
  await api.close();
  assert.equal(await ended, 0, it.stderr.text);
  assert.equal(it.stdout.json().at(-1)?.['text'], 'between two nodes');
});
