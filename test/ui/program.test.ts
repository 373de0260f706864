/** The program with real nodes, each in its own process. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { testMsMax, within } from '../support/deadline.js';
import { usableNowMs } from '../support/usable-time.js';

const main = new URL('../../bundle/main.cjs', import.meta.url).pathname;
const options = { timeout: testMsMax };
const parent = mkdtempSync(join(tmpdir(), 'parlance-test-'));
const beaconPort = String(20_000 + (process.pid % 20_000));
const network = [
  '--bind',
  '127.0.0.1',
  '--port',
  '0',
  '--broadcast',
  '127.255.255.255',
  '--beacon-port',
  beaconPort,
];

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

class Program {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';
  readonly #listeners = new Set<() => void>();

  constructor(args: readonly string[], input?: string) {
    this.child = spawn(process.execPath, [main, ...args], { env: { ...process.env, NO_COLOR: '1' } });
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      for (const listener of this.#listeners) listener();
    });
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.child.stdin.on('error', () => undefined);
    this.child.stdin.end(input);
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr }));
    });
  }

  says(part: string): Promise<void> {
    const said = new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.stdout.includes(part)) resolve();
      };
      this.#listeners.add(look);
      look();
    });
    return within(said, 20_000, `"${part}" in ${this.stdout.slice(-500)}${this.stderr}`);
  }
}

const home = (name: string): string => join(parent, name);
const parlance = (...args: string[]): Promise<Ended> => new Program(args).ended;
const jsonOf = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Record<string, unknown> => JSON.parse(line));

let alice: Program;
let bob: Program;

before(async () => {
  alice = new Program(['serve', '--json', '--home', home('alice'), '--name', 'alice', ...network]);
  bob = new Program(['serve', '--json', '--home', home('bob'), '--name', 'bob', ...network]);
  await Promise.all([alice.says('"ready"'), bob.says('"ready"')]);
  const waited = await parlance('peers', '--home', home('alice'), '--wait', 'bob');
  assert.equal(waited.code, 0, waited.stderr);
});

after(async () => {
  for (const program of [alice, bob]) program.child.kill('SIGKILL');
  await Promise.all([alice.ended, bob.ended]);
  rmSync(parent, { recursive: true, force: true });
});

test('a message sent through one home arrives at the other', options, async () => {
  const text = 'grüße \u001b[31m "q" 你好';
  const sent = await parlance('send', '--home', home('alice'), '--json', 'bob', text);
  assert.equal(sent.code, 0, sent.stderr);
  assert.deepEqual(
    jsonOf(sent.stdout).map((line) => line['state']),
    ['queued', 'sent', 'delivered'],
  );
  await bob.says('"type":"message"');
  const message = jsonOf(bob.stdout).find((line) => line['type'] === 'message');
  assert.equal(message?.['text'], text);
  assert.equal(message['encryption'], 'noise');
});

test('a thousand piped lines arrive in order, each once', options, async () => {
  const count = 1_000;
  const lines = Array.from({ length: count }, (_, i) => `piped ${i}`);
  const sent = await new Program(['send', '--home', home('alice'), 'bob'], `${lines.join('\n')}\n`).ended;
  assert.equal(sent.code, 0, sent.stderr);
  assert.equal(sent.stdout, `${count} delivered → bob\n`);
  const read = await parlance('history', '--home', home('bob'), '--json', '--search', 'piped');
  assert.deepEqual(
    jsonOf(read.stdout).map((line) => line['text']),
    lines,
  );
});

test('a second node on one home is exit 6 and names the first', options, async () => {
  const second = await parlance('serve', '--home', home('alice'), ...network);
  assert.equal(second.code, 6);
  assert.ok(second.stderr.includes(String(alice.child.pid)), second.stderr);
  assert.equal(second.stderr.trim().split('\n').length, 1);
});

test('home, socket and settings are closed to other users', options, () => {
  assert.equal(statSync(home('alice')).mode & 0o777, 0o700);
  assert.equal(statSync(join(home('alice'), 'control.sock')).mode & 0o777, 0o600);
});

test('a command without a node runs one for its own time', options, async () => {
  const early = await parlance(
    'send',
    '--home',
    home('carol'),
    '--name',
    'carol',
    ...network,
    'alice',
    'from carol',
  );
  assert.equal(early.code, 0, early.stderr);
  const unknown = await parlance(
    'send',
    '--home',
    home('carol'),
    ...network,
    'nobody',
    'x',
    '--timeout',
    '1',
  );
  assert.equal(unknown.code, 3, unknown.stderr);
});

test('SIGTERM ends serve within seconds, with bye and exit 0', options, async () => {
  const dave = new Program(['serve', '--json', '--home', home('dave'), '--name', 'dave', ...network]);
  await dave.says('"ready"');
  const startMs = usableNowMs();
  dave.child.kill('SIGTERM');
  const ended = await within(dave.ended, 10_000, 'the end');
  // The goal is 2 s on a quiet machine; this leaves room for a busy one.
  const tookMs = usableNowMs() - startMs;
  assert.ok(tookMs < 5_000, `${tookMs} ms`);
  assert.equal(ended.code, 0);
  assert.deepEqual(jsonOf(ended.stdout).at(-1), { type: 'bye' });
});

test('a command is exit 0 when its reader leaves early', options, async () => {
  const reader = new Program(['history', '--home', home('bob'), '--json']);
  reader.child.stdout.destroy();
  const ended = await within(reader.ended, 10_000, 'the end');
  assert.equal(ended.stderr, '');
});
