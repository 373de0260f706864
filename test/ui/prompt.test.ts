import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MessageEvent } from '../../src/index.js';
import { startFakeNode } from '../support/fake-node.js';
import { fakeWorld } from '../support/fake-world.js';
import { bottom, has, sit } from '../support/sitting.js';
import { ScreenModel } from '../support/screen-model.js';
import { holdsAsync } from '../support/seeds.js';
import { testMsMax } from '../support/deadline.js';

const options = { timeout: testMsMax };

test(
  'the prompt greets, opens a conversation, sends, and corrects the mark in place',
  options,
  async (context) => {
    const { node, type, shows, leave, ended } = sit(context);
    await shows((screen) => has(screen, 'Here: bob#boba, carol#caro') && bottom(screen) === '›');
    type('/chat bob\r');
    await shows((screen) => bottom(screen) === 'bob unverified ›');
    node.setState('bob', 'away');
    type('hello there\r');
    const waiting = await shows((screen) => has(screen, '·  you: hello there'));
    assert.ok(!has(waiting, '› hello there'), 'the line as typed is gone');
    node.receive('carol', 'in between');
    await shows((screen) => has(screen, 'carol: in between'));
    type('half typed');
    await shows((screen) => bottom(screen).endsWith('› half typed'));
    node.setState('bob', 'online');
    const screen = await shows((screen) => has(screen, '✓✓ you: hello there'));
    assert.ok(bottom(screen).endsWith('bob unverified › half typed'), bottom(screen));
    assert.equal(screen.all().filter((row) => row.includes('hello there')).length, 1);
    type('\u0015');
    await leave();
    assert.equal(await ended, 0);
  },
);

test('a mark is corrected in place after long rows were printed below it', options, async (context) => {
  const { node, type, shows } = sit(context, { peers: ['bob', 'x'.repeat(60)] });
  type('/chat bob\r');
  await shows((screen) => bottom(screen) === 'bob unverified ›');
  node.setState('bob', 'away');
  type('hello there\r');
  await shows((screen) => has(screen, '·  you: hello there'));
  type('/users\r');
  await shows((screen) => screen.all().some((row) => /^online +x{60}/.test(row)));
  node.setState('bob', 'online');
  const screen = await shows((screen) => has(screen, '✓✓'));
  assert.ok(has(screen, '✓✓ you: hello there'), screen.lines().join('\n'));
});

test('an arriving message never breaks the line being typed', { timeout: testMsMax }, async (context) => {
  const { it, node, type, shows } = sit(context);
  type('/chat bob\r');
  await shows((screen) => bottom(screen) === 'bob unverified ›');
  const step = fc.oneof(
    fc.record({ do: fc.constant('type' as const), keys: fc.stringMatching(/^[a-z ]{1,50}$/) }),
    fc.record({ do: fc.constant('arrive' as const), text: fc.stringMatching(/^[a-z 你]{1,150}$/) }),
    fc.record({ do: fc.constant('left' as const), times: fc.integer({ min: 1, max: 100 }) }),
  );
  await holdsAsync(
    context,
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      type('\u0005\u0015');
      let typed = '';
      let cursor = 0;
      for (const each of steps) {
        if (each.do === 'type') {
          type(each.keys);
          typed = typed.slice(0, cursor) + each.keys + typed.slice(cursor);
          cursor += each.keys.length;
        } else if (each.do === 'left') {
          const times = Math.min(cursor, each.times);
          type('\u001b[D'.repeat(times));
          cursor -= times;
        } else node.receive('bob', each.text);
        await new Promise((resolve) => setImmediate(resolve));
      }
      // Everything written so far is on the screen when this last one is.
      const last = `end ${node.lines().length}`;
      node.receive('bob', last);
      await it.stdout.until((text) => text.includes(last));
      const expected = `bob unverified › ${typed}`.trimEnd();
      await shows((screen) => {
        const rows = screen.all();
        const top = rows.findLastIndex((row) => row.startsWith('bob unverified ›'));
        const input = rows.slice(top);
        const shown = input.map((row, i) => (i < input.length - 1 ? row.padEnd(80) : row)).join('');
        const at = screen.cursor();
        const isCursorThere = (at.row - top) * 80 + at.column === 'bob unverified › '.length + cursor;
        return shown.trimEnd() === expected && isCursorThere && has(screen, last);
      });
    }),
    { numRuns: 20 },
  );
});

test('Tab completes commands and names', options, async (context) => {
  const { node, type, shows } = sit(context);
  node.addPeer('Zoë Ünal');
  await shows((screen) => has(screen, 'Zoë'));
  // Readline takes a tab within a longer chunk for pasted text.
  type('/cha');
  type('\t');
  await shows((screen) => bottom(screen).endsWith('› /chat'));
  type('zo');
  type('\t');
  type('\r');
  await shows((screen) => bottom(screen) === 'Zoë Ünal unverified ›');
  type('hey ca');
  type('\t');
  await shows((screen) => bottom(screen).endsWith('› hey carol'));
});

test('an unknown command is reported with a suggestion', options, async (context) => {
  const { type, shows } = sit(context);
  type('/hsitory\r');
  await shows((screen) => has(screen, 'unknown command /hsitory'));
  type('/banana\r');
  const screen = await shows((screen) => has(screen, 'unknown command /banana'));
  assert.ok(has(screen, 'unknown command /hsitory: did you mean /history?'));
});

test('a text without a conversation waits for the next conversation', options, async (context) => {
  const { node, type, shows } = sit(context);
  await shows((screen) => has(screen, 'bob#boba'));
  type('lunch?\r');
  await shows((screen) => has(screen, 'waits for it') && bottom(screen) === '›');
  type('/chat nobody\r');
  await shows((screen) => has(screen, 'no peer "nobody"') && bottom(screen) === '›');
  type('/chat bob\r');
  await shows((screen) => bottom(screen) === 'bob unverified › lunch?');
  assert.deepEqual(node.lines(), [], 'it is not sent before it is confirmed');
  type('\r');
  await shows((screen) => has(screen, 'you: lunch?') && bottom(screen) === 'bob unverified ›');
  type('/chat carol\r');
  await shows((screen) => bottom(screen) === 'carol unverified ›');
});

test('a malformed address opens no conversation', options, async (context) => {
  const { type, shows } = sit(context);
  for (const word of ['foo://1', 'cmp2204://127.0.0.1:99999', '10.0.0.7:70000', 'jean-luc', 'bob#zzzz']) {
    type(`/chat ${word}\r`);
    const screen = await shows((screen) => has(screen, `no peer "${word}"`));
    assert.equal(bottom(screen), '›');
  }
  type('/chat 10.0.0.7:7000\r');
  await shows((screen) => bottom(screen) === '10.0.0.7:7000 ›');
});

test('a refused text returns to the input line', options, async (context) => {
  const { node, type, shows } = sit(context);
  type('/chat bob\r');
  await shows((screen) => bottom(screen) === 'bob unverified ›');
  node.refuse('bob', { code: 'chat/key-changed', peer: 'bob', claimant: '' });
  type('secret\r');
  await shows(
    (screen) => has(screen, 'has another key than before') && bottom(screen) === 'bob unverified › secret',
  );
});

test('the prompt counts unread messages until their conversation is open', options, async (context) => {
  const { node, type, shows } = sit(context);
  await shows((screen) => bottom(screen) === '›');
  node.receive('carol', 'psst');
  await shows((screen) => has(screen, '/chat carol to answer') && bottom(screen) === '(carol 1) ›');
  type('/chat bob\r');
  node.receive('carol', 'psst');
  await shows((screen) => bottom(screen) === '(carol 2) bob unverified ›');
  type('/chat carol\r');
  await shows((screen) => bottom(screen) === 'carol unverified ›');
});

test('verify, block, nickname and history work at the prompt', options, async (context) => {
  const { node, type, shows } = sit(context);
  await shows((screen) => bottom(screen) === '›');
  for (let i = 0; i < 45; i += 1) node.receive('bob', `line ${i}.`);
  type('/chat bob\r');
  await shows((screen) => bottom(screen) === 'bob unverified ›');
  type('/verify\r');
  await shows((screen) => has(screen, '11111 22222 33333 44444'));
  type('/verify yes\r');
  await shows((screen) => bottom(screen) === 'bob ›');
  type('/nickname Alicia\r');
  await shows((screen) => has(screen, 'you are now called Alicia'));
  assert.equal((await node.self())._unsafeUnwrap().name, 'Alicia', 'a node keeps its name itself');
  type(`/nickname ${'x'.repeat(65)}\r`);
  await shows((screen) => has(screen, 'it has 65 characters, at most 64'));
  assert.equal((await node.self())._unsafeUnwrap().name, 'Alicia');
  type('/history\r');
  await shows(
    (screen) =>
      has(screen, 'Enter shows older messages') &&
      screen.all().filter((row) => row.endsWith('line 30.')).length === 2,
  );
  type('\r\r');
  await shows((screen) => has(screen, 'end of the history'));
  type('/history 44\r');
  await shows((screen) => screen.all().filter((row) => row.endsWith('line 44.')).length === 3);
  type('/block\r');
  await shows((screen) => has(screen, 'bob#boba is blocked'));
  type('/exit\r');
});

test(
  '/verify yes marks the peer whose code was shown, and an ambiguous name is refused',
  options,
  async (context) => {
    const { node, type, shows } = sit(context);
    await shows((screen) => bottom(screen) === '›');
    type('/chat bob\r');
    await shows((screen) => bottom(screen) === 'bob unverified ›');
    type('/verify carol\r');
    await shows((screen) => has(screen, '11111 22222 33333 44444'));
    type('/verify yes\r');
    await shows((screen) => screen.all().filter((row) => row.includes('11111 22222')).length === 2);
    const rows = (await node.peers())._unsafeUnwrap();
    assert.deepEqual(
      rows.map(({ name, verified }) => [name, verified]),
      [
        ['bob', false],
        ['carol', true],
      ],
    );
    node.addNamesake('bob');
    await shows((screen) => has(screen, 'bob#othe is here'));
    for (const [times, command] of ['block', 'verify', 'chat'].entries()) {
      type(`/${command} bob\r`);
      await shows((screen) => screen.all().filter(isOfTwo).length === times + 1);
    }
    assert.ok((await node.peers())._unsafeUnwrap().every(({ blocked }) => blocked !== true));
  },
);

test('the first start asks for name and older programs, and stores both', options, async (context) => {
  const node = startFakeNode();
  const it = fakeWorld({ node, isTTY: true, env: { NO_COLOR: '1' } });
  context.after(() => it.remove());
  const ended = it.run();
  await it.stdout.until((text) => text.includes('Your name? [alice]'));
  it.stdin.write('\u200b\r');
  await it.stdout.until((text) => text.includes('that name cannot be used: it has no visible character'));
  it.stdin.write(`${'x'.repeat(65)}\r`);
  await it.stdout.until((text) => text.includes('used: it has 65 characters, at most 64 are shown; choose'));
  it.stdin.write('Anna\r');
  await it.stdout.until((text) => text.includes('[y/N]'));
  it.stdin.write('perhaps\r');
  await it.stdout.until((text) => text.includes('Please answer y or n'));
  it.stdin.write('\r');
  await it.stdout.until((text) => text.includes('/help'));
  assert.equal(it.started[0]?.name, 'Anna');
  const file = join(it.home, 'settings.json');
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), { name: 'Anna', dialects: [] });
  assert.equal(statSync(file).mode & 0o777, 0o600);
  it.stdin.write('/exit\r');
  assert.equal(await ended, 0);
});

test('the prompt reads lines and prints plain lines without a terminal', options, async (context) => {
  const node = startFakeNode();
  const it = fakeWorld({ node });
  context.after(() => it.remove());
  it.stdin.end('/chat bob\nhello\n/users\n//slash\n');
  assert.equal(await it.run(), 0);
  assert.deepEqual(
    node.lines().map((line) => [line.text, line.state]),
    [
      ['hello', 'delivered'],
      ['/slash', 'delivered'],
    ],
  );
  assert.doesNotMatch(it.stdout.text, /\u001b/);
  assert.match(it.stdout.text, /you: hello\n/);
});

/** Returns what a terminal acts on and a peer could put into a field. */
function attacks(): string[] {
  const singles = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).filter(
    (char) => char < ' ' || (char >= '\u007f' && char <= '\u009f'),
  );
  const bodies = [
    '[31m',
    '[2J',
    '[1A',
    '[9999;1H',
    ']0;title\u0007',
    ']8;;http://x\u001b\\',
    ']52;c;aGk=\u0007',
    'P1$r\u001b\\',
    '_x\u001b\\',
    'c',
    '(0',
    '[?1049h',
    '[6n',
    '[',
    '',
  ];
  const bidi = [
    '\u202e',
    '\u202d',
    '\u2066',
    '\u2067',
    '\u2069',
    '\u200f',
    '\ufeff',
    '\u200b',
    '\u2028',
    '\ud800',
    '\udfff',
  ];
  return [
    ...singles.map((single) => `a${single}b`),
    ...bodies.map((body) => `\u001b${body}x`),
    ...bodies.map((body) => `\u009b${body.slice(1)}x`),
    ...bidi.map((mark) => `a${mark}b`),
    'fake\r\nbob: forged',
    'a'.repeat(10_000),
    '\u0301'.repeat(10_000),
    '',
  ];
}

// Case S14
test('a message of a pipe that is still queued at the end is exit 4', options, async (context) => {
  const node = startFakeNode();
  node.setState('bob', 'away');
  const it = fakeWorld({ node });
  context.after(() => it.remove());
  const ended = it.run();
  it.stdin.end('/chat bob\nhello\n');
  assert.equal(await ended, 4);
  assert.match(it.stderr.text, /1 message is not delivered yet: the input ended; they stay queued/);
});

test('lines of a pipe that were not sent are counted, and are a failure', options, async (context) => {
  const cases: readonly (readonly [string, number, string, readonly string[]])[] = [
    [
      'one\n/users\ntwo\n',
      2,
      'wrong usage: 2 lines were not sent, because no conversation was open; write "/chat PEER" before them, or use "parlance send PEER"',
      [],
    ],
    [
      '/chat bob\nhello\n/chat nobody\nnot for bob\n',
      3,
      'no peer "nobody": no peer with that name is known here; 1 line was not sent; see "parlance peers", or give HOST:PORT',
      ['hello'],
    ],
    [
      '/chat carol\nlost\n/chat bob\nhello\n',
      5,
      '"carol" is blocked: you blocked this peer; 1 line was not sent; unblock it with "parlance unblock carol"',
      ['hello'],
    ],
  ];
  for (const [input, exit, words, sent] of cases) {
    const node = startFakeNode();
    node.refuse('carol', { code: 'chat/blocked', peer: 'carol' });
    const it = fakeWorld({ node });
    context.after(() => it.remove());
    it.stdin.end(input);
    assert.equal(await it.run(), exit, input);
    assert.equal(it.stderr.text, `parlance: ${words}\n`);
    assert.deepEqual(
      node.lines().map(({ text }) => text),
      sent,
    );
  }
  const it = fakeWorld({ node: startFakeNode() });
  context.after(() => it.remove());
  it.stdin.end('one\n');
  assert.equal(await it.run('--json'), 2);
  assert.deepEqual(
    it.stdout
      .json()
      .slice(-2)
      .map(({ type, code }) => [type, code]),
    [
      ['error', 'command/usage'],
      ['bye', undefined],
    ],
  );
});

test(
  'no control character of a peer reaches the terminal, and the prompt stays whole',
  options,
  async (context) => {
    const { it, node, type, shows } = sit(context);
    type('/chat bob\r');
    await shows((screen) => bottom(screen) === 'bob unverified ›');
    type('intact');
    for (const attack of attacks()) {
      node.receive('bob', attack);
      const message = node.lines().at(-1);
      assert.ok(message !== undefined);
      const forged: MessageEvent = { ...message, seq: message.seq, peer: attack, text: 'named' };
      node.emit(forged);
      node.emit({ type: 'status', id: 'x', peer: attack, state: 'failed', reason: attack });
      node.emit({ type: 'error', code: 'api/lost', message: attack, peer: attack });
      node.addPeer(attack);
    }
    node.receive('bob', 'the end');
    await it.stdout.until((text) => text.includes('the end'));
    await shows((each) => bottom(each).endsWith('› intact'));
    // The model throws at any control but those of readline and the prompt.
    const screen = new ScreenModel(80, 24);
    screen.write(it.stdout.text);
    assert.ok(!screen.all().some((row) => row.startsWith('bob: forged')));
    type('\u0015/users\r');
    await shows((screen) => screen.all().filter((row) => row.startsWith('online')).length > 100);
  },
);

const isOfTwo = (row: string): boolean => row.includes('has that name: bob#boba, bob#othe');
