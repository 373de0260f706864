/** One message to several peers: who they are, what is asked, and a state of each. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { testMsMax } from '../support/deadline.js';
import { startFakeNode, type FakeNode } from '../support/fake-node.js';
import { fakeWorld } from '../support/fake-world.js';

const options = { timeout: testMsMax };

function worldOf(context: TestContext, node: FakeNode, isTTY = false) {
  const it = fakeWorld({ node, isTTY, env: { NO_COLOR: '1' } });
  context.after(() => it.remove());
  return it;
}

const sentTo = (node: FakeNode): readonly string[] => node.lines().map(({ peer }) => peer);

test('send to several is one message with a state of each recipient', options, async (context) => {
  const node = startFakeNode({ peers: ['bob', 'carol', 'dave'] });
  node.setState('carol', 'offline');
  const it = worldOf(context, node);
  assert.equal(await it.run('send', 'bob, carol,bob,', 'hi', 'all', '--timeout', '0.2', '--json'), 4);
  const states = it.stdout.json().filter(({ type }) => type === 'status');
  assert.equal(new Set(states.map(({ id }) => id)).size, 1, 'one id');
  assert.deepEqual(
    ['bob', 'carol'].map((name) => states.findLast(({ peer }) => peer === name)?.['state']),
    ['delivered', 'queued'],
  );
  assert.deepEqual(sentTo(node), ['bob', 'carol']);
  assert.match(it.stderr.text, /"carol" did not confirm it/);
});

test(
  'an unknown name among several sends nothing, and a refusal keeps the others',
  options,
  async (context) => {
    const node = startFakeNode({ peers: ['bob', 'carol'] });
    assert.equal(await worldOf(context, node).run('send', 'bob,nobody', 'hi'), 3);
    assert.deepEqual(sentTo(node), []);
    const other = startFakeNode({ peers: ['bob', 'carol'] });
    other.refuse('bob', { code: 'chat/blocked', peer: 'bob' });
    const it = worldOf(context, other);
    assert.equal(await it.run('send', 'bob,carol', 'hi'), 5);
    assert.deepEqual(sentTo(other), ['carol']);
    assert.match(it.stdout.text, /delivered → carol/);
  },
);

test('a whole word with a comma that is the name of one peer means that peer', options, async (context) => {
  const node = startFakeNode({ peers: ['Smith, Bob', 'Bob'] });
  assert.equal(await worldOf(context, node).run('send', 'Smith, Bob', 'hi'), 0);
  assert.deepEqual(sentTo(node), ['Smith, Bob']);
});

const fresh = (): FakeNode => {
  const node = startFakeNode({ peers: ['bob', 'carol', 'dave'] });
  node.setState('carol', 'offline');
  node.addForeignPeer('old');
  return node;
};

test('--all-here goes to native peers that are here, after --yes or a yes', options, async (context) => {
  const [scripted, confirmed, asked, declined] = [fresh(), fresh(), fresh(), fresh()];
  const script = worldOf(context, scripted);
  assert.equal(await script.run('send', '--all-here', 'drill'), 2);
  assert.match(script.stderr.text, /names 2 peers: add --yes/);
  assert.deepEqual(sentTo(scripted), []);
  assert.equal(await worldOf(context, confirmed).run('send', '--all-here', '--yes', 'drill at', 'ten'), 0);
  assert.deepEqual(sentTo(confirmed), ['bob', 'dave']);
  assert.ok(confirmed.lines().every(({ text }) => text === 'drill at ten'));
  for (const [node, answer, reached] of [
    [asked, 'y\n', ['bob', 'dave']],
    [declined, '\n', []],
  ] as const) {
    const it = worldOf(context, node, true);
    const ended = it.run('send', '--all-here', 'drill');
    await it.stderr.until((text) => text.includes('Send to 2: bob#'));
    it.stdin.write(answer);
    assert.equal(await ended, 0);
    assert.deepEqual(sentTo(node), reached);
  }
  assert.equal(await worldOf(context, fresh()).run('send', 'bob', 'hi', '--yes'), 2);
});

test('--all-here with --json never asks: without --yes it is wrong usage', options, async (context) => {
  const node = fresh();
  const it = worldOf(context, node, true);
  assert.equal(await it.run('send', '--all-here', 'drill', '--json'), 2);
  assert.match(it.stderr.text, /names 2 peers: add --yes/);
  assert.deepEqual(sentTo(node), []);
});

test('Ctrl-C, Ctrl-D and the end of the input answer a question with no', options, async (context) => {
  for (const leave of ['\u0003', '\u0004', null]) {
    const node = fresh();
    const it = worldOf(context, node, true);
    const ended = it.run('send', '--all-here', 'drill');
    await it.stderr.until((text) => text.includes('[y/N]'));
    if (leave === null) it.stdin.end();
    else it.stdin.write(leave);
    assert.equal(await ended, 0);
    assert.match(it.stderr.text, /nothing was sent/);
    assert.deepEqual(sentTo(node), []);
  }
});

test(
  'a young node waits for a peer whose name has a comma, unless all parts are known',
  options,
  async (context) => {
    const node = startFakeNode({ peers: ['Anna', 'bob', 'carol'] });
    const asked: string[] = [];
    const find: typeof node.find = (word) => {
      asked.push(word);
      const found = node.find(word);
      if (word === 'Ben') node.addPeer('Anna,Ben');
      return found;
    };
    assert.equal(await worldOf(context, { ...node, find }).run('send', 'Anna,Ben', 'hi'), 0);
    assert.deepEqual(sentTo(node), ['Anna,Ben']);
    assert.equal(await worldOf(context, { ...node, find }).run('send', 'bob,carol', 'hi'), 0);
    assert.equal(asked.filter((word) => word === 'bob,carol').length, 1);
  },
);

test('an ambiguous name with a comma is refused, not split', options, async (context) => {
  const node = startFakeNode({ peers: ['Anna,Ben', 'Anna', 'Ben'] });
  node.addNamesake('Anna,Ben');
  const it = worldOf(context, node);
  assert.equal(await it.run('send', 'Anna,Ben', 'hi'), 3);
  assert.match(it.stderr.text, /ambiguous/);
  assert.deepEqual(sentTo(node), []);
});
