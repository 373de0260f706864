/** `parlance config`: the settings file as a command shows, changes and checks it. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { settingsSchema } from '../../src/ui/cli/commands/config.js';
import { settings, storedRows } from '../../src/ui/cli/options/settings.js';
import { nearestKey } from '../../src/ui/cli/options/suggestion.js';
import { testMsMax } from '../support/deadline.js';
import { fakeWorld } from '../support/fake-world.js';

const options = { timeout: testMsMax };

/** A home without a node: none may be started. */
function worldOf(context: TestContext, env: Readonly<Record<string, string>> = {}) {
  const it = fakeWorld({ env });
  context.after(() => it.remove());
  const file = join(it.home, 'settings.json');
  const stored = (): unknown => JSON.parse(readFileSync(file, 'utf8'));
  return { ...it, file, stored };
}

test('config sets, shows and unsets a value, and keeps what it does not know', options, async (context) => {
  const it = worldOf(context);
  writeFileSync(it.file, '{"later":{"x":1}}');
  assert.equal(await it.run('config', 'set', 'port', '7003'), 0);
  assert.equal(await it.run('config', 'set', 'dialects', 'synergy,netech'), 0);
  assert.equal(await it.run('config', 'set', 'notify', '["bell","desktop"]'), 0);
  assert.deepEqual(it.stored(), {
    later: { x: 1 },
    port: 7_003,
    dialects: ['synergy', 'netech'],
    notify: ['bell', 'desktop'],
  });
  assert.match(it.stderr.text, /a running node keeps its old value: restart it/);
  const shown = worldOf(context, { PARLANCE_HOME: it.home, PARLANCE_NOTIFY: 'none' });
  assert.equal(await shown.run('config', 'get', 'port'), 0);
  assert.equal(shown.stdout.text, '7003\n');
  assert.equal(await shown.run('config', '--json'), 0);
  const all = shown.stdout
    .lines()
    .slice(1)
    .map((line): unknown => JSON.parse(line));
  assert.equal(all.length, storedRows.length);
  for (const wanted of [
    { key: 'port', value: 7_003, source: 'file' },
    { key: 'notify', value: [], source: 'environment' },
    { key: 'awayAfterMinutes', value: 15, source: 'default' },
  ])
    assert.ok(
      all.some((line) => JSON.stringify(line) === JSON.stringify({ type: 'setting', ...wanted })),
      wanted.key,
    );
  assert.equal(await it.run('config', 'unset', 'port'), 0);
  assert.ok(!Object.keys(it.stored() as object).includes('port'));
});

test(
  'a wrong value and an unknown key are refused with a remedy, and nothing is written',
  options,
  async (context) => {
    const it = worldOf(context);
    for (const [words, reason] of [
      [['set', 'port', '70000'], /port: a port is a number from 0 to 65535, not "70000"/],
      [['set', 'port'], /the value is missing/],
      [['set'], /the key is missing/],
      [['set', 'prot', '1'], /there is no setting "prot": did you mean "port"/],
      [['get', 'beacon-port'], /did you mean "beaconPorts"/],
      [['set', 'home', '/x'], /home cannot be set in settings.json: use --home <dir> or PARLANCE_HOME/],
      [['frob'], /config/],
    ] as const) {
      assert.equal(await it.run('config', ...words), 2, words.join(' '));
      assert.match(it.stderr.text, reason);
    }
    assert.ok(!existsSync(it.file));
    assert.equal(nearestKey('zzzzzz'), null);
  },
);

test('config get prints what config set takes, also of a time', options, async (context) => {
  const it = worldOf(context);
  assert.equal(await it.run('config', 'set', 'sendTimeoutMs', '2.5'), 0);
  assert.equal(it.stdout.text, 'sendTimeoutMs = 2.5\n');
  assert.deepEqual(it.stored(), { sendTimeoutMs: 2_500 });
  for (const [key, { default: standard }] of storedRows) {
    if (standard === null || (Array.isArray(standard) && standard.length === 0)) continue;
    it.stdout.text = '';
    assert.equal(await it.run('config', 'get', key, '--json'), 0);
    const [before] = it.stdout.json();
    it.stdout.text = '';
    assert.equal(await it.run('config', 'get', key), 0);
    assert.equal(await it.run('config', 'set', key, it.stdout.text.trim()), 0, it.stderr.text);
    it.stdout.text = '';
    assert.equal(await it.run('config', 'get', key, '--json'), 0);
    assert.deepEqual(it.stdout.json()[0]?.['value'], before?.['value'], key);
  }
});

test('config refuses words that a verb does not take', options, async (context) => {
  const it = worldOf(context);
  for (const words of [
    ['path', 'port'],
    ['check', 'port'],
    ['schema', 'x'],
    ['get', 'port', '7'],
    ['unset', 'port', '7'],
  ]) {
    assert.equal(await it.run('config', ...words), 2, words.join(' '));
    assert.ok(it.stderr.text.includes(`config ${words[0] ?? ''} takes no "${words.at(-1) ?? ''}"`));
  }
});

test('config check names every wrong value, exit 78, and suggests keys', options, async (context) => {
  const it = worldOf(context);
  assert.equal(await it.run('config', 'check'), 0, 'a home without the file');
  writeFileSync(it.file, '{"$schema":"x","port":"7003","dialects":["klingon"],"nam":"x"}');
  assert.equal(await it.run('config', 'check'), 78);
  for (const part of ['"port": a port is', 'klingon', '"nam" has no effect; did you mean "name"?'])
    assert.ok(it.stderr.text.includes(part), part);
  assert.ok(!it.stderr.text.includes('$schema'));
  writeFileSync(it.file, '{');
  assert.equal(await it.run('config', 'check'), 78);
  assert.equal(await it.run('config', 'path'), 0);
  assert.ok(it.stdout.text.endsWith(`${it.file}\n`), 'a broken file has a path');
});

test('the JSON Schema of the file has each key, and refuses what a start refuses', () => {
  const schema = settingsSchema();
  assert.deepEqual(
    Object.keys(schema.properties),
    storedRows.map(([key]) => key),
  );
  const isFit = new Ajv2020({ strict: false }).compile(schema);
  const defaults = storedRows.flatMap(([key, row]) => (row.default === null ? [] : [[key, row.default]]));
  assert.ok(isFit(Object.fromEntries(defaults)), JSON.stringify(isFit.errors));
  for (const wrong of [
    { port: 70_000 },
    { dialects: ['klingon'] },
    { secureOnly: 'yes' },
    { notify: 'bell' },
  ])
    assert.ok(!isFit(wrong), JSON.stringify(wrong));
  assert.ok(isFit({ laterKey: 1 }));
  assert.ok(settings.port.isStored);
});
