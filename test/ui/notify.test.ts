/** Notifications and hooks: which events cause one, how a program gets them, and what a peer can reach by them. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { MessageEvent, PeerEvent } from '../../src/index.js';
import { desktopCommand } from '../../src/ui/cli/notify/desktop.js';
import { Hooks, refusalOf } from '../../src/ui/cli/notify/hooks.js';
import { hooks as limits, notifications as limitsOfNotices } from '../../src/ui/cli/notify/limits.js';
import { noticeOf, noticesOf, terminalSignal } from '../../src/ui/cli/notify/notice.js';
import { runProgram } from '../../src/ui/cli/notify/run-program.js';
import { Signals } from '../../src/ui/cli/notify/signals.js';
import { Watcher } from '../../src/ui/cli/notify/watcher.js';
import { userSettingsOf } from '../../src/ui/cli/options/settings.js';
import { eventually, testMsMax } from '../support/deadline.js';
import { startFakeNode } from '../support/fake-node.js';
import { fakeWorld } from '../support/fake-world.js';

const options = { timeout: testMsMax };
const hostile = '"; touch /tmp/x; $(id) `id` <b>\u001B]0;t\u0007\u202E\n-e';

/** A home with a folder for hooks, and a log that is kept. */
function homeOf(context: TestContext) {
  const home = mkdtempSync(join(tmpdir(), 'parlance-test-'));
  // A hook writes until its end, which comes after the close.
  context.after(() => rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
  const folder = join(home, 'hooks');
  mkdirSync(folder, { mode: 0o700 });
  const logged: Readonly<Record<string, unknown>>[] = [];
  const hook = (name: string, script: string): string => {
    const file = join(folder, name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o700);
    return file;
  };
  const written = (name: string): readonly string[] =>
    existsSync(join(home, name)) ? readFileSync(join(home, name), 'utf8').split('\n').slice(0, -1) : [];
  const log = (_level: 'warn', _event: string, fields: Readonly<Record<string, unknown>>): void =>
    void logged.push(fields);
  return { home, folder, hook, written, logged, log, env: process.env };
}

async function bobAndMessage(text: string): Promise<readonly [PeerEvent, MessageEvent]> {
  const node = startFakeNode();
  const message = node.receive('bob', text);
  return [(await node.find('bob'))._unsafeUnwrap(), message];
}

test('a hook gets each event as a line on stdin, in order, and no text in argv', options, async (context) => {
  const it = homeOf(context);
  it.hook('on-message', 'echo "$#" "$PWD" >> args; cat >> out');
  const [, message] = await bobAndMessage(hostile);
  const hooks = new Hooks(it);
  const events = [1, 2, 3].map((seq) => ({ ...message, seq }));
  for (const event of events) hooks.run(event);
  await eventually(() => it.written('out').length === 3, testMsMax, 'three runs');
  assert.deepEqual(
    it.written('out').map((line): unknown => JSON.parse(line)),
    events,
  );
  assert.ok(it.written('args').every((line) => line.startsWith('0 ')));
  hooks.close();
});

test(
  'a hook that others may write, or that cannot run, is not run and named once',
  options,
  async (context) => {
    const it = homeOf(context);
    const [, message] = await bobAndMessage('hi');
    const file = it.hook('on-message', 'cat > out');
    for (const [mode, remedy] of [
      [0o722, 'chmod go-w'],
      [0o600, 'chmod u+x'],
    ] as const) {
      chmodSync(file, mode);
      const hooks = new Hooks(it);
      for (let count = 0; count < 3; count += 1) hooks.run(message);
      assert.ok(String(it.logged.at(-1)?.['reason']).includes(remedy), remedy);
    }
    assert.equal(it.logged.length, 2);
    chmodSync(file, 0o700);
    chmodSync(it.folder, 0o777);
    new Hooks(it).run(message);
    assert.match(String(it.logged.at(-1)?.['reason']), /others may write it/);
    assert.deepEqual(it.written('out'), []);
    assert.equal(refusalOf(join(it.folder, 'on-peer')), null, 'a missing hook is no trouble');
  },
);

test(
  'a hook runs once at a time, its queue is bounded, and its failure is logged',
  options,
  async (context) => {
    const it = homeOf(context);
    const [, message] = await bobAndMessage('hi');
    it.hook(
      'on-message',
      'mkdir busy || echo overlap >> out; read -r line; rmdir busy; echo ran >> out; echo bad >&2; exit 3',
    );
    const hooks = new Hooks(it);
    for (let seq = 0; seq < limits.waitingMax + 10; seq += 1) hooks.run({ ...message, seq });
    assert.ok(it.logged.some(({ reason }) => String(reason).includes('dropped')));
    await eventually(() => it.written('out').length >= 5, testMsMax, 'five runs');
    hooks.close();
    assert.ok(!it.written('out').includes('overlap'));
    assert.ok(it.logged.some(({ reason }) => reason === 'exit code 3: bad'));
  },
);

test('a program that does not end is killed, and one that is missing is named', options, async () => {
  const run = { args: [], input: 'x'.repeat(1_000_000), env: process.env, output: 'dropped' } as const;
  const late = await runProgram({ ...run, file: 'sleep', args: ['60'], runMs: 50 });
  assert.equal(late, 'it ran for more than 0.05 s');
  assert.match((await runProgram({ ...run, file: '/no/such/program' })) ?? '', /no such file/i);
  assert.equal(await runProgram({ ...run, file: 'true' }), null, 'a program need not read its input');
});

test(
  'muted and blocked peers run no hook, and a busy user gets no notification',
  options,
  async (context) => {
    const it = homeOf(context);
    it.hook('on-message', 'cat >> out');
    it.hook('on-peer', 'cat >> peers');
    it.hook('on-status', 'cat >> states');
    const node = startFakeNode({ peers: ['bob', 'carol', 'dave'] });
    const user = userSettingsOf({ notify: ['desktop'] }, {});
    // No program of this name exists on this platform, so that a notification is a line of the log.
    let looks = 0;
    const unread: typeof node.unread = () => {
      looks += 1;
      return node.unread();
    };
    const watched = { ...node, unread };
    const watcher = new Watcher({
      ...it,
      env: { PATH: '/nowhere' },
      node: watched,
      user,
      platform: 'darwin',
    });
    const hooked = new Watcher({ ...it, node, user: userSettingsOf({ notify: [] }, {}) });
    const running = [watcher.run(), hooked.run()];
    await eventually(() => node.subscribers() === 2, testMsMax, 'both watch');
    const row = async (name: string) => (await node.find(name))._unsafeUnwrap();
    node.emit({ ...(await row('carol')), muted: true });
    node.emit({ ...(await row('dave')), blocked: true });
    for (const peer of ['carol', 'dave', 'bob']) node.receive(peer, `from ${peer}`);
    node.emit({ type: 'status', id: 'x', peer: 'bob', state: 'delivered' });
    await eventually(
      () => it.written('states').length === 1 && it.written('out').length === 1,
      testMsMax,
      'hooks ran',
    );
    assert.match(it.written('out')[0] ?? '', /from bob/);
    assert.deepEqual(it.written('peers'), []);
    await eventually(
      () => it.logged.some(({ program }) => program === 'osascript'),
      testMsMax,
      'a notification about bob',
    );
    const before = it.logged.length;
    node.setStatus({ presence: 'busy' });
    node.receive('bob', 'while busy');
    const seen = looks;
    await eventually(() => it.written('out').length === 2 && looks > seen, testMsMax, 'a look while busy');
    await eventually(() => true, testMsMax, 'a turn of the loop');
    assert.equal(it.logged.slice(before).filter(({ program }) => program !== undefined).length, 0);
    await node.close();
    await Promise.all(running);
  },
);

test('the text of a stranger is hidden, and no text can leave its place', async () => {
  const [bob, message] = await bobAndMessage(hostile);
  const shown = (peer: PeerEvent | undefined, bodies: 'none' | 'contacts' | 'all'): string =>
    noticeOf(message, peer, bodies, 1).body;
  const stranger = { ...bob, request: true };
  assert.deepEqual(
    [shown(stranger, 'contacts'), shown(undefined, 'contacts'), shown(bob, 'none')],
    ['new message', 'new message', 'new message'],
  );
  assert.match(noticeOf(message, stranger, 'contacts', 3).title, /a stranger$/);
  assert.equal(noticeOf(message, stranger, 'contacts', 3).body, '3 new messages');
  const notice = noticeOf(message, bob, 'contacts', 1);
  assert.doesNotMatch(notice.body, /[\u0000-\u001F\u202E]/);
  for (const platform of ['linux', 'darwin', 'win32'] as const) {
    const { file, args, env } = desktopCommand(platform, notice);
    assert.ok(!/\b(sh|cmd)\b/.test(file));
    if (platform === 'win32')
      assert.ok(!args.join(' ').includes('touch') && env['PARLANCE_NOTICE_BODY'] === notice.body);
    else assert.equal(args.indexOf('--') + 3, args.length, 'the text stands behind the options');
  }
  assert.ok(desktopCommand('linux', notice).args.at(-1)?.includes('&lt;b&gt;'));
  const sequence = terminalSignal(['bell', 'osc9', 'osc777', 'desktop'], { title: 'a;b', body: notice.body });
  assert.equal(sequence.split('\u001B').length, 5, 'two sequences, each with its end');
  assert.ok(sequence.startsWith('\u0007\u001B]9;Parlance: a,b: ') && sequence.includes(']777;notify;a,b;'));
});

test('a message signals once a second at most, unless it is seen or the user is busy', async () => {
  const [bob, message] = await bobAndMessage('hi');
  let nowMs = 10_000;
  const signals = new Signals({ notify: ['bell'], notifyBodies: 'contacts' }, () => nowMs);
  const at = { isOpen: false, idleMs: 0, isBusy: false };
  assert.equal(signals.sequencesFor(message, bob, { ...at, isBusy: true }), '');
  assert.equal(signals.sequencesFor(message, bob, { ...at, isOpen: true }), '');
  assert.equal(signals.sequencesFor(message, { ...bob, muted: true }, at), '');
  assert.equal(signals.sequencesFor({ ...message, direction: 'out' }, bob, at), '');
  assert.equal(signals.sequencesFor(message, bob, at), '\u0007');
  assert.equal(signals.sequencesFor(message, bob, at), '');
  nowMs += 1_000;
  assert.equal(signals.sequencesFor(message, bob, { ...at, isOpen: true, idleMs: 60_000 }), '\u0007');
});

test('the prompt rings for a message outside the open conversation alone', options, async () => {
  const node = startFakeNode();
  const it = fakeWorld({ node, isTTY: true, env: { NO_COLOR: '1', PARLANCE_NOTIFY: 'bell' } });
  writeFileSync(join(it.home, 'settings.json'), '{"name":"alice","dialects":[]}');
  const ended = it.run();
  it.stdin.write('/chat bob\r');
  await it.stdout.until(() => it.stdout.text.includes('talking with bob'));
  node.receive('bob', 'seen at once');
  await it.stdout.until(() => it.stdout.text.includes('seen at once'));
  assert.ok(!it.stdout.text.includes('\u0007'));
  node.receive('carol', 'elsewhere');
  await it.stdout.until(() => it.stdout.text.includes('\u0007'));
  it.signal();
  await ended;
  it.remove();
});

test('recv --exec runs a program for each message, and a failure is exit 1', options, async (context) => {
  const it = homeOf(context);
  for (const [script, exit] of [
    [`cat >> ${join(it.home, 'out')}`, 0],
    ['exit 7', 1],
  ] as const) {
    const program = it.hook('run', script);
    const node = startFakeNode();
    const world = fakeWorld({ node, env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1' } });
    context.after(() => world.remove());
    const ended = world.run('recv', '--json', '--count', '2', '--exec', `${program} one two`);
    await world.stdout.until((text) => text.includes('"ready"'));
    for (const text of ['first', hostile]) node.receive('bob', text);
    assert.equal(await ended, exit);
    if (exit === 1) assert.match(world.stderr.text, /failed: exit code 7; the message is kept/);
  }
  const texts = it.written('out').map((line) => (JSON.parse(line) as MessageEvent).text);
  assert.deepEqual(texts, ['first', hostile]);
});

test('a hundred strangers at once are a few notifications, contacts first', async () => {
  const [bob, message] = await bobAndMessage('hi');
  const strangers = Array.from({ length: 100 }, (_, at) => ({
    message,
    peer: { ...bob, name: `x${at}`, request: true },
    count: 2,
  }));
  const notices = noticesOf([...strangers, { message, peer: bob, count: 1 }], 'contacts');
  assert.equal(notices.length, limitsOfNotices.peersAtOnceMax);
  assert.match(notices[0]?.title ?? '', /^bob#/);
  const others = 101 - (notices.length - 1);
  assert.equal(notices.at(-1)?.body, `${others * 2} new messages from ${others} others`);
  assert.equal(
    noticesOf(strangers.slice(0, limitsOfNotices.peersAtOnceMax), 'all').at(-1)?.body,
    '2 new messages: hi',
  );
});
