/** The table of settings: flag, variable, file and default of each row agree, and wrong values are refused. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import type { NodeOptions } from '../../src/index.js';
import { settings, type Setting } from '../../src/ui/cli/options/settings.js';
import { changeSettings, readSettings } from '../../src/ui/cli/options/settings-file.js';
import { fakeWorld, type FakeWorld } from '../support/fake-world.js';
import { testMsMax } from '../support/deadline.js';

const options = { timeout: testMsMax };

/** Returns a world whose commands fail to start a node; it keeps the options of the start. */
function starting(context: TestContext, env: Readonly<Record<string, string>> = {}): FakeWorld {
  const it = fakeWorld({ node: { code: 'store/full', file: 'f' }, env });
  context.after(() => it.remove());
  return it;
}

const withoutLog = ({ log: _log, keepName: _keep, keepPrivacy: _keeps, ...rest }: NodeOptions): object =>
  rest;

const folder = mkdtempSync(join(tmpdir(), 'parlance-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const logFile = join(folder, 'log');

/** A word and its JSON value for each row; null: the row is not for the start of a node. */
const samples: Readonly<Record<keyof typeof settings, readonly [string, unknown] | null>> = {
  home: null,
  name: ['Nora', 'Nora'],
  bind: ['127.0.0.1', '127.0.0.1'],
  port: ['7003', 7_003],
  portStrict: ['yes', true],
  broadcast: ['127.0.0.1,127.0.0.2', ['127.0.0.1', '127.0.0.2']],
  beaconPorts: ['7000,7001', [7_000, 7_001]],
  beaconIntervalSeconds: ['2.5', 2.5],
  mdns: ['off', false],
  maxConnections: ['1000', 1_000],
  filesDir: [folder, folder],
  filesAccept: ['contacts', 'contacts'],
  filesBytesMax: ['5000', 5_000],
  readReceipts: ['contacts', 'contacts'],
  typingNotices: ['none', 'none'],
  compact: ['yes', true],
  dialects: ['synergy,cmp2204', ['synergy', 'cmp2204']],
  listen: ['chatbuddy=0,cse310=7', ['chatbuddy=0', 'cse310=7']],
  greet: ['10.0.0.1:70', ['10.0.0.1:70']],
  sendTimeoutMs: ['2.5', 2_500],
  toyPrime: null,
  toyGenerator: null,
  secureOnly: ['on', true],
  json: null,
  quiet: null,
  logLevel: ['debug', 'debug'],
  logFile: [logFile, logFile],
  awayAfterMinutes: null,
  notify: null,
  notifyBodies: null,
  lang: null,
  color: null,
};

test('each setting means the same as a flag, as a variable and in the file', options, async (context) => {
  const given = Object.entries<Setting>(settings).flatMap(([key, row]) => {
    const sample = samples[key as keyof typeof settings];
    return sample === null ? [] : [{ key, row, word: sample[0], value: sample[1] }];
  });
  const flags = given.flatMap(({ row, word, value }): string[] => {
    const [flag = ''] = row.flag?.split(' ') ?? [];
    if (value === true) return [flag];
    const isRepeatable = 'each' in row.kind;
    return isRepeatable ? word.split(',').flatMap((part) => [flag, part]) : [flag, word];
  });
  const byFlag = starting(context);
  await byFlag.run('serve', ...flags);
  const byVariable = starting(
    context,
    Object.fromEntries(given.map(({ row, word }) => [row.variable, word])),
  );
  await byVariable.run('serve');
  const byFile = starting(context);
  writeFileSync(
    join(byFile.home, 'settings.json'),
    JSON.stringify(Object.fromEntries(given.map(({ key, value }) => [key, value]))),
  );
  await byFile.run('serve');
  const started = [byFlag, byVariable, byFile].map((it) => ({
    ...withoutLog(it.started[0] ?? { home: '' }),
    home: 'the home',
  }));
  assert.deepEqual(started[0], {
    home: 'the home',
    name: 'Nora',
    bind: '127.0.0.1',
    port: 7_003,
    portStrict: true,
    broadcast: ['127.0.0.1', '127.0.0.2'],
    beaconPorts: [7_000, 7_001],
    beaconIntervalMs: 2_500,
    mdns: false,
    maxConnections: 1_000,
    filesDir: folder,
    filesAccept: 'contacts',
    filesBytesMax: 5_000,
    readReceipts: 'contacts',
    typingNotices: 'none',
    compact: true,
    dialects: ['synergy', 'cmp2204'],
    listen: ['chatbuddy=0', 'cse310=7'],
    greet: ['10.0.0.1:70'],
    sendTimeoutMs: 2_500,
    secureOnly: true,
  });
  assert.deepEqual(started[1], started[0], 'variables');
  assert.deepEqual(started[2], started[0], 'file');
});

test('flag goes before environment before settings file before default', options, async (context) => {
  const it = starting(context, { PARLANCE_PORT: '7002', PARLANCE_DIALECTS: 'synergy,netech' });
  writeFileSync(
    join(it.home, 'settings.json'),
    JSON.stringify({
      name: 'stored',
      port: 7_001,
      dialects: ['cse310'],
      bind: '127.0.0.1',
      beaconIntervalSeconds: 2,
    }),
  );
  await it.run('--broadcast', '127.255.255.255', 'serve', '--port', '7003', '--broadcast', '127.0.0.1');
  assert.deepEqual(withoutLog(it.started[0] ?? { home: '' }), {
    home: it.home,
    name: 'stored',
    port: 7_003,
    bind: '127.0.0.1',
    broadcast: ['127.255.255.255', '127.0.0.1'],
    dialects: ['synergy', 'netech'],
    beaconIntervalMs: 2_000,
  });
});

test(
  'the environment of older programs reaches the node only where they are spoken',
  options,
  async (context) => {
    const it = starting(context, { P: '97', Q: '5', PARLANCE_GREET: '10.0.0.1:70' });
    await it.run('serve', '--dialects', 'all', '--listen', 'chatbuddy=0', '--send-timeout', '2.5');
    await it.run('serve');
    const [first, second] = it.started;
    assert.deepEqual(
      [first?.listen, first?.greet, first?.sendTimeoutMs, first?.toyGroup],
      [['chatbuddy=0'], ['10.0.0.1:70'], 2_500, { p: '97', q: '5' }],
    );
    assert.deepEqual([second?.greet, second?.toyGroup], [undefined, undefined]);
  },
);

// Case S16
test('unknown keys of the settings file are kept, and warned of once', options, async (context) => {
  const it = starting(context);
  const file = join(it.home, 'settings.json');
  writeFileSync(
    file,
    JSON.stringify({ name: 'stored', theme: { dark: true }, 'x\u001b[31m': 1, __proto: [] }),
  );
  await it.run('serve');
  assert.equal(it.started[0]?.name, 'stored');
  const [warning, failure, ...rest] = it.stderr.lines();
  assert.match(
    warning ?? '',
    /^parlance: warning: unknown settings "theme", "x\^\[\[31m", "__proto": .*settings\.json/,
  );
  assert.match(failure ?? '', /^parlance: the disk is full/);
  assert.deepEqual(rest, []);
  assert.ok(changeSettings(it.home, { name: 'new', port: 7 }).isOk());
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), {
    name: 'new',
    theme: { dark: true },
    'x\u001b[31m': 1,
    __proto: [],
    port: 7,
  });
});

// Case S16
test('--quiet hides the warning of unknown keys of the settings file', options, async (context) => {
  const it = starting(context);
  writeFileSync(join(it.home, 'settings.json'), '{"theme":"dark"}');
  await it.run('serve', '--quiet');
  assert.equal(it.started.length, 1);
  assert.doesNotMatch(it.stderr.text, /theme/);
});

// Case S16
test('a wrong value of a known key is exit 78 and one line that names it', options, async (context) => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['{', /JSON/],
    ['[]', /the file is not a JSON object/],
    ['x'.repeat(70_000), /longer than 65536 bytes/],
    ['{"port":"x"}', /"port": a port is a number from 0 to 65535, not "x"/],
    ['{"port":1.5}', /"port": .*not 1\.5/],
    ['{"theme":1,"port":null}', /"port": .*not null/],
    ['{"portStrict":"yes"}', /"portStrict": a switch is true or false, not "yes"/],
    ['{"broadcast":"127.0.0.1"}', /"broadcast": /],
    ['{"broadcast":["127.0.0.1","x"]}', /"broadcast": .*not "x"/],
    ['{"beaconPorts":[]}', /"beaconPorts": .*not \[\]/],
    ['{"beaconPorts":[0]}', /"beaconPorts": .*not 0/],
    ['{"dialects":["klingon"]}', /"dialects": "klingon" is not a dialect/],
    ['{"dialects":"all"}', /"dialects": /],
    ['{"name":""}', /"name": /],
    ['{"logLevel":"loud"}', /"logLevel": /],
    ['{"sendTimeoutMs":-1}', /"sendTimeoutMs": a timeout is 0 to 86400000 ms here, not -1/],
  ];
  for (const [text, words] of cases) {
    const it = fakeWorld();
    context.after(() => it.remove());
    writeFileSync(join(it.home, 'settings.json'), text);
    assert.equal(await it.run('serve'), 78, text.slice(0, 30));
    assert.match(it.stderr.text, /^parlance: the settings cannot be read: [^\n]*settings\.json: [^\n]+\n$/);
    assert.match(it.stderr.text, words);
    assert.equal(readSettings(it.home).isErr(), true);
  }
});

// Case S7
test('an empty option is exit 2, whichever option it is', options, async (context) => {
  const cases = [
    ['--home', '', 'id'],
    ['id', '--home', ''],
    ['serve', '--name', ''],
    ['serve', '--dialects', ''],
    ['serve', '--log-file='],
    ['recv', '--from', ''],
    ['history', '--export', ''],
    ['send', 'bob', 'x', '--wait', ''],
    ['menu', 'chatbuddy', '--hub', ''],
  ];
  for (const args of cases) {
    const it = fakeWorld();
    context.after(() => it.remove());
    assert.equal(await it.run(...args), 2, args.join(' '));
    assert.match(
      it.stderr.text,
      /^parlance: wrong usage: .*argument '' is invalid\. It is empty/,
      args.join(' '),
    );
  }
});
