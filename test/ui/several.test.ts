/** One message to several peers: who they are, what is asked, and a state of each. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { NodeEvent } from '../../src/index.js';
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

/** A node that emits more events once it queued a message to `peer`. */
function afterSending(node: FakeNode, peer: string, more: (id: string) => readonly NodeEvent[]): FakeNode {
  const send: FakeNode['send'] = (word, text, given) =>
    node.send(word, text, given).map((status) => {
      if (status.peer === peer) for (const event of more(status.id)) node.emit(event);
      return status;
    });
  return { ...node, send };
}

const failed = (id: string): readonly NodeEvent[] => [
  { type: 'status', id, peer: 'carol', state: 'failed', reason: 'it was withdrawn' },
];

test(
  'each recipient without the message has a line of its own, and a late one is exit 4',
  options,
  async (context) => {
    for (const late of [['dave', 'erin'], []]) {
      const node = startFakeNode({ peers: ['bob', 'carol', 'dave', 'erin'] });
      for (const peer of ['carol', ...late]) node.setState(peer, 'offline');
      node.refuse('bob', { code: 'chat/blocked', peer: 'bob' });
      const it = worldOf(context, afterSending(node, 'carol', failed));
      const words = ['bob,carol,dave,erin', 'hi', '--timeout', late.length === 0 ? '30' : '0.5'];
      assert.equal(await it.run('send', ...words), late.length === 0 ? 5 : 4);
      const lines = it.stderr.lines().filter((line) => line.startsWith('parlance:'));
      assert.equal(lines.length, 2 + late.length);
      assert.match(lines[0] ?? '', /bob.*blocked/);
      assert.match(lines[1] ?? '', /not delivered to "carol": it was withdrawn/);
      for (const [at, peer] of late.entries())
        assert.ok(lines[2 + at]?.includes(`"${peer}" did not confirm it`));
    }
  },
);

test('a changed key of one recipient ends the waiting for it with exit 5', options, async (context) => {
  const node = startFakeNode({ peers: ['bob', 'carol'] });
  node.setState('carol', 'offline');
  const changed = { type: 'error', code: 'session/key-changed', message: 'x', peer: 'carol' } as const;
  const it = worldOf(
    context,
    afterSending(node, 'carol', () => [changed]),
  );
  assert.equal(await it.run('send', 'bob,carol', 'hi'), 5);
  assert.match(it.stderr.text, /carol/);
});

test('a recipient that takes another name meanwhile still gets its states', options, async (context) => {
  for (const isHeard of [true, false]) {
    const node = startFakeNode({ peers: ['bob', 'carol', 'dave'] });
    node.setState('carol', 'offline');
    const row = (await node.find('carol'))._unsafeUnwrap();
    const renamed = (id: string): readonly NodeEvent[] => [
      ...(isHeard ? [{ ...row, name: 'Caroline' }] : []),
      { type: 'status', id, peer: 'Caroline', state: 'delivered' },
    ];
    const it = worldOf(context, afterSending(node, 'carol', renamed));
    assert.equal(await it.run('send', 'bob,carol,dave', 'hi'), 0, it.stderr.text);
  }
});
