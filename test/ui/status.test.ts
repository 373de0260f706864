/** The own status and those of peers, as a command and at the prompt. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readStatus } from '../../src/ui/cli/commands/status.js';
import { parseFutureTime } from '../../src/ui/cli/options/time.js';
import { Idleness } from '../../src/ui/cli/prompt/user/idleness.js';
import { peerStatusWords } from '../../src/ui/cli/screen/present.js';
import { testMsMax } from '../support/deadline.js';
import { startFakeNode } from '../support/fake-node.js';
import { fakeWorld } from '../support/fake-world.js';
import { bottom, has, sit } from '../support/sitting.js';

const options = { timeout: testMsMax };

test('status sets, shows and refuses, with one event as its JSON', options, async (context) => {
  const node = startFakeNode();
  const it = fakeWorld({ node, env: { NO_COLOR: '1' } });
  context.after(() => it.remove());
  assert.equal(await it.run('status', 'busy', 'in', 'a', 'call', '--json'), 0);
  assert.deepEqual(JSON.parse(it.stdout.text), {
    type: 'presence',
    presence: 'busy',
    statusText: 'in a call',
  });
  assert.equal(await it.run('status'), 0);
  assert.match(it.stdout.text, /^you are busy: in a call$/m);
  for (const words of [
    ['gone'],
    ['away', '--until', 'never'],
    ['away', '--until', '2020-01-01'],
    ['--until', '2h'],
  ])
    assert.equal(await it.run('status', ...words), 2, words.join(' '));
});

const at = (...parts: [number, number, number, number]): number => new Date(2026, ...parts).getTime();

test('a time to come is read in each of its forms, and one in the past is refused', () => {
  const now = new Date(2026, 4, 1, 14, 30).getTime();
  for (const [word, expected] of [
    ['15:00', at(4, 1, 15, 0)],
    ['13:00', at(4, 2, 13, 0)],
    ['2h', now + 7_200_000],
    ['in 30m', now + 1_800_000],
    ['tomorrow', at(4, 2, 0, 0)],
    ['2026-05-03', at(4, 4, 0, 0) - 1],
    ['2026-05-01T18:00', at(4, 1, 18, 0)],
  ] as const)
    assert.equal(parseFutureTime(word, now)._unsafeUnwrap(), expected, word);
  for (const word of ['', '25:00', 'soon', '2026-05-01T14:00', '2020-01-01', '0s'])
    assert.ok(parseFutureTime(word, now).isErr(), word);
});

test('the words of /status are a presence, a text and an end', () => {
  assert.deepEqual(readStatus('', 0)._unsafeUnwrap(), null);
  assert.deepEqual(readStatus(' Busy in a  call --until 10s', 0)._unsafeUnwrap(), {
    presence: 'busy',
    text: 'in a call',
    untilMs: 10_000,
  });
  assert.deepEqual(readStatus('away --until=1m', 0)._unsafeUnwrap(), {
    presence: 'away',
    text: '',
    untilMs: 60_000,
  });
  for (const words of ['asleep', '--until 2h', 'away --until']) {
    const read = readStatus(words, 0);
    assert.ok(words === 'away --until' ? read.isOk() : read.isErr(), words);
  }
});

test('the prompt shows the own status, and changes it', options, async (context) => {
  const { node, type, shows } = sit(context);
  await shows((screen) => bottom(screen) === '›');
  type('/away lunch\r');
  await shows((screen) => has(screen, 'you are away: lunch') && bottom(screen) === '[away] ›');
  type('/back\r');
  await shows((screen) => has(screen, 'you are here') && bottom(screen) === '›');
  type('/status sleeping\r');
  await shows((screen) => has(screen, '"sleeping" is not a status'));
  node.setStatus({ presence: 'invisible' });
  await shows((screen) => has(screen, 'you are invisible') && bottom(screen) === '[invisible] ›');
});

test(
  'the prompt tells that the peer of the open conversation is busy, and no other',
  options,
  async (context) => {
    const { node, type, shows } = sit(context);
    type('/chat bob\r');
    await shows((screen) => bottom(screen) === 'bob unverified ›');
    const row = async (name: string) => (await node.find(name))._unsafeUnwrap();
    node.emit({ ...(await row('carol')), presence: 'away', statusText: 'at the sea' });
    node.emit({ ...(await row('bob')), presence: 'busy', statusText: 'in a call\u001b[2J' });
    const screen = await shows((now) => has(now, 'is busy: in a call'));
    assert.ok(!has(screen, 'at the sea'));
  },
);

test('a peer that says nothing of itself has no words', () => {
  assert.equal(peerStatusWords({ presence: 'here' }), null);
  assert.equal(peerStatusWords({ presence: 'here', statusText: 'in room 3' }), 'here: in room 3');
  assert.equal(peerStatusWords({ presence: 'away' }), 'away');
});

test('a user without a key for some time is idle, until the next key or the end', options, async () => {
  const calls: boolean[] = [];
  const node = startFakeNode();
  const noted = new Promise<void>((resolve) => {
    const setIdle: typeof node.setIdle = (isIdle) => {
      calls.push(isIdle);
      if (!isIdle) resolve();
      else idleness.active();
      return node.setIdle(isIdle);
    };
    const idleness: Idleness = new Idleness({ setIdle }, 1);
  });
  await noted;
  assert.deepEqual(calls.slice(0, 2), [true, false]);
  const never = new Idleness({ setIdle: () => assert.fail('never idle') }, 0);
  never.active();
  await never.close();
});
