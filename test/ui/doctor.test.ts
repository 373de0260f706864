/** `parlance doctor`: its lines, its exit codes and its progress, with observations that a test gives. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { ok, okAsync } from 'neverthrow';
import { createColors } from 'picocolors';
import { diagnose as diagnoseHere, type DiagnoseOptions, type Finding } from '../../src/ui/api/doctor.js';
import { findingLines } from '../../src/ui/cli/commands/doctor.js';
import { run } from '../../src/ui/cli/program.js';
import { chooseLanguage } from '../../src/ui/text/catalogue.js';
import { runTool } from '../../src/node/doctor/tools.js';
import { homeState } from '../../src/node/doctor/machine.js';
import { startFakeNode } from '../support/fake-node.js';
import { fakeWorld } from '../support/fake-world.js';
import { temporaryHome } from '../support/program.js';
import type { ScreenModel } from '../support/screen-model.js';
import { bottom, has, sit } from '../support/sitting.js';
import { testMsMax } from '../support/deadline.js';

const options = { timeout: testMsMax };
const fine: Finding = { check: 'clock', ok: true, cause: 'the clocks agree', remedy: '', command: '' };
const closed: Finding = {
  check: 'firewall',
  ok: false,
  cause: 'ufw refuses UDP 6000-6001',
  remedy: 'sudo ufw allow 6000:6009/udp',
  command: 'sudo ufw allow 6000:6009/udp',
};

/** A doctor that finds these, after some progress. */
const finding =
  (...findings: readonly Finding[]) =>
  async ({ onProgress }: DiagnoseOptions) => {
    onProgress(0, 9_000);
    return ok(findings);
  };

test('doctor: all well is exit 0, a finding is exit 4', options, async (context) => {
  for (const [findings, code, verdict] of [
    [[fine], 0, 'all well'],
    [[fine, closed], 4, '1 failed check (firewall)'],
  ] as const) {
    const it = fakeWorld({ diagnose: finding(...findings) });
    context.after(() => it.remove());
    assert.equal(await it.run('doctor'), code);
    assert.ok(it.stdout.text.includes(verdict), it.stdout.text);
    assert.match(it.stderr.text, /^no node runs here: .*test datagram/);
    assert.equal(existsSync(join(it.home, 'identity.json')), false, 'the home is not touched');
  }
});

// Case S3
test('doctor: findings that cannot be written are exit 1', options, async (context) => {
  const it = fakeWorld({ diagnose: finding(closed) });
  context.after(() => it.remove());
  const stdout = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('full'), { code: 'ENOSPC' })),
  });
  assert.equal(await run(['doctor'], { ...it.world, stdout }), 1);
  assert.match(it.stderr.text, /the output is not complete: the disk is full/);
});

test(
  'doctor --json: findings and progress are lines, and nothing else is printed',
  options,
  async (context) => {
    const it = fakeWorld({ diagnose: finding(closed), isTTY: true });
    context.after(() => it.remove());
    assert.equal(await it.run('doctor', '--json', '--quiet'), 4);
    assert.deepEqual(it.stdout.json(), [
      { type: 'progress', what: 'listening to announcements', doneMs: 0, totalMs: 9_000 },
      { type: 'finding', ...closed },
    ]);
    assert.equal(it.stderr.text, '');
  },
);

test('doctor speaks the language of the user, and English with --json', options, async (context) => {
  context.after(() => chooseLanguage('en'));
  const isGerman: boolean[] = [];
  for (const args of [
    ['--lang', 'de'],
    ['--lang', 'de', '--json'],
    ['--lang', 'en'],
  ]) {
    const it = fakeWorld({
      diagnose: async ({ words }) => {
        isGerman.push(words?.network.and === ' und ');
        return ok([]);
      },
    });
    context.after(() => it.remove());
    assert.equal(await it.run('doctor', ...args), 0);
  }
  assert.deepEqual(isGerman, [true, false, false]);
});

test('doctor: the progress is a row on a terminal, and absent in a pipe', options, async (context) => {
  for (const isTTY of [true, false]) {
    const it = fakeWorld({ diagnose: finding(fine), isTTY });
    context.after(() => it.remove());
    await it.run('doctor', '--quiet');
    assert.equal(it.stderr.text.includes('9 s left'), isTTY);
    assert.ok(!isTTY || it.stderr.text.endsWith('\r\u001B[K'), 'the row is gone in the end');
  }
});

const rows = (columns: number) => findingLines(closed, columns, createColors(false)).split('\n');

test('doctor: a narrow terminal has the words below the check, and a command stays whole', () => {
  assert.deepEqual(rows(80), [
    'BAD firewall      ufw refuses UDP 6000-6001',
    '                  → sudo ufw allow 6000:6009/udp',
  ]);
  assert.deepEqual(rows(24), [
    'BAD firewall',
    '    ufw refuses UDP',
    '    6000-6001',
    '    → sudo ufw allow 6000:6009/udp',
  ]);
});

test('doctor: the settings of the home choose what is examined', options, async (context) => {
  const asked: DiagnoseOptions[] = [];
  const diagnose = async (given: DiagnoseOptions) => {
    asked.push(given);
    return ok([fine]);
  };
  const it = fakeWorld({ diagnose });
  context.after(() => it.remove());
  await it.run('doctor', '--port', '7001', '--beacon-port', '7002', '--timeout', '2');
  const [given] = asked;
  assert.deepEqual(
    [given?.options.port, given?.options.beaconPorts, given?.listenMs],
    [7_001, [7_002], 2_000],
  );
  assert.equal(given?.running, null);
});

/** A doctor that waits for the release of each examination; it records what was asked. */
function heldDoctor() {
  const asked: (string | null)[] = [];
  const held = new EventEmitter();
  const diagnose = async ({ peer, signal }: DiagnoseOptions) => {
    asked.push(peer);
    await once(held, 'release', { signal }).catch(() => null);
    return ok([closed]);
  };
  return { asked, diagnose, release: () => held.emit('release') };
}

const begun = (screen: ScreenModel): number =>
  screen.all().filter((row) => row.includes('examining the network')).length;

test('/doctor holds no typed line up, and examines once at a time', options, async (context) => {
  const { asked, diagnose, release } = heldDoctor();
  const { node, type, shows, leave } = sit(context, {}, null, diagnose);
  await shows((screen) => has(screen, 'Here: bob#boba'));
  type('/doctor\r');
  await shows((screen) => begun(screen) === 1);
  type('/doctor\r');
  await shows((screen) => has(screen, 'an examination is still running'));
  type('/doctor bob\r');
  await shows((screen) => begun(screen) === 2);
  type('/chat bob\r');
  await shows((screen) => bottom(screen) === 'bob unverified ›');
  type('hello there\r');
  await shows((screen) => has(screen, '✓✓ you: hello there'));
  assert.equal(node.lines().length, 1);
  assert.deepEqual(asked, [null]);
  release();
  await shows((screen) => has(screen, '1 failed check (firewall)'));
  await leave();
  assert.deepEqual(asked, [null, 'bob']);
});

test('/doctor in a pipe tells its findings before the end', options, async (context) => {
  const { diagnose, release } = heldDoctor();
  const it = fakeWorld({ node: startFakeNode(), diagnose });
  context.after(() => it.remove());
  it.stdin.end('/doctor\n/users\n');
  const ended = it.run();
  await it.stdout.until((text) => text.includes('bob#boba'));
  release();
  assert.equal(await ended, 0);
  assert.ok(it.stdout.text.includes('1 failed check (firewall)'), it.stdout.text);
});

test('doctor: a node runs with its own settings, whatever the home says', options, async (context) => {
  const server = createServer().listen(0, '127.0.0.1');
  context.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const node = startFakeNode();
  const lastHeard = new Date(Date.now() - 60_000).toISOString();
  const heard = { id: 'B', name: 'bob', address: '10.0.0.7', via: '', lastHeard, clockMs: 0, isReply: false };
  const info = (await node.network())._unsafeUnwrap();
  const network = () =>
    okAsync({
      ...info,
      tcpPort: address.port,
      tcpPortWanted: address.port,
      beaconIntervalMs: 60_000,
      beaconPorts: [],
      sent: [{ address: '127.255.255.255', port: 6_000, problem: null }],
      own: [{ address: '127.0.0.1', via: 'lo', lastHeard }],
      heard: [heard],
    });
  const found = await diagnoseHere({
    running: { node: { ...node, network }, ageMs: 600_000 },
    options: { home: temporaryHome(context) },
    peer: null,
    listenMs: 9_000,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  const findings = found._unsafeUnwrap();
  const asked = findings.filter(({ check }) => ['tcp-port', 'loopback', 'heard'].includes(check));
  assert.deepEqual(
    asked.map(({ check, ok: isFine }) => [check, isFine]),
    [
      ['tcp-port', true],
      ['loopback', true],
      ['heard', true],
    ],
  );
});

test('a tool that is missing, fails or hangs is said and no error', options, async () => {
  assert.deepEqual(await runTool('no-such-tool-of-parlance', []), { state: 'missing' });
  const done = await runTool('node', ['-e', 'process.stdout.write(process.argv[1] ?? "")', '$(id); x']);
  assert.deepEqual(done, { state: 'done', text: '$(id); x' }, 'no shell reads the arguments');
  const denied = await runTool('node', ['-e', 'console.error("Operation not permitted"); process.exit(1)']);
  assert.deepEqual(denied, { state: 'denied' });
  const failed = await runTool('node', ['-e', 'console.error("broken\\nmore"); process.exit(3)']);
  assert.deepEqual(failed, { state: 'failed', reason: 'broken' });
  const late = await runTool('node', ['-e', 'setInterval(() => {}, 1000)']);
  assert.ok(late.state === 'failed' && /did not end within/.test(late.reason));
});

test(
  'the state of a home is read and not changed',
  { ...options, skip: process.platform === 'win32' },
  (context) => {
    const home = join(temporaryHome(context), 'home');
    assert.deepEqual([homeState(home).isThere, existsSync(home)], [false, false]);
    mkdirSync(home, { mode: 0o700 });
    writeFileSync(join(home, 'settings.json'), '{}', { mode: 0o600 });
    assert.deepEqual(homeState(home).exposedFiles, []);
    chmodSync(join(home, 'settings.json'), 0o644);
    assert.deepEqual(homeState(home).exposedFiles, [], 'nobody else reaches the file');
    chmodSync(home, 0o755);
    assert.deepEqual(homeState(home).exposedFiles, ['.', 'settings.json']);
  },
);
