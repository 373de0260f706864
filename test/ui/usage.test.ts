import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import type { NodeError } from '../../src/index.js';
import { worldWithOwnNode } from '../support/command-worlds.js';
import { lineOf, wordingOf } from '../../src/ui/cli/screen/wording.js';
import { fakeWorld } from '../support/fake-world.js';
import { temporaryHome } from '../support/program.js';
import { testMsMax } from '../support/deadline.js';

const options = { timeout: testMsMax };

test('failures to start have their exit codes', options, async (context) => {
  const cases: readonly (readonly [NodeError, number, RegExp])[] = [
    [{ code: 'home/in-use', home: '/h', pid: 4242 }, 6, /4242/],
    [{ code: 'transport/port-in-use', address: '0.0.0.0', port: 6001 }, 6, /6001.* --port/],
    [{ code: 'transport/beacon-ports-in-use', address: '0.0.0.0', ports: [6000] }, 6, /6000.*--beacon-port/],
    [
      { code: 'transport/dialect-port-in-use', dialect: 'chatbuddy', address: '0.0.0.0', port: 9090 },
      6,
      /9090.*--listen chatbuddy=PORT/,
    ],
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
    ['menu', 'klingon'],
    ['menu', 'synergy', '--hub', '10.0.0.1:8080'],
    ['hub', '--max-users', '0'],
    ['serve', '--listen', 'chatbuddy'],
    ['serve', '--listen', 'klingon=1'],
    ['serve', '--greet', 'host:1'],
    ['serve', '--greet', '10.0.0.7'],
    ['serve', '--greet', '10.0.0.7:70'],
    ['serve', '--dialects', 'netech,cse310', '--send-timeout', '3'],
    ['menu', 'netech', '--greet', '10.0.0.7:70'],
    ['send', 'bob', 'x', '--plain', '--secure'],
    ['send', 'bob', 'x', '--number', '0'],
    ['serve', '--log-level', 'loud'],
    ['serve', '--name', 'x'.repeat(65)],
    ['serve', '--name', ' '],
    ['serve', '--max-connections', '0'],
    ['serve', '--max-connections', '1001'],
    ['serve', '--broadcast', 'x'],
    ['recv', '--count', '0'],
    ['recv', '--count', '1', '--follow'],
    ['help', 'nothing'],
    ['doctr'],
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

test(
  'a name that is too long is refused with the limit, also in the environment',
  options,
  async (context) => {
    const long = 'ä'.repeat(65);
    const it = fakeWorld({ env: { PARLANCE_NAME: long } });
    context.after(() => it.remove());
    assert.equal(await it.run('serve'), 2);
    assert.equal(
      it.stderr.text,
      'parlance: wrong usage: PARLANCE_NAME: it has 65 characters, at most 64 are shown; see "parlance help"\n',
    );
    assert.equal(await it.run('--name', long), 2);
    assert.match(
      it.stderr.lines()[1] ?? '',
      /^parlance: .*is invalid\. it has 65 characters, at most 64 are shown; see/,
    );
  },
);

test('help on an unknown command suggests a command', options, async (context) => {
  const it = fakeWorld();
  context.after(() => it.remove());
  assert.equal(await it.run('help', 'sedn'), 2);
  assert.equal(
    it.stderr.text,
    'parlance: wrong usage: unknown command "sedn", did you mean "send"; see "parlance help"\n',
  );
});

test('help and version answer without a node', options, async (context) => {
  const it = fakeWorld();
  context.after(() => it.remove());
  for (const args of [['help'], ['--help'], ['help', 'send'], ['send', '--help'], ['--version']]) {
    assert.equal(await it.run(...args), 0, args.join(' '));
  }
  assert.match(it.stdout.text, /parlance \d+\.\d+\.\d+\n/);
  assert.match(it.stdout.text, /doctor/);
  for (const role of ['hub', 'announce', 'discover', 'respond', 'initiate', 'wait', 'connect', 'menu'])
    assert.match(it.stdout.text, new RegExp(`^  ${role} `, 'm'), role);
});

test('help lists the options of the command before the common options', options, async (context) => {
  const it = fakeWorld();
  context.after(() => it.remove());
  assert.equal(await it.run('help', 'hub'), 0);
  const places = ['--max-users', '--port <n>', 'Options of every command:', '--home'].map((word) =>
    it.stdout.text.indexOf(word),
  );
  assert.ok(!places.includes(-1), it.stdout.text);
  const [maxUsers = 0, port = 0, common = 0, home = 0] = places;
  assert.ok(maxUsers < common && port < common && common < home, it.stdout.text);
});

test('help fits narrow terminals, with further rows under the explanation', options, async (context) => {
  for (const columns of [60, 80, 100]) {
    const it = fakeWorld({ columns });
    context.after(() => it.remove());
    for (const args of [['help'], ['send', '--help']]) assert.equal(await it.run(...args), 0);
    for (const row of it.stdout.lines()) {
      assert.ok(row.length <= columns, `${columns}: ${row}`);
      if (row.startsWith(' ')) assert.match(row, /^(?: {2}| {20,})\S/, `${columns}: ${row}`);
    }
  }
});

const why = (peer: string): string => wordingOf({ code: 'chat/unknown-peer', peer }).why;

test('the reason of an unknown peer tells a malformed address from a name', () => {
  assert.match(why('nobody'), /^no peer with that name/);
  assert.match(why('10.0.0.7:7000'), /^no peer with that name/);
  assert.match(why('10.0.0.7:70000'), /not an address$/);
  for (const word of ['foo://1', 'netech://10.0.0.7', 'cmp2204://10.0.0.7:70000'])
    assert.match(why(word), /not an address of an older program$/);
  assert.equal(wordingOf({ code: 'chat/unknown-peer', peer: 'foo://1' }).exit, 3);
});

test('wait --port-strict insists on the port that is waited on alone', options, async (context) => {
  const it = fakeWorld({ node: { code: 'store/full', file: 'f' } });
  context.after(() => it.remove());
  await it.run('wait', '--port', '7000', '--port-strict');
  await it.run('wait', '--port', '7000');
  const ports = it.started.map(({ port, portStrict, listen }) => ({ port, portStrict, listen }));
  assert.deepEqual(ports, [
    { port: 0, portStrict: true, listen: ['cse310=7000'] },
    { port: undefined, portStrict: undefined, listen: ['cse310=7000'] },
  ]);
});

test('a closed stdout ends the command quietly', options, async (context) => {
  const { it, node } = worldWithOwnNode(context);
  const ended = it.run('serve', '--json');
  await it.stdout.until((text) => text.includes('"ready"'));
  it.stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  assert.equal(await ended, 0);
  assert.ok(node.isClosed());
  assert.equal(it.stderr.text, '');
});

test('a log event is one line of JSON, whatever a peer put into it', options, async (context) => {
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

test(
  'a log event is a plain line at a terminal, and JSON with --json, in a pipe and in a file',
  options,
  async (context) => {
    const logged = async (isTTY: boolean, ...flags: string[]): Promise<string[]> => {
      const it = fakeWorld({ node: { code: 'store/full', file: 'f' }, isTTY });
      context.after(() => it.remove());
      await it.run('serve', ...flags);
      const before = it.stderr.lines().length;
      const log = it.started[0]?.log;
      log?.('debug', 'not-at-this-level', {});
      log?.('warn', 'discovery.cannot-listen', { port: 6_000, reason: 'x\n\u001b[31m', lostPeers: ['a'] });
      log?.('error', 'gave-up', {});
      return it.stderr.lines().slice(before);
    };
    assert.deepEqual(await logged(true), [
      'parlance: warning: discovery cannot listen (port 6000, reason x^J^[[31m, lost peers ["a"])',
      'parlance: error: gave up',
    ]);
    assert.deepEqual(await logged(true, '--quiet'), ['parlance: error: gave up']);
    for (const lines of [await logged(true, '--json'), await logged(false)]) {
      const events = lines.map((line): unknown => Reflect.get(JSON.parse(line), 'event'));
      assert.deepEqual(events, ['discovery.cannot-listen', 'gave-up']);
    }
    assert.deepEqual(await logged(true, '--log-file', join(temporaryHome(context), 'log')), []);
  },
);

// Case S17
test('help and version are NDJSON with --json', options, async (context) => {
  for (const [args, type] of [
    [['help', 'send', '--json'], 'help'],
    [['send', '--help', '--json'], 'help'],
    [['--version', '--json'], 'version'],
  ] as const) {
    const it = fakeWorld();
    context.after(() => it.remove());
    assert.equal(await it.run(...args), 0);
    assert.equal(it.stdout.json()[0]?.['type'], type, args.join(' '));
  }
});

// Case S13
test('too few open files are one line with the remedy', () => {
  const reason = "error: EMFILE: too many open files, open '/x'";
  const wording = wordingOf({ code: 'runtime/start-failed', actor: 'node', reason });
  assert.match(lineOf(wording), /raise it, such as with "ulimit -n 1024"/);
  assert.equal(wording.exit, 1);
  const code = 'store/io';
  const home = wordingOf({ code, file: '/h/history.db', reason: 'too many files are open (EMFILE)' });
  assert.match(lineOf(home), /raise the limit of open files, such as with "ulimit -n 1024"/);
});

// Case S13
test(
  'a database that no descriptor is left for names the limit',
  { skip: process.platform === 'win32' && 'Windows has no such limit' },
  () => {
    const module = new URL('../../src/system-errors.js', import.meta.url).href;
    const script = `
      const { reasonOfUnopened } = await import(${JSON.stringify(module)});
      const { openSync } = await import('node:fs');
      const before = reasonOfUnopened('cannot open');
      try { for (;;) openSync(process.execPath, 'r'); } catch {}
      process.stdout.write([before, reasonOfUnopened('cannot open')].join());`;
    const shell = 'ulimit -n 64; exec "$0" --input-type=module -e "$1"';
    const { stdout } = spawnSync('sh', ['-c', shell, process.execPath, script], { encoding: 'utf8' });
    assert.equal(stdout, 'cannot open,too many files are open (EMFILE)');
  },
);
