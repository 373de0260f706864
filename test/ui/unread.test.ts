/** Messages that nobody saw: what `serve --json`, `recv`, `unread`, `read` and the prompt do about them. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { okAsync } from 'neverthrow';
import { EmittedMark } from '../../src/ui/cli/commands/serve.js';
import { Reading } from '../../src/ui/cli/prompt/reading.js';
import { startFakeNode } from '../support/fake-node.js';
import { fakeWorld } from '../support/fake-world.js';
import { testMsMax } from '../support/deadline.js';

const options = { timeout: testMsMax };

/** A home in which two peers wrote while nobody looked. */
function unseenWorld(isTTY = false) {
  const node = startFakeNode({ peers: ['alice', 'dave'] });
  for (const text of ['one', 'two']) node.receive('alice', text);
  node.receive('dave', 'three');
  const it = fakeWorld({ node, isTTY, nowMs: Date.UTC(2026, 4, 1, 12), env: { NO_COLOR: '1' } });
  writeFileSync(join(it.home, 'settings.json'), '{"name":"carol","dialects":[]}');
  return { node, it };
}

// Case P1
test('unread lists conversations, read prints one and marks it', options, async (context) => {
  const { node, it } = unseenWorld();
  context.after(() => it.remove());
  assert.equal(await it.run('unread', '--json'), 0);
  assert.deepEqual(
    it.stdout.json().map(({ type, peer, unread }) => [type, peer, unread]),
    [
      ['unread', 'alice', 2],
      ['unread', 'dave', 1],
    ],
  );
  it.stdout.text = '';
  assert.equal(await it.run('read', 'alice'), 0);
  assert.deepEqual(
    it.stdout.lines().map((line) => line.split(': ')[1]?.split(' ')[0]),
    ['one', 'two'],
  );
  const left = (await node.unread())._unsafeUnwrap();
  assert.deepEqual(
    left.map(({ peer, unread }) => [peer.name, unread]),
    [['dave', 1]],
  );
  it.stdout.text = '';
  assert.equal(await it.run('read', 'alice'), 0);
  assert.equal(it.stdout.text, '');
  assert.match(it.stderr.text, /nothing is unread from alice/);
});

// Case P1
test('recv leaves messages unread unless it is asked to mark them', options, async (context) => {
  const { node, it } = unseenWorld();
  context.after(() => it.remove());
  const counts = async () => (await node.unread())._unsafeUnwrap().map(({ unread }) => unread);
  assert.equal(await it.run('recv', '--since', '0', '--count', '3'), 0);
  assert.deepEqual(await counts(), [2, 1]);
  assert.equal(await it.run('recv', '--since', '0', '--count', '3', '--mark-read'), 0);
  assert.deepEqual(await counts(), []);
  assert.equal((await node.emittedSeq())._unsafeUnwrap(), 0);
});

// Case P1
test('serve --json begins with what no run of it has written', options, async (context) => {
  const { node, it } = unseenWorld();
  context.after(() => it.remove());
  (await node.markEmitted(1))._unsafeUnwrap();
  const ended = it.run('serve', '--json');
  await it.stdout.until((text) => text.includes('three'));
  const seqs = it.stdout.json().flatMap(({ type, seq }) => (type === 'message' ? [seq] : []));
  assert.deepEqual(seqs, [2, 3]);
  it.signal();
  await ended;
  assert.equal((await node.emittedSeq())._unsafeUnwrap(), 3);
  assert.equal((await node.unread())._unsafeUnwrap().length, 2, 'written is not read');
});

// Case P1
test('a message that did not reach stdout is not marked as emitted', async () => {
  const marked: number[] = [];
  const node = { markEmitted: (seq: number) => okAsync((marked.push(seq), seq)) };
  let isGone = false;
  const mark = new EmittedMark(node, { written: () => Promise.resolve(!isGone) });
  for (const seq of [1, 2, 3]) mark.noteWritten(seq);
  while (marked.at(-1) !== 3) await Promise.resolve();
  assert.ok(marked.length <= 2, 'marks of one burst are put together');
  isGone = true;
  mark.noteWritten(4);
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  assert.equal(marked.at(-1), 3);
});

// Case P1
test(
  'the prompt tells what is unread, and shows it where the conversation is opened',
  options,
  async (context) => {
    const { node, it } = unseenWorld(true);
    const ended = it.run();
    context.after(async () => {
      it.signal();
      await ended;
      it.remove();
    });
    await it.stdout.until((text) => text.includes('3 unread: alice 2, dave 1'));
    it.stdin.write('/chat alice\r');
    await it.stdout.until((text) => /unread ──[\s\S]*one[\s\S]*two/.test(text));
    node.receive('alice', 'four');
    await it.stdout.until((text) => text.includes('four'));
    for (;;) {
      const names = (await node.unread())._unsafeUnwrap().map(({ peer }) => peer.name);
      if (names.length === 1) return assert.deepEqual(names, ['dave']);
      await new Promise((resolve) => setImmediate(resolve));
    }
  },
);

// Case P1
test('a conversation that is opened shows no message twice', async () => {
  const node = startFakeNode({ peers: ['alice'] });
  node.receive('alice', 'before the prompt');
  const reading = new Reading(node);
  assert.equal(await reading.begin(), '1 unread: alice 1');
  reading.arrived(node.receive('alice', 'printed as it came'));
  const id = (await node.find('alice'))._unsafeUnwrap().id;
  const shown = await reading.open(id);
  assert.deepEqual(
    shown.messages.map(({ text }) => text),
    ['before the prompt'],
  );
  assert.equal(shown.earlier, 0);
  const late = node.receive('alice', 'its event is on the way');
  assert.equal(reading.wasShown(late), false);
  assert.equal((await reading.open(id)).messages.length, 1);
  assert.equal(reading.wasShown(late), true);
  assert.deepEqual((await node.unread())._unsafeUnwrap(), []);
});
