import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { ResultAsync } from 'neverthrow';
import type { NodeError, NodeHandle } from '../../src/index.js';
import { serveApi } from '../../src/ui/api/server.js';
import { worldWithOwnNode, worldWithRunningNode } from '../support/command-worlds.js';
import { eventually, testMsMax } from '../support/deadline.js';
import { startFakeNode, type FakeNode } from '../support/fake-node.js';
import { fakeWorld, type FakeWorld } from '../support/fake-world.js';

const options = { timeout: testMsMax };

test('send waits for the delivery and prints it', options, async (context) => {
  const { it, node } = worldWithOwnNode(context);
  assert.equal(await it.run('send', 'bob', 'hello', 'there'), 0);
  assert.equal(node.lines()[0]?.text, 'hello there');
  assert.equal(it.stdout.text, 'delivered → bob\n');
  assert.ok(!node.isClosed(), 'the next command finds the node');
});

test('send --json prints one status line per state, type first', options, async (context) => {
  const { it, node } = worldWithOwnNode(context);
  assert.equal(await it.run('send', '--json', 'bob', 'hello'), 0);
  const id = node.lines()[0]?.id;
  assert.deepEqual(it.stdout.json(), [
    { type: 'status', id, peer: 'bob', state: 'queued' },
    { type: 'status', id, peer: 'bob', state: 'sent' },
    { type: 'status', id, peer: 'bob', state: 'delivered' },
  ]);
  for (const line of it.stdout.lines()) assert.ok(line.startsWith('{"type":"status",'), line);
});

test('send --wait queued returns with the message in the outbox', options, async (context) => {
  const { it, node } = worldWithOwnNode(context);
  node.setState('bob', 'offline');
  assert.equal(await it.run('send', 'bob', 'later', '--wait', 'queued', '--json'), 0);
  assert.deepEqual(
    it.stdout.json().map((line) => line['state']),
    ['queued'],
  );
});

test(
  'send is exit 4 when a message is not delivered in time, and the message stays queued',
  options,
  async (context) => {
    const { it, node } = await worldWithRunningNode(context);
    node.setState('bob', 'away');
    assert.equal(await it.run('send', 'bob', 'later', '--timeout', '0.2'), 4);
    assert.match(
      it.stderr.text,
      /^parlance: not delivered yet: .*; it stays queued and goes out when the peer and you are here\n$/,
    );
    assert.equal(it.stderr.lines().length, 1);
  },
);

test('an unknown peer is exit 3 once a new node had time to hear of it', options, async (context) => {
  const { it, node } = worldWithOwnNode(context, { peers: [] });
  setTimeout(() => node.addPeer('bob'), 300);
  assert.equal(await it.run('send', 'bob', 'hello'), 0);
  const second = worldWithOwnNode(context);
  assert.equal(await second.it.run('send', 'nobody', 'hello', '--timeout', '0.3'), 3);
  assert.match(second.it.stderr.text, /^parlance: no peer "nobody": [^\n]+; [^\n]+\n$/);
});

test('empty and too long texts are exit 2 before a node starts', options, async (context) => {
  const it = fakeWorld();
  context.after(() => it.remove());
  assert.equal(await it.run('send', 'bob', ''), 2);
  assert.equal(await it.run('send', 'bob', 'x'.repeat(65_537)), 2);
  assert.match(it.stderr.text, /65537 bytes, and a message at most 65536/);
});

test(
  'each line of stdin is one message, sent in order and followed to its delivery',
  options,
  async (context) => {
    const { it, node } = await worldWithRunningNode(context);
    const count = 5_000;
    it.stdin.end(Array.from({ length: count }, (_, i) => `line ${i}\n`).join(''));
    assert.equal(await it.run('send', 'bob', '--json'), 0);
    assert.deepEqual(
      node.lines().map((line) => line.text),
      Array.from({ length: count }, (_, i) => `line ${i}`),
    );
    const delivered = it.stdout.json().filter((line) => line['state'] === 'delivered');
    assert.equal(new Set(delivered.map((line) => line['id'])).size, count);
  },
);

test('send waits for a full outbox', options, async (context) => {
  const { it, node } = await worldWithRunningNode(context, { outboxMax: 700 });
  it.stdin.end('x\n'.repeat(3_000));
  assert.equal(await it.run('send', 'bob'), 0);
  assert.equal(node.lines().length, 3_000);
  assert.equal(it.stdout.text, '3000 delivered → bob\n');
});

test('send is exit 4 when the outbox stays full, and counts the lines', options, async (context) => {
  const { it, node } = await worldWithRunningNode(context, { outboxMax: 600 });
  node.setState('bob', 'offline');
  it.stdin.end('x\n'.repeat(1_000));
  assert.equal(await it.run('send', 'bob', '--timeout', '0.5'), 4);
  assert.match(it.stderr.text, /500 stay queued; send the 500 lines again that were not queued/);
});

test('a line too long for a message ends the input after the lines before it', options, async (context) => {
  const { it, node } = await worldWithRunningNode(context);
  it.stdin.end(`one\ntwo\n${'x'.repeat(65_537)}\nthree\n`);
  assert.equal(await it.run('send', 'bob'), 2);
  assert.deepEqual(
    node.lines().map((line) => line.text),
    ['one', 'two'],
  );
});

const bytes = (...parts: readonly (string | readonly number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));

// Cases S8, S10, S17
test('a line of the input that cannot be a message is named by its number', options, async (context) => {
  const { node, anotherWorld } = await worldWithRunningNode(context);
  const send = async (input: Uint8Array) => {
    const it = anotherWorld();
    it.stdin.end(input);
    return { code: await it.run('send', 'bob', '--json'), it };
  };
  const mixed = await send(bytes([0xef, 0xbb, 0xbf], 'one\r\n', [0x66, 0xfc, 0x72], '\nthree'));
  assert.equal(mixed.code, 2);
  assert.match(
    mixed.it.stderr.text,
    /line 2 of the input was not sent: it is not valid UTF-8; .*others were sent/,
  );
  const long = await send(bytes('four\n', 'x'.repeat(65_537), '\nfive\n'));
  assert.equal(long.code, 2);
  assert.match(
    long.it.stderr.text,
    /line 2 of the input was not sent: it has 65537 bytes.*none of them was sent/,
  );
  const endless = await send(bytes('x'.repeat(5 * 2 ** 20)));
  assert.match(endless.it.stderr.text, /line 1 .* it has more than 4194304 bytes/);
  assert.deepEqual(
    node.lines().map((line) => line.text),
    ['one', 'three', 'four'],
  );
  const broken = anotherWorld();
  const ended = broken.run('send', 'bob', '--json');
  broken.stdin.write('six\n');
  await broken.stdout.until((text) => text.includes('"delivered"'));
  broken.stdin.destroy(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }));
  assert.equal(await ended, 2);
  assert.match(broken.stderr.text, /line 2 of the input was not sent: the disk reports an error \(EIO\)/);
});

// Case S8
test(
  'a line that was left out is named also where the others are not delivered in time',
  options,
  async (context) => {
    const { it, node } = await worldWithRunningNode(context);
    node.setState('bob', 'offline');
    it.stdin.end(bytes('one\n', [0xff, 0xfe], '\nthree\n'));
    assert.equal(await it.run('send', 'bob', '--timeout', '0.3'), 4);
    assert.match(it.stderr.text, /did not confirm 2 messages/);
    assert.match(it.stderr.text, /line 2 of the input was not sent: it is not valid UTF-8/);
  },
);

test('a refusal for security is exit 5', options, async (context) => {
  const refusals: readonly NodeError[] = [
    { code: 'chat/blocked', peer: 'bob' },
    { code: 'chat/key-changed', peer: 'bob', claimant: '' },
    { code: 'chat/secure-only', dialect: 'synergy' },
    { code: 'chat/dialect-off', dialect: 'synergy' },
  ];
  for (const refusal of refusals) {
    const { it, node } = worldWithOwnNode(context);
    node.refuse('bob', refusal);
    assert.equal(await it.run('send', 'bob', 'hello', '--json'), 5, refusal.code);
    assert.equal(it.stderr.lines().length, 1);
    assert.deepEqual(
      it.stdout.json().map((line) => [line['type'], line['code']]),
      [['error', refusal.code]],
    );
  }
});

test('send reports the failure of an address, and that nothing was sent', options, async (context) => {
  const cases: readonly (readonly [NodeError, number, RegExp])[] = [
    [{ code: 'chat/own-address', address: '10.0.0.2:6001' }, 2, /a node does not talk with itself/],
    [{ code: 'session/order', detail: 'it closed' }, 1, /no session .*: it closed; nothing was sent/],
    [{ code: 'session/deadline' }, 1, /in time; nothing was sent/],
    [{ code: 'session/bad-certificate', detail: 'x' }, 5, /nothing was sent/],
  ];
  for (const [error, exit, words] of cases) {
    const { it, node } = worldWithOwnNode(context);
    node.refuse('bob', error);
    assert.equal(await it.run('send', '10.0.0.2:6001', 'x'), exit, error.code);
    assert.match(it.stderr.text, words);
  }
});

test('a key that changes while a message waits is exit 5 at once', options, async (context) => {
  const { it, node } = await worldWithRunningNode(context);
  node.setState('bob', 'away');
  const ended = it.run('send', 'bob', 'hello');
  await eventually(() => node.lines().length === 1, testMsMax, 'the message waits');
  node.emit({ type: 'error', code: 'session/key-changed', message: 'x', peer: 'bob' });
  assert.equal(await ended, 5);
});

test('a changed key of another peer does not end the waiting', options, async (context) => {
  const { it, node } = await worldWithRunningNode(context);
  node.setState('bob', 'away');
  const ended = it.run('send', 'bob', 'hello');
  setTimeout(() => {
    node.emit({ type: 'error', code: 'session/key-changed', message: 'x', peer: 'carol' });
    node.setState('bob', 'online');
  }, 200);
  assert.equal(await ended, 0);
});

test('send counts the queued lines when its node ends amid the input', options, async (context) => {
  const { it, node, end } = await worldWithMortalNode(context);
  const ended = it.run('send', 'bob', '--json', '--quiet');
  it.stdin.write('one\ntwo\n');
  await it.stdout.until((text) => (text.match(/"delivered"/g) ?? []).length === 2);
  node.setState('bob', 'away');
  it.stdin.write('three\n');
  await it.stdout.until((text) => (text.match(/"queued"/g) ?? []).length === 3);
  await end();
  it.stdin.end('four\nfive\n');
  assert.equal(await ended, 1);
  // Whether the request got out before the connection broke is a matter of moments.
  const account =
    /; 3 lines were queued \(2 delivered, 1 still queued\)(, the rest was not: send it again|; "parlance history" shows whether the next 2 were, too; the rest was not)$/;
  assert.match(it.stderr.text.trimEnd(), account);
  assert.match(String(it.stdout.json().at(-1)?.['message']), account);
});

test('send says that the state is unknown when the answer was lost', options, async (context) => {
  const cases = [
    { args: [], taken: '0 lines were queued; "parlance history" shows whether the next 2 were, too' },
    { args: ['hello'], taken: '"parlance history" shows whether it was queued' },
  ];
  for (const { args, taken } of cases) {
    let isAsked = false;
    const never = (): ResultAsync<never, NodeError> => {
      isAsked = true;
      return new ResultAsync(new Promise(() => undefined));
    };
    const { it, end } = await worldWithMortalNode(context, { send: never, sendAll: never });
    it.stdin.end('one\ntwo\n');
    const ended = it.run('send', 'bob', ...args);
    await eventually(() => isAsked, 5_000, 'the node is asked');
    await end();
    assert.equal(await ended, 1);
    assert.ok(it.stderr.text.includes(taken), it.stderr.text);
  }
});

test('send counts the queued lines beside the remedy when the peer is refused', options, async (context) => {
  const { it, node } = await worldWithRunningNode(context);
  const ended = it.run('send', 'bob', '--quiet');
  it.stdin.write('one\n');
  await eventually(() => node.lines().length === 1, 5_000, 'the first line is taken');
  node.refuse('bob', { code: 'chat/blocked', peer: 'bob' });
  it.stdin.end('two\n');
  assert.equal(await ended, 5);
  assert.match(it.stderr.text, /unblock bob"; 1 line was queued \(.*\), the rest was not/);
});

/** As `worldWithRunningNode`, with a node that the test can end. */
async function worldWithMortalNode(
  context: TestContext,
  changes: Partial<NodeHandle> = {},
): Promise<{ it: FakeWorld; node: FakeNode; end: () => Promise<void> }> {
  const node = startFakeNode();
  const it = fakeWorld();
  const api = (await serveApi({ ...node, ...changes }, it.home, () => 60_000))._unsafeUnwrap();
  const end = async (): Promise<void> => {
    await node.close();
    await api.close();
  };
  context.after(async () => {
    await end();
    it.remove();
  });
  return { it, node, end };
}

test('flags of cmp2204 are exit 2 for a peer of another dialect', options, async (context) => {
  const early: readonly (readonly [readonly string[], string])[] = [
    [
      ['synergy://10.0.0.7:8080', 'x', '--number', '7'],
      '--number is for cmp2204, and "synergy://10.0.0.7:8080" speaks synergy',
    ],
    [['cse310://10.0.0.7', 'x', '--plain'], '--plain is for cmp2204, and "cse310://10.0.0.7" speaks cse310'],
    [
      ['10.0.0.7:6001', 'x', '--secure'],
      '--secure is for cmp2204, and "10.0.0.7:6001" runs Parlance, which always encrypts',
    ],
    [['cmp2204://10.0.0.7', 'x', '--number', '24'], '--number is a number from 1 to 23, not 24'],
  ];
  for (const [args, words] of early) {
    const it = fakeWorld();
    context.after(() => it.remove());
    assert.equal(await it.run('send', ...args), 2, args.join(' '));
    assert.equal(it.stderr.text, `parlance: wrong usage: ${words}; see "parlance help send"\n`);
  }
  for (const text of [['x'], []]) {
    const { it, node } = worldWithOwnNode(context);
    it.stdin.end('one\ntwo\n');
    assert.equal(await it.run('send', 'bob', ...text, '--number', '7'), 2);
    assert.equal(
      it.stderr.text,
      'parlance: wrong usage: --number is for cmp2204, and "bob" runs Parlance, which always encrypts; see "parlance help send"\n',
    );
    assert.deepEqual(node.lines(), []);
  }
});

test('a larger prime in the environment allows larger numbers', options, async (context) => {
  const node = startFakeNode();
  const { id } = node.addForeignPeer('old hand');
  const it = fakeWorld({ node, env: { P: '101', Q: '2' } });
  context.after(() => it.remove());
  assert.equal(await it.run('send', id, 'x', '--number', '24', '--wait', 'queued'), 0);
  assert.equal(await it.run('send', id, 'x', '--number', '102', '--wait', 'queued'), 2);
});
