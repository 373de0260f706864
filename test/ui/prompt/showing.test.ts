/** How peers and messages look: shared names, trust, times, long messages, and advice in the words of the prompt. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createColors } from 'picocolors';
import type { MessageEvent, PeerEvent } from '../../../src/index.js';
import { messageRows } from '../../../src/ui/cli/prompt/layout.js';
import { noticeOf } from '../../../src/ui/cli/notify/notice.js';
import { inPromptWords } from '../../../src/ui/cli/prompt/printer.js';
import { nearestPeer } from '../../../src/ui/cli/options/suggestion.js';
import { invisibleRemark, Naming, peerLabel, renamedRemark } from '../../../src/ui/cli/screen/naming.js';
import { messageLine } from '../../../src/ui/cli/screen/present.js';
import { testMsMax } from '../../support/deadline.js';
import { idOf } from '../../support/fake-node.js';
import { bottom, has, sit } from '../../support/sitting.js';

const options = { timeout: testMsMax };
const colors = createColors(false);

const row = (name: string, id: string, more: Partial<PeerEvent> = {}): PeerEvent => ({
  type: 'peer',
  state: 'online',
  name,
  id: idOf(id),
  tag: idOf(id).replaceAll('-', '').slice(0, 8).toLowerCase(),
  address: '10.0.0.2',
  port: 6001,
  dialect: 'native',
  verified: false,
  lastSeen: '2026-05-01T12:00:00.000Z',
  unread: 0,
  ...more,
});

const from = (peer: PeerEvent, more: Partial<MessageEvent> = {}): MessageEvent => ({
  type: 'message',
  seq: 17,
  id: '01890000-0000-7000-8000-000000000001',
  direction: 'in',
  peer: peer.name,
  peerId: peer.id,
  conversation: `dm:${peer.id}`,
  text: 'hello',
  sentAt: '2026-05-01T12:00:00.000Z',
  receivedAt: '2026-05-01T12:00:30.000Z',
  dialect: 'native',
  encryption: 'noise',
  verified: peer.verified,
  state: 'delivered',
  ...more,
});

const rowsOf = (message: MessageEvent, naming: Naming, rowsMax = 20): readonly string[] =>
  messageRows(message, { colors, columns: 80, isOpen: true, isPlain: false, naming, rowsMax });

// Case O10
test('an empty message is shown as one in every view', () => {
  const message = from(row('Bob', 'friend'), { text: '' });
  const plain = { colors, columns: 80, isOpen: true, isPlain: true, naming: new Naming(), rowsMax: 20 };
  for (const line of [
    rowsOf(message, new Naming())[0],
    messageRows(message, plain)[0],
    messageLine(message, colors),
    noticeOf(message, undefined, 'all', 1).body,
  ])
    assert.match(line ?? '', /\(empty message\)/);
});

// Case P3
test('lines of namesakes have tags and trust as a sign and a word, in every view', () => {
  const friend = row('Bob', 'friend', { verified: true, shared: true });
  const fake = row('bob', 'impostor', { shared: true, warning: 'looks like Bob#friendab, whom you know' });
  const naming = new Naming([friend, fake]);
  for (const line of [rowsOf(from(friend), naming)[0] ?? '', messageLine(from(friend), colors, naming)])
    assert.match(line, /Bob#friendab ✓ verified: hello$/);
  for (const line of [rowsOf(from(fake), naming).join(' '), messageLine(from(fake), colors, naming)])
    assert.match(
      line.replaceAll(/ +/g, ' '),
      /bob#impostor ⚠ unverified, looks like Bob#friendab, whom you know: hello$/,
    );
  assert.match(messageLine(from(friend, { direction: 'out' }), colors, naming), /→ Bob#friendab: hello$/);
  assert.equal(peerLabel(friend), 'Bob#friendab');
});

// Case P3
test('a name that another identity bore, or that a forgotten peer bears, stands with its tag', () => {
  const carol = row('Carol', 'carol', { formerNames: ['Alice'] });
  const naming = new Naming([carol, row('Dave', 'dave')]);
  const stranger = row('alice', 'stranger');
  assert.match(messageLine(from(stranger), colors, naming), / alice#stranger ⚠ unverified: hello/);
  assert.match(messageLine(from(row('Dave', 'dave')), colors, naming), / Dave: hello \[unverified\]$/);
});

// Case P8
test('a message stands at its arrival, with the clock of the sender where it differs by minutes', () => {
  const late = from(row('bob', 'bob'), { sentAt: '2031-01-01T08:00:00.000Z' });
  const naming = new Naming();
  for (const line of [rowsOf(late, naming).join(' '), messageLine(late, colors, naming)]) {
    assert.match(line, /by its clock sent 2031-01-01|2030-12-31/);
    assert.ok(!line.trimStart().startsWith('2031'), line);
  }
  assert.doesNotMatch(messageLine(from(row('bob', 'bob')), colors, naming), /clock/);
});

// Case P16
test('a long message is folded after 20 rows and says how to see all', () => {
  const text = Array.from({ length: 850 }, (_, index) => `row ${index}`).join('\n');
  const long = from(row('bob', 'bob'), { text });
  const rows = rowsOf(long, new Naming());
  assert.equal(rows.length, 21);
  assert.match(rows.at(-1) ?? '', /830 more rows: \/show 17 shows all/);
  assert.equal(rowsOf(long, new Naming(), Number.POSITIVE_INFINITY).length, 850);
  const fits = from(row('bob', 'bob'), { text: text.split('\n').slice(0, 21).join('\n') });
  assert.equal(rowsOf(fits, new Naming()).length, 21, 'one row more is shown');
});

// Case P16
test('a mistyped peer gets a suggestion, and a former name a remark', () => {
  const david = row('David', 'david', { formerNames: ['Dave'] });
  assert.equal(nearestPeer('Davdi', [david]), 'David');
  assert.equal(nearestPeer('zzz', [david]), null);
  assert.equal(renamedRemark('dave', david), 'dave is now called David');
  assert.equal(renamedRemark('David', david), null);
});

// Case P15
test('a name says which invisible characters it lost', () => {
  assert.match(invisibleRemark('pay\u200Dpal') ?? '', /U\+200D$/);
  assert.equal(invisibleRemark('می\u200Cخواهم'), null);
});

// Case P19
test('advice at the prompt is in its own words', () => {
  assert.equal(
    inPromptWords('x; see "parlance peers", or give HOST:PORT'),
    'x; see /users, or give HOST:PORT',
  );
  assert.equal(inPromptWords('unblock it with "parlance unblock carol"'), 'unblock it with /unblock carol');
  assert.equal(inPromptWords('start one with "parlance serve"'), 'start one with "parlance serve"');
});

// Case P13
test(
  'the prompt says at its start who and where one is, and that nobody is here',
  options,
  async (context) => {
    const { shows } = sit(context, { peers: [] });
    await shows((screen) => has(screen, 'You are alice#meab at 10.0.0.1:6001; nobody is here yet. /help'));
  },
);

// Case P18
test('/verify yes marks nobody before a code was shown', options, async (context) => {
  const { node, type, shows } = sit(context);
  type('/chat bob\r');
  await shows((screen) => bottom(screen) === 'bob unverified ›');
  type('/verify yes\r');
  await shows((screen) => has(screen, 'no code was shown yet'));
  assert.ok((await node.peers())._unsafeUnwrap().every(({ verified }) => !verified));
  type('/verify\r');
  await shows((screen) => has(screen, '11111 22222 33333 44444'));
  type('/chat carol\r');
  await shows((screen) => bottom(screen) === 'carol unverified ›');
  type('/verify yes\r');
  await shows((screen) => screen.all().filter((line) => line.includes('no code was shown')).length === 2);
  type('/verify 11111 22222 33333 44444 55555 66666 77777 88888 99999 00000 12345 67890\r');
  await shows((screen) => bottom(screen) === 'carol ›');
});

// Case P18
test('a peer of an older program cannot be verified', options, async (context) => {
  const { node, type, shows } = sit(context);
  node.addForeignPeer('ayse');
  type('/chat ayse\r');
  await shows((screen) => bottom(screen).startsWith('ayse weakly encrypted'));
  type('/verify\r');
  await shows((screen) => has(screen, 'older programs cannot be verified'));
});

// Case P10
test('a blocked peer writes nothing on the screen', options, async (context) => {
  const { node, type, shows } = sit(context);
  type('/block bob\r');
  await shows((screen) => has(screen, 'bob#boba is blocked'));
  node.emit({ type: 'error', code: 'session/key-changed', message: 'noise about bob', peer: 'bob' });
  node.setState('bob', 'offline');
  node.setState('bob', 'online');
  node.emit({ type: 'error', code: 'session/key-changed', message: 'a word about carol', peer: 'carol' });
  const screen = await shows((shown) => has(shown, 'a word about carol'));
  assert.ok(!has(screen, 'noise about bob') && !has(screen, 'bob#boba has left'));
  assert.ok(!has(screen, 'session/key-changed'), 'no code');
});

// Case P19
test('/help names // and the addresses of older programs', options, async (context) => {
  const { type, shows } = sit(context);
  type('/help\r');
  await shows((screen) => has(screen, '//TEXT') && has(screen, 'DIALECT://HOST'));
});

// Case P3
test(
  'a message counts as unread once, whether its row or the message comes first',
  options,
  async (context) => {
    const { node, shows } = sit(context);
    await shows((screen) => bottom(screen) === '›');
    const [bob] = (await node.peers())._unsafeUnwrap();
    assert.ok(bob !== undefined);
    node.emit({ ...bob, unread: 1 });
    node.receive('bob', 'psst');
    await shows((screen) => bottom(screen) === '(bob 1) ›');
  },
);

test('a stranger is named once beside a talk, and its lines stay out of it', options, async (context) => {
  const { node, type, shows } = sit(context, { peers: ['bob', 'mallory'] });
  type('/chat bob\r');
  await shows((screen) => bottom(screen) === 'bob unverified ›');
  const stranger = (await node.find('mallory'))._unsafeUnwrap();
  node.emit({ ...stranger, request: true });
  node.receive('mallory', 'first words');
  node.receive('mallory', 'second words');
  node.receive('bob', 'of a friend');
  const screen = await shows((now) => has(now, 'of a friend'));
  const rows = screen.all().join('\n');
  assert.equal(rows.split('a stranger, wrote').length, 2, 'one remark');
  assert.ok(!rows.includes('first words') && !rows.includes('second words'));
  type('/chat mallory\r');
  await shows((now) => has(now, 'first words') && has(now, 'second words'));
});

test('an answer to a deleted message says so in every view', () => {
  const answer = from(row('Bob', 'friend'), { replyTo: '01890000-0000-7000-8000-000000000002' });
  const view = { colors, columns: 80, isOpen: true, isPlain: false, naming: new Naming(), rowsMax: 20 };
  for (const line of [
    messageRows(answer, { ...view, quoted: '' })[0],
    messageLine(answer, colors, new Naming(), () => ''),
  ])
    assert.match(line ?? '', /↳ deleted message: hello/);
});
