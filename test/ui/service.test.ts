/** The file that lets a service manager start the node: its words, and the commands about it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { serviceFile, type ServiceFacts } from '../../src/ui/cli/commands/home/autostart-file.js';
import { fakeWorld } from '../support/fake-world.js';

const facts: ServiceFacts = {
  platform: 'linux',
  userHome: '/home/ann',
  configHome: '',
  home: '/home/ann/my "chat" $HOME 100%',
  isDefaultHome: false,
  program: [process.execPath, '/opt/parlance/main.cjs'],
  uid: 1_000,
};

test('the unit of systemd quotes each word, is hardened, and has a name of its own for each home', () => {
  const unit = serviceFile(facts);
  assert.match(unit?.name ?? '', /^parlance-mychatHOME100-[0-9a-f]{8}\.service$/);
  assert.equal(unit?.file, `/home/ann/.config/systemd/user/${unit?.name}`);
  assert.ok(unit?.text.includes('"serve" "--home" "/home/ann/my \\"chat\\" $$HOME 100%%"'));
  assert.match(unit?.text ?? '', /^NoNewPrivileges=yes$/m);
  const usual = serviceFile({ ...facts, home: '/home/ann/.local/share/parlance', isDefaultHome: true });
  assert.equal(usual?.name, 'parlance.service');
});

test('systemd itself finds no fault in the unit', (context) => {
  const tool = spawnSync('systemd-analyze', ['--version'], { timeout: 20_000 });
  if (tool.status !== 0)
    return context.diagnostic('systemd-analyze is missing: the unit is not checked by it');
  const folder = mkdtempSync(join(tmpdir(), 'parlance-unit-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'parlance.service');
  const text = serviceFile({ ...facts, home: folder })?.text ?? '';
  // The page of the manual need not be installed here.
  writeFileSync(file, text.replace(/^Documentation=.*\n/m, ''));
  const checked = spawnSync('systemd-analyze', ['verify', '--user', file], {
    timeout: 30_000,
    encoding: 'utf8',
  });
  const faults = checked.stderr.split('\n').filter((line) => line.includes('parlance.service'));
  assert.deepEqual(faults, []);
});

test('launchd gets a job whose words are escaped, and another system gets none', () => {
  const job = serviceFile({ ...facts, platform: 'darwin', home: '/Users/ann/a&b', uid: 501 });
  assert.ok(job?.text.includes('<string>/Users/ann/a&amp;b</string>'));
  assert.deepEqual(job?.start, [['launchctl', 'bootstrap', 'gui/501', job?.file]]);
  assert.equal(serviceFile({ ...facts, platform: 'win32' }), null);
});

test('service prints its file and its status without a change', async (context) => {
  if (process.platform !== 'linux') return context.diagnostic('the names are those of systemd');
  const it = fakeWorld();
  context.after(() => it.remove());
  const config = join(it.home, 'config');
  const again = fakeWorld({ home: it.home, env: { XDG_CONFIG_HOME: config, HOME: it.home } });
  assert.equal(await again.run('service', 'install', '--print', '--json'), 0);
  const [line] = again.stdout.json();
  assert.equal(line?.['type'], 'service');
  assert.match(String(line?.['text']), /^ExecStart=/m);
  assert.equal(await again.run('service', 'status', '--json'), 0);
  assert.equal(again.stdout.json()[1]?.['installed'], false);
  assert.equal(await again.run('service', 'remove'), 0);
  assert.ok(!existsSync(config));
});
