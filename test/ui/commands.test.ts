import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { serveApi } from '../../src/ui/api/server.js';
import { worldWithOwnNode, worldWithRunningNode } from '../support/command-worlds.js';
import { eventually, testMsMax } from '../support/deadline.js';
import { startFakeNode, idOf, type FakeNode } from '../support/fake-node.js';
import { fakeWorld, type FakeWorld } from '../support/fake-world.js';

const options = { timeout: testMsMax };

test('serve --json prints ready, then every event, then bye on a signal', options, async (context) => {
  const { it, node } = worldWithOwnNode(context);
  const ended = it.run('serve', '--json');
  await it.stdout.until((text) => text.includes('"ready"'));
  node.receive('bob', 'hi\u001b[2J');
  node.setState('bob', 'away');
  (await node.send('carol', 'out'))._unsafeUnwrap();
  await it.stdout.until((text) => /"status".*"delivered"/.test(text));
  it.signal();
  assert.equal(await ended, 0);
  const [ready, message, ...rest] = it.stdout.json();
  assert.deepEqual(ready, {
    type: 'ready',
    id: idOf('me'),
    name: 'alice',
    address: '0.0.0.0',
    port: 6001,
    pid: process.pid,
  });
  assert.equal(message?.['text'], 'hi\u001b[2J', 'texts are carried exactly');
  assert.deepEqual(
    rest.map((line) => line['type']),
    ['peer', 'message', 'status', 'status', 'status', 'bye'],
  );
});

test('a command finds the node that serve runs', options, async (context) => {
  const { it, node } = worldWithOwnNode(context);
  const ended = it.run('serve', '--json');
  await it.stdout.until((text) => text.includes('"ready"'));
  assert.equal(statSync(join(it.home, 'control.sock')).mode & 0o777, 0o600);
  const other = fakeWorld({ home: it.home });
  assert.equal(await other.run('send', 'bob', 'hello'), 0);
  assert.equal(node.lines()[0]?.text, 'hello');
  it.signal();
  assert.equal(await ended, 0);
  assert.throws(() => statSync(join(it.home, 'control.sock')));
});

test('recv prints ready and then messages only, and ends at its count', options, async (context) => {
  const { it, node } = await worldWithRunningNode(context);
  const ended = it.run('recv', '--json', '--count', '2', '--from', 'bob');
  await it.stdout.until((text) => text.includes('"ready"'));
  (await node.send('carol', 'out'))._unsafeUnwrap();
  node.receive('carol', 'not this');
  node.receive('bob', 'one');
  node.receive('bob', 'two');
  assert.equal(await ended, 0);
  assert.deepEqual(
    it.stdout.json().map((line) => line['text'] ?? line['type']),
    ['ready', 'one', 'two'],
  );
});

test('recv --from a peer omits an older program that took its name', options, async (context) => {
  const { it, node } = await worldWithRunningNode(context);
  const { id } = node.addForeignPeer('bob');
  const ended = it.run('recv', '--json', '--count', '1', '--from', 'bob');
  await it.stdout.until((text) => text.includes('"ready"'));
  node.receive(id, 'I am bob');
  node.receive('bob', 'no, I am');
  assert.equal(await ended, 0);
  assert.deepEqual(
    it.stdout.json().map((line) => line['text'] ?? line['type']),
    ['ready', 'no, I am'],
  );
});

test(
  'an ambiguous name is exit 3 with both tags for send, recv --from and peers --wait',
  options,
  async (context) => {
    const { node, anotherWorld } = await worldWithRunningNode(context);
    node.addNamesake('bob');
    const commands = [
      ['send', 'bob', 'hello'],
      ['recv', '--from', 'bob'],
      ['peers', '--wait', 'bob'],
    ];
    for (const args of commands) {
      const it = anotherWorld();
      assert.equal(await it.run(...args), 3, args.join(' '));
      assert.match(
        it.stderr.text,
        /more than one peer has that name: bob#boba, bob#othe; add the tag/,
        args.join(' '),
      );
    }
    const it = anotherWorld();
    assert.equal(await it.run('peers', '--wait', 'bob#othe', '--json'), 0);
    assert.equal(it.stdout.json()[0]?.['tag'], 'othe');
  },
);

test('recv --from keeps its peer when another peer takes the name', options, async (context) => {
  const { it, node } = await worldWithRunningNode(context);
  const ended = it.run('recv', '--json', '--count', '2', '--from', 'bob');
  await it.stdout.until((text) => text.includes('"ready"'));
  const [bob] = (await node.peers())._unsafeUnwrap();
  node.receive('bob', 'one');
  await it.stdout.until((text) => text.includes('"one"'));
  node.receive(node.addNamesake('bob').id, 'I am bob, too');
  node.receive(bob?.id ?? '', 'two');
  assert.equal(await ended, 0);
  assert.deepEqual(
    it.stdout.json().map((line) => line['text'] ?? line['type']),
    ['ready', 'one', 'two'],
  );
});

test('recv --since resumes after a seq or a message id', options, async (context) => {
  const { node, anotherWorld } = await worldWithRunningNode(context);
  const lines = ['one', 'two', 'three'].map((text) => node.receive('bob', text));
  for (const since of ['1', lines[0]?.id ?? '']) {
    const it = anotherWorld();
    assert.equal(await it.run('recv', '--json', '--since', since, '--count', '2'), 0);
    assert.deepEqual(
      it.stdout.json().map((line) => line['seq']),
      [undefined, 2, 3],
    );
  }
  const it = anotherWorld();
  assert.equal(await it.run('recv', '--since', 'x'), 2);
  // Case S9
  const beyond = anotherWorld();
  assert.equal(await beyond.run('recv', '--since', '4'), 2);
  assert.match(beyond.stderr.text, /--since 4 is beyond the newest message of this home, 3: .*another life/);
});

test('recv ends in exit 0 on a signal and in exit 4 at its timeout', options, async (context) => {
  const { it, anotherWorld } = await worldWithRunningNode(context);
  const ended = it.run('recv', '--json');
  await it.stdout.until((text) => text.includes('"ready"'));
  it.signal();
  assert.equal(await ended, 0);
  assert.equal(await anotherWorld().run('recv', '--timeout', '0.1'), 4);
});

test('peers prints the rows, and --wait returns once the peer is reachable', options, async (context) => {
  const { it, node, anotherWorld } = await worldWithRunningNode(context);
  assert.equal(await it.run('peers', '--json'), 0);
  assert.deepEqual(
    it.stdout.json().map((line) => [line['type'], line['name'], line['state'], line['tag']]),
    [
      ['peer', 'bob', 'online', 'boba'],
      ['peer', 'carol', 'online', 'caro'],
    ],
  );
  node.addPeer('dave', 'away');
  const waiting = anotherWorld();
  const ended = waiting.run('peers', '--wait', 'dave', '--json');
  setTimeout(() => node.setState('dave', 'online'), 100);
  assert.equal(await ended, 0);
  assert.equal(waiting.stdout.json()[0]?.['name'], 'dave');
  assert.equal(await anotherWorld().run('peers', '--wait', 'erin', '--timeout', '0.2'), 4);
});

test('history prints oldest first, --limit keeps the newest', options, async (context) => {
  const { node, anotherWorld } = await worldWithRunningNode(context);
  for (let i = 0; i < 1_200; i += 1) node.receive(i % 2 === 0 ? 'bob' : 'carol', `line ${i}`);
  const seqs = async (...args: string[]): Promise<unknown[]> => {
    const it = anotherWorld();
    assert.equal(await it.run('history', '--json', ...args), 0, it.stderr.text);
    return it.stdout.json().map((line) => line['seq']);
  };
  assert.deepEqual(
    await seqs(),
    Array.from({ length: 1_200 }, (_, i) => i + 1),
  );
  assert.deepEqual(await seqs('--limit', '3'), [1_198, 1_199, 1_200]);
  assert.equal((await seqs('--limit', '1100')).length, 1_100);
  assert.deepEqual(await seqs('bob', '--limit', '2'), [1_197, 1_199]);
  assert.deepEqual(await seqs('--search', 'line 7', '--limit', '1'), [800]);
  assert.deepEqual(await seqs('--until', '2026-05-01T12:00:02Z'), [1, 2]);
  assert.deepEqual(await seqs('--since', '2026-05-01T12:19:59Z'), [1_199, 1_200]);
  const it = anotherWorld();
  assert.equal(await it.run('history', '--since', 'whenever'), 2);
  assert.equal(await it.run('history', 'nobody'), 3);
});

test('verify shows the code, and marks the peer only for a code that matches', options, async (context) => {
  const { node, anotherWorld } = await worldWithRunningNode(context);
  const shown = anotherWorld();
  assert.equal(await shown.run('verify', 'bob', '--json'), 0);
  assert.equal(shown.stdout.json()[0]?.['verified'], false);
  assert.equal(await anotherWorld().run('verify', 'bob', '12345'), 5);
  const code = String(shown.stdout.json()[0]?.['code']);
  assert.equal(await anotherWorld().run('verify', 'bob', ...code.split(' ')), 0);
  assert.equal((await node.peers())._unsafeUnwrap()[0]?.verified, true);
  assert.equal(await anotherWorld().run('verify', 'carol', '--yes'), 0);
});

test('block and unblock print the peer', options, async (context) => {
  const { anotherWorld } = await worldWithRunningNode(context);
  for (const verb of ['block', 'unblock']) {
    const it = anotherWorld();
    assert.equal(await it.run(verb, 'bob', '--json'), 0);
    assert.equal(it.stdout.json()[0]?.['blocked'], verb === 'block');
  }
});

test('id prints the own identity, and a QR code with --qr', options, async (context) => {
  const { anotherWorld } = await worldWithRunningNode(context);
  const json = anotherWorld();
  assert.equal(await json.run('id', '--json'), 0);
  assert.equal(json.stdout.json()[0]?.['id'], idOf('me'));
  const people = anotherWorld();
  assert.equal(await people.run('id', '--qr'), 0);
  assert.match(people.stdout.text, /safety code {2}\d{5} /);
  assert.match(people.stdout.text, /[█▀▄]{10}/u);
});

/** Attaches a command to `first`, which the test ends; the command may then start `second` in the home. */
async function handedOver(
  context: TestContext,
): Promise<{ it: FakeWorld; first: FakeNode; second: FakeNode; end: () => Promise<void> }> {
  const first = startFakeNode();
  const second = startFakeNode();
  const it = fakeWorld({ node: second });
  context.after(() => it.remove());
  const api = (await serveApi(first, it.home))._unsafeUnwrap();
  const end = async (): Promise<void> => {
    await first.close();
    await api.close();
  };
  for (const node of [first, second]) node.setState('bob', 'away');
  return { it, first, second, end };
}

/** Gives the messages to bob, which lie in the home, to its next node. */
async function handOn(first: FakeNode, second: FakeNode): Promise<void> {
  const lines = first.lines().filter(({ peer, direction }) => peer === 'bob' && direction === 'out');
  const texts = lines.map(({ text }) => text);
  (await second.sendAll('bob', texts, { ids: lines.map(({ id }) => id) }))._unsafeUnwrap();
}

test('recv goes on with an own node when the node of another command ends', options, async (context) => {
  const { it, first, second, end } = await handedOver(context);
  const ended = it.run('recv', '--json', '--count', '2');
  await it.stdout.until((text) => text.includes('"ready"'));
  for (const node of [first, second]) node.receive('carol', 'one');
  await it.stdout.until((text) => text.includes('"one"'));
  await end();
  await it.stderr.until((text) => text.includes('ready'));
  second.receive('carol', 'two');
  assert.equal(await ended, 0);
  assert.deepEqual(
    it.stdout.json().map((line) => line['text'] ?? line['type']),
    ['ready', 'one', 'two'],
  );
});

test(
  'send follows its message on an own node when the node of another command ends',
  options,
  async (context) => {
    const { it, first, second, end } = await handedOver(context);
    const ended = it.run('send', 'bob', 'hello', '--json', '--timeout', '10');
    await it.stdout.until((text) => text.includes('"queued"'));
    await handOn(first, second);
    await end();
    second.setState('bob', 'online');
    assert.equal(await ended, 0, it.stderr.text);
    const states = it.stdout.json().map((line) => line['state']);
    assert.equal(states[0], 'queued');
    assert.equal(states.at(-1), 'delivered');
  },
);

test('send follows all its lines on the next node across many pages of history', options, async (context) => {
  const { it, first, second, end } = await handedOver(context);
  const count = 2_600;
  for (const node of [first, second]) (await node.send('carol', 'before'))._unsafeUnwrap();
  it.stdin.end('x\n'.repeat(count));
  const ended = it.run('send', 'bob', '--json', '--timeout', '10');
  await eventually(() => it.stdout.lines().length === count, 30_000, 'all lines are queued');
  // The messages are delivered while no command watches: only the history shows it.
  second.setState('bob', 'online');
  await handOn(first, second);
  (
    await second.sendAll(
      'carol',
      Array.from({ length: 1_200 }, () => 'since then'),
    )
  )._unsafeUnwrap();
  await eventually(() => second.lines().every(({ state }) => state === 'delivered'), 5_000, 'delivered');
  await end();
  assert.equal(await ended, 0, it.stderr.text);
  const delivered = it.stdout.json().filter((line) => line['state'] === 'delivered');
  assert.equal(new Set(delivered.map((line) => line['id'])).size, count);
});
