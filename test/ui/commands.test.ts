import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { NodeError } from '../../src/index.js';
import { serveApi } from '../../src/ui/api/server.js';
import { startFakeNode, idOf, type FakeNode, type FakeNodeOptions } from '../support/fake-node.js';
import { fakeWorld, type FakeWorld, type FakeWorldOptions } from '../support/fake-world.js';

const options = { timeout: 15_000 };

/** A world whose commands start this fake node themselves. */
function alone(
  context: TestContext,
  nodeOptions: FakeNodeOptions = {},
  worldOptions: FakeWorldOptions = {},
): { it: FakeWorld; node: FakeNode } {
  const node = startFakeNode(nodeOptions);
  const it = fakeWorld({ node, ...worldOptions });
  context.after(() => it.remove());
  return { it, node };
}

/** A world in whose home this fake node runs already. */
async function attached(
  context: TestContext,
  nodeOptions: FakeNodeOptions = {},
): Promise<{ it: FakeWorld; node: FakeNode; again: () => FakeWorld }> {
  const node = startFakeNode(nodeOptions);
  const it = fakeWorld();
  // Old enough for nobody to wait for answers to its first beacon.
  const api = (await serveApi(node, it.home, () => 60_000))._unsafeUnwrap();
  context.after(async () => {
    await node.close();
    await api.close();
    it.remove();
  });
  return { it, node, again: () => fakeWorld({ home: it.home }) };
}

test('send waits for the delivery and tells it', options, async (context) => {
  const { it, node } = alone(context);
  assert.equal(await it.run('send', 'bob', 'hello', 'there'), 0);
  assert.equal(node.lines()[0]?.text, 'hello there');
  assert.equal(it.stdout.text, 'delivered → bob\n');
  assert.ok(node.isClosed(), 'the node it started is closed again');
});

test('send --json prints one status line per state, type first', options, async (context) => {
  const { it } = alone(context);
  assert.equal(await it.run('send', '--json', 'bob', 'hello'), 0);
  assert.deepEqual(it.stdout.json(), [
    { type: 'status', id: '01890000-0000-7000-8000-000000000001', peer: 'bob', state: 'queued' },
    { type: 'status', id: '01890000-0000-7000-8000-000000000001', peer: 'bob', state: 'sent' },
    { type: 'status', id: '01890000-0000-7000-8000-000000000001', peer: 'bob', state: 'delivered' },
  ]);
  for (const line of it.stdout.lines()) assert.ok(line.startsWith('{"type":"status",'), line);
});

test('send --wait queued returns with the message in the outbox', options, async (context) => {
  const { it, node } = alone(context);
  node.setState('bob', 'offline');
  assert.equal(await it.run('send', 'bob', 'later', '--wait', 'queued', '--json'), 0);
  assert.deepEqual(
    it.stdout.json().map((line) => line['state']),
    ['queued'],
  );
});

test('a message that is not delivered in time stays queued, and exit 4 says so', options, async (context) => {
  const { it, node } = await attached(context);
  node.setState('bob', 'away');
  assert.equal(await it.run('send', 'bob', 'later', '--timeout', '0.2'), 4);
  assert.match(
    it.stderr.text,
    /^parlance: not delivered yet: .*; it stays queued and goes out when the peer is back\n$/,
  );
  assert.equal(it.stderr.lines().length, 1);
});

test(
  'an unknown peer is exit 3, but only after a node that just started had time to hear of it',
  options,
  async (context) => {
    const { it, node } = alone(context, { peers: [] });
    setTimeout(() => node.addPeer('bob'), 300);
    assert.equal(await it.run('send', 'bob', 'hello'), 0);
    const second = alone(context);
    assert.equal(await second.it.run('send', 'nobody', 'hello', '--timeout', '0.3'), 3);
    assert.match(second.it.stderr.text, /^parlance: no peer "nobody": [^\n]+; [^\n]+\n$/);
  },
);

test('empty and too long texts are wrong usage before any node is started', options, async (context) => {
  const it = fakeWorld();
  context.after(() => it.remove());
  assert.equal(await it.run('send', 'bob', ''), 2);
  assert.equal(await it.run('send', 'bob', 'x'.repeat(65_537)), 2);
  assert.match(it.stderr.text, /65537 bytes, at most 65536/);
});

test(
  'each line of stdin is one message, in order, all of them followed to delivery',
  options,
  async (context) => {
    const { it, node } = await attached(context);
    const count = 20_000;
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

test('a full outbox is waited for', options, async (context) => {
  const { it, node } = await attached(context, { outboxMax: 700 });
  it.stdin.end('x\n'.repeat(3_000));
  assert.equal(await it.run('send', 'bob'), 0);
  assert.equal(node.lines().length, 3_000);
  assert.equal(it.stdout.text, '3000 delivered → bob\n');
});

test('a full outbox that stays full ends in exit 4 and says what was not taken', options, async (context) => {
  const { it, node } = await attached(context, { outboxMax: 600 });
  node.setState('bob', 'offline');
  it.stdin.end('x\n'.repeat(1_000));
  assert.equal(await it.run('send', 'bob', '--timeout', '0.5'), 4);
  assert.match(it.stderr.text, /500 stay queued, 500 lines were not taken/);
});

test('a line too long for a message ends the input after the lines before it', options, async (context) => {
  const { it, node } = await attached(context);
  it.stdin.end(`one\ntwo\n${'x'.repeat(65_537)}\nthree\n`);
  assert.equal(await it.run('send', 'bob'), 2);
  assert.deepEqual(
    node.lines().map((line) => line.text),
    ['one', 'two'],
  );
});

test('what is refused for security is exit 5', options, async (context) => {
  const refusals: readonly NodeError[] = [
    { code: 'chat/blocked', peer: 'bob' },
    { code: 'chat/key-changed', peer: 'bob' },
    { code: 'chat/secure-only', dialect: 'synergy' },
    { code: 'chat/dialect-off', dialect: 'synergy' },
  ];
  for (const refusal of refusals) {
    const { it, node } = alone(context);
    node.refuse('bob', refusal);
    assert.equal(await it.run('send', 'bob', 'hello', '--json'), 5, refusal.code);
    assert.equal(it.stderr.lines().length, 1);
    assert.deepEqual(
      it.stdout.json().map((line) => [line['type'], line['code']]),
      [['error', refusal.code]],
    );
  }
});

test('a key that changes while a message waits is a refusal, not a timeout', options, async (context) => {
  const { it, node } = await attached(context);
  node.setState('bob', 'away');
  const ended = it.run('send', 'bob', 'hello');
  setTimeout(() => node.emit({ type: 'error', code: 'session/key-changed', message: 'x', peer: 'bob' }), 200);
  assert.equal(await ended, 5);
});

test('failures to start have their exit codes', options, async (context) => {
  const cases: readonly (readonly [NodeError, number, RegExp])[] = [
    [{ code: 'home/in-use', home: '/h', pid: 4242 }, 6, /4242/],
    [{ code: 'transport/port-in-use', address: '0.0.0.0', port: 6001 }, 6, /6001/],
    [{ code: 'home/unusable', home: '/h', reason: 'read-only' }, 78, /read-only/],
    [{ code: 'store/newer-schema', file: 'f', found: 9, known: 1 }, 78, /newer/],
    [{ code: 'store/full', file: 'f' }, 78, /full/],
    [{ code: 'runtime/start-failed', actor: 'node', reason: 'x\ny\u001b[31m' }, 1, /x\^Jy\^\[\[31m/],
  ];
  for (const [error, exit, words] of cases) {
    const it = fakeWorld({ node: error });
    context.after(() => it.remove());
    assert.equal(await it.run('serve'), exit, error.code);
    assert.match(it.stderr.text, words);
    assert.equal(it.stderr.lines().length, 1);
  }
});

test('serve --json prints ready, then every event, then bye on a signal', options, async (context) => {
  const { it, node } = alone(context);
  const ended = it.run('serve', '--json', '--bind', '127.0.0.1');
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
    address: '127.0.0.1',
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
  const { it, node } = alone(context);
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
  const { it, node } = await attached(context);
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

test('recv --since resumes after a seq or a message id', options, async (context) => {
  const { node, again } = await attached(context);
  const lines = ['one', 'two', 'three'].map((text) => node.receive('bob', text));
  for (const since of ['1', lines[0]?.id ?? '']) {
    const it = again();
    assert.equal(await it.run('recv', '--json', '--since', since, '--count', '2'), 0);
    assert.deepEqual(
      it.stdout.json().map((line) => line['seq']),
      [undefined, 2, 3],
    );
  }
  const it = again();
  assert.equal(await it.run('recv', '--since', 'x'), 2);
});

test('recv ends in exit 0 on a signal and in exit 4 at its timeout', options, async (context) => {
  const { it, again } = await attached(context);
  const ended = it.run('recv', '--json');
  await it.stdout.until((text) => text.includes('"ready"'));
  it.signal();
  assert.equal(await ended, 0);
  assert.equal(await again().run('recv', '--timeout', '0.1'), 4);
});

test('peers prints the rows, and --wait returns once the peer is reachable', options, async (context) => {
  const { it, node, again } = await attached(context);
  assert.equal(await it.run('peers', '--json'), 0);
  assert.deepEqual(
    it.stdout.json().map((line) => [line['type'], line['name'], line['state'], line['tag']]),
    [
      ['peer', 'bob', 'online', 'boba'],
      ['peer', 'carol', 'online', 'caro'],
    ],
  );
  node.addPeer('dave', 'away');
  const waiting = again();
  const ended = waiting.run('peers', '--wait', 'dave', '--json');
  setTimeout(() => node.setState('dave', 'online'), 100);
  assert.equal(await ended, 0);
  assert.equal(waiting.stdout.json()[0]?.['name'], 'dave');
  assert.equal(await again().run('peers', '--wait', 'erin', '--timeout', '0.2'), 4);
});

test('history prints oldest first, --limit keeps the newest', options, async (context) => {
  const { node, again } = await attached(context);
  for (let i = 0; i < 1_200; i += 1) node.receive(i % 2 === 0 ? 'bob' : 'carol', `line ${i}`);
  const seqs = async (...args: string[]): Promise<unknown[]> => {
    const it = again();
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
  const it = again();
  assert.equal(await it.run('history', '--since', 'whenever'), 2);
  assert.equal(await it.run('history', 'nobody'), 3);
});

test('verify shows the code, and marks only what matches', options, async (context) => {
  const { node, again } = await attached(context);
  const shown = again();
  assert.equal(await shown.run('verify', 'bob', '--json'), 0);
  assert.equal(shown.stdout.json()[0]?.['verified'], false);
  assert.equal(await again().run('verify', 'bob', '12345'), 5);
  const code = String(shown.stdout.json()[0]?.['code']);
  assert.equal(await again().run('verify', 'bob', ...code.split(' ')), 0);
  assert.equal((await node.peers())._unsafeUnwrap()[0]?.verified, true);
  assert.equal(await again().run('verify', 'carol', '--yes'), 0);
});

test('block and unblock answer with the row', options, async (context) => {
  const { again } = await attached(context);
  for (const verb of ['block', 'unblock']) {
    const it = again();
    assert.equal(await it.run(verb, 'bob', '--json'), 0);
    assert.equal(it.stdout.json()[0]?.['blocked'], verb === 'block');
  }
});

test('id tells who we are, with a QR code on demand', options, async (context) => {
  const { again } = await attached(context);
  const json = again();
  assert.equal(await json.run('id', '--json'), 0);
  assert.equal(json.stdout.json()[0]?.['id'], idOf('me'));
  const people = again();
  assert.equal(await people.run('id', '--qr'), 0);
  assert.match(people.stdout.text, /safety code {2}\d{5} /);
  assert.match(people.stdout.text, /[█▀▄]{10}/u);
});

test('wrong usage is exit 2 and one line, whatever is wrong', options, async (context) => {
  const cases = [
    ['sned', 'bob'],
    ['send'],
    ['send', 'bob', 'x', '--wait', 'never'],
    ['send', 'bob', 'x', '--timeout', 'soon'],
    ['send', 'bob', 'x', '--nothing'],
    ['serve', 'extra'],
    ['serve', '--port', '70000'],
    ['serve', '--port', '1.5'],
    ['serve', '--bind', 'nowhere'],
    ['serve', '--beacon-port', '0'],
    ['serve', '--beacon-interval', '0'],
    ['serve', '--dialects', 'klingon'],
    ['serve', '--log-level', 'loud'],
    ['serve', '--max-connections', '0'],
    ['serve', '--broadcast', 'x'],
    ['recv', '--count', '0'],
    ['recv', '--count', '1', '--follow'],
    ['help', 'nothing'],
    ['doctor'],
    ['--home'],
  ];
  for (const args of cases) {
    const it = fakeWorld();
    context.after(() => it.remove());
    assert.equal(await it.run(...args), 2, args.join(' '));
    assert.match(
      it.stderr.text,
      /^parlance: wrong usage: [^\n]+; see "parlance help[^"\n]*"\n$/,
      args.join(' '),
    );
    assert.equal(it.stdout.text, '');
  }
});

test('help and version answer without a node', options, async (context) => {
  const it = fakeWorld();
  context.after(() => it.remove());
  for (const args of [['help'], ['--help'], ['help', 'send'], ['send', '--help'], ['--version']]) {
    assert.equal(await it.run(...args), 0, args.join(' '));
  }
  assert.match(it.stdout.text, /parlance \d+\.\d+\.\d+\n/);
  assert.doesNotMatch(it.stdout.text, /doctor|hub|announce/);
});

test('flag before environment before settings before default', options, async (context) => {
  const it = fakeWorld({
    node: { code: 'store/full', file: 'f' },
    env: { PARLANCE_PORT: '7002', PARLANCE_DIALECTS: 'synergy,netech' },
  });
  context.after(() => it.remove());
  writeFileSync(
    join(it.home, 'settings.json'),
    JSON.stringify({
      name: 'stored',
      port: 7001,
      dialects: ['cse310'],
      bind: '127.0.0.1',
      beaconIntervalSeconds: 2,
    }),
  );
  await it.run('--broadcast', '127.255.255.255', 'serve', '--port', '7003', '--broadcast', '127.0.0.1');
  const { log: _log, ...started } = it.started[0] ?? { home: '' };
  assert.deepEqual(started, {
    home: it.home,
    name: 'stored',
    port: 7003,
    bind: '127.0.0.1',
    broadcast: ['127.255.255.255', '127.0.0.1'],
    dialects: ['synergy', 'netech'],
    beaconIntervalMs: 2_000,
  });
});

test('settings that are wrong are told in one line and change nothing', options, async (context) => {
  for (const text of [
    '{',
    '[]',
    '{"port":"x"}',
    '{"prot":1}',
    '{"dialects":["klingon"]}',
    'x'.repeat(70_000),
  ]) {
    const it = fakeWorld();
    context.after(() => it.remove());
    writeFileSync(join(it.home, 'settings.json'), text);
    assert.equal(await it.run('serve'), 78, text.slice(0, 30));
    assert.match(it.stderr.text, /^parlance: the settings cannot be read: [^\n]*settings\.json: [^\n]+\n$/);
  }
});

test('a reader that goes away ends the command quietly', options, async (context) => {
  const { it, node } = alone(context);
  const ended = it.run('serve', '--json');
  await it.stdout.until((text) => text.includes('"ready"'));
  it.stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  assert.equal(await ended, 0);
  assert.ok(node.isClosed());
  assert.equal(it.stderr.text, '');
});

test('a log event is one line that parses, whatever a peer put into it', options, async (context) => {
  const it = fakeWorld({ node: { code: 'store/full', file: 'f' } });
  context.after(() => it.remove());
  await it.run('serve', '--log-level', 'info');
  const before = it.stderr.lines().length;
  it.started[0]?.log?.('warn', 'refused', { name: 'x\n{"level":60}\u001b[31m', level: 'y', event: 'z' });
  it.started[0]?.log?.('debug', 'not at this level', {});
  const lines = it.stderr.lines().slice(before);
  assert.equal(lines.length, 1);
  const line: Record<string, unknown> = JSON.parse(lines[0] ?? '');
  assert.equal(line['event'], 'refused');
  assert.doesNotMatch(lines[0] ?? '', /\u001b/);
});

/** A command attached to `first`, which ends; the command may start `second`, the node of the same home. */
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

test('recv goes on with a node of its own when that of another command ends', options, async (context) => {
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
  'send follows its message on a node of its own when that of another command ends',
  options,
  async (context) => {
    const { it, second, end } = await handedOver(context);
    const ended = it.run('send', 'bob', 'hello', '--json', '--timeout', '10');
    await it.stdout.until((text) => text.includes('"queued"'));
    (await second.send('bob', 'hello'))._unsafeUnwrap();
    await end();
    second.setState('bob', 'online');
    assert.equal(await ended, 0, it.stderr.text);
    const states = it.stdout.json().map((line) => line['state']);
    assert.equal(states[0], 'queued');
    assert.equal(states.at(-1), 'delivered');
  },
);
