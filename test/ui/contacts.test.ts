/** Contacts, requests, changed keys and the outbox, as commands and at the prompt. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { waitLines, withId } from '../../src/ui/cli/commands/outbox.js';
import { PeopleCommands } from '../../src/ui/cli/prompt/people-commands.js';
import { peerName } from '../../src/ui/cli/screen/present.js';
import { testMsMax } from '../support/deadline.js';
import { startFakeNode, type FakeNode } from '../support/fake-node.js';
import { fakeWorld } from '../support/fake-world.js';

const options = { timeout: testMsMax };

/** Two messages wait for Dave, who is away; a second key bears the name. */
async function withChangedKey(context: TestContext) {
  const node = startFakeNode({ peers: ['Dave', 'carol'] });
  node.setState('Dave', 'offline');
  for (const text of ['first', 'second']) (await node.send('Dave', text))._unsafeUnwrap();
  const old = (await node.find('Dave'))._unsafeUnwrap();
  node.replace([old]);
  const it = fakeWorld({ node, env: { NO_COLOR: '1' } });
  context.after(() => it.remove());
  return { node, it, old };
}

const waitingTexts = async (node: FakeNode, peer: string) =>
  (await node.outbox({ peer }))._unsafeUnwrap().messages.map(({ text }) => text);

// Case P4
for (const [fate, forOld, forNew] of [
  ['send', [], ['first', 'second']],
  ['keep', ['first', 'second'], []],
  ['drop', [], []],
] as const)
  test(`messages for an old key: contact accept --queued ${fate}`, options, async (context) => {
    const { node, it, old } = await withChangedKey(context);
    node.setState('carol', 'offline');
    assert.equal(await it.run('contact', 'accept', 'carol', '--queued', fate), 0);
    assert.deepEqual(await waitingTexts(node, old.id), forOld);
    assert.deepEqual(await waitingTexts(node, 'carol'), forNew);
  });

// Case P4
test(
  'without an answer the messages for an old key stay, and the user learns of them',
  options,
  async (context) => {
    const { node, it, old } = await withChangedKey(context);
    assert.equal(await it.run('contact', 'accept', 'carol'), 0);
    assert.equal((await waitingTexts(node, old.id)).length, 2);
    assert.match(it.stderr.text, /2 for the old key Dave#\w+ stay in the outbox; see "parlance outbox"/);
  },
);

// Case P12
test('outbox lists and cancels by the end of an id', options, async (context) => {
  const { node, it, old } = await withChangedKey(context);
  assert.equal(await it.run('outbox', '--json'), 0);
  const lines = it.stdout.json();
  assert.deepEqual(
    lines.map(({ type, text, state }) => [type, text, state]),
    [
      ['message', 'first', 'queued'],
      ['message', 'second', 'queued'],
    ],
  );
  assert.match(it.stderr.text, /2 wait for Dave; they go out when Dave and you are here/);
  it.stdout.text = '';
  const id = String(lines[0]?.['id']);
  assert.equal(await it.run('outbox', 'cancel', id.slice(-8), '--json'), 0);
  assert.deepEqual(
    it.stdout.json().map(({ type, state, reason }) => [type, state, reason]),
    [['status', 'failed', 'withdrawn']],
  );
  assert.deepEqual(await waitingTexts(node, old.id), ['second']);
  assert.equal(await it.run('outbox', 'cancel', 'zz'), 2);
  assert.match(it.stderr.text, /"zz" is too short/);
});

// Case P12
test('outbox retry dials the peers for which messages wait', options, async (context) => {
  const { node, it, old } = await withChangedKey(context);
  assert.equal(await it.run('outbox', 'retry'), 0);
  assert.deepEqual(node.retried(), [old.id]);
});

// Case P12
test('an end that fits two ids names neither', async () => {
  const node = startFakeNode();
  const messages = ['1', '2'].map((text) => ({ ...node.receive('bob', text), id: `0000000${text}-aaaa` }));
  assert.deepEqual(
    withId(messages, '-aaaa')._unsafeUnwrapErr(),
    '"-aaaa" is the end of 2 ids: give more characters',
  );
  assert.equal(withId(messages, '1-aaaa')._unsafeUnwrap()[0]?.text, '1');
  assert.deepEqual(waitLines(messages.slice(1)), ['1 waits for bob; it goes out when bob and you are here']);
});

test('an alias stands before the own name of the peer', options, async (context) => {
  const { node, it } = await withChangedKey(context);
  assert.equal(await it.run('contact', 'alias', 'carol', 'My', 'Carol'), 0);
  const row = (await node.find('carol'))._unsafeUnwrap();
  assert.match(peerName(row), /^My Carol \(carol#\w+\)$/);
  assert.match(it.stdout.text, /My Carol \(carol#/);
  assert.equal(await it.run('contact', 'alias'), 2);
});

// Case P12
test('a user that leaves the prompt learns what waits', async (context) => {
  const { node } = await withChangedKey(context);
  const said: string[] = [];
  const commands = new PeopleCommands({
    node,
    say: (text) => void said.push(text),
  });
  await commands.farewell();
  assert.deepEqual(said, ['2 wait for Dave; they go out when Dave and you are here']);
  await commands.run('outbox', 'cancel');
  assert.equal(said.at(-1), '2 withdrawn');
  await commands.run('outbox', '');
  assert.equal(said.at(-1), 'nothing waits');
});
