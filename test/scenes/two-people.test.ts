/** Scenes with real processes: two homes on one machine, found by beacon, talking encrypted, one killed in between. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { playProgram } from '../support/played-program.js';
import { runProgram, sceneOptions, temporaryHome, type Fields } from '../support/program.js';
import { freeUdpPort } from '../support/free-port.js';

const isMessage = (text: string) => (fields: Fields) =>
  fields['type'] === 'message' && fields['text'] === text;
const isState = (state: string) => (fields: Fields) =>
  fields['type'] === 'status' && fields['state'] === state;

/** Of these words a later search must find one message alone. */
const invitation = 'the café at noon';

test('two homes talk, also while one of them is killed', async (context) => {
  const options = sceneOptions(await freeUdpPort());
  const [alice, bob] = [temporaryHome(context), temporaryHome(context)];
  const serve = runProgram(context, ['serve', '--json', '--home', alice, '--name', 'alice', ...options]);
  const ready = await serve.until(({ type }) => type === 'ready');
  assert.equal(ready['name'], 'alice');
  const recv = runProgram(context, ['recv', '--json', '--home', bob, '--name', 'bob', ...options]);
  await recv.until(({ type }) => type === 'ready');
  const homes = [alice, bob];

  await context.test('a message is delivered, shown once and found on both sides', async (of) => {
    const send = runProgram(of, ['send', 'bob', ...invitation.split(' '), '--json', '--home', alice]);
    const delivered = await send.until(isState('delivered'));
    assert.equal(await send.exit(), 0);
    const received = await recv.until(isMessage(invitation));
    assert.equal(received['id'], delivered['id']);
    assert.equal(received['direction'], 'in');
    assert.equal(received['peer'], 'alice');
    assert.equal(received['encryption'], 'noise');
    for (const home of homes) {
      const history = playProgram(of, ['history', '--json', '--home', home, '--search', 'cafe', ...options]);
      assert.equal(await history.exit(), 0);
      assert.equal(history.seen.filter(isMessage(invitation)).length, 1);
    }
  });

  await context.test(
    'a thousand lines arrive once and in order although the receiver is killed',
    async (of) => {
      const texts = Array.from({ length: 1_000 }, (_, index) => `line ${index + 1} of a thousand`);
      const sending = runProgram(of, ['send', 'bob', '--json', '--timeout', '60', '--home', alice]);
      for (const text of texts.slice(0, 300)) sending.write(`${text}\n`);
      await recv.until(isMessage('line 100 of a thousand'));
      recv.kill('SIGKILL');
      sending.end(`${texts.slice(300).join('\n')}\n`);
      assert.equal(await recv.exit(), 137);

      const again = playProgram(context, ['recv', '--json', '--home', bob, '--name', 'bob', ...options]);
      await again.until(({ type }) => type === 'ready');
      assert.equal(await sending.exit(), 0);
      await sending.untilCount(1_000, isState('delivered'), 1_000);
      for (const home of homes) {
        const history = playProgram(of, ['history', '--json', '--limit', '2000', '--home', home]);
        assert.equal(await history.exit(), 0);
        assert.deepEqual(
          history.seen.filter(({ type }) => type === 'message').map(({ text }) => text),
          [invitation, ...texts],
        );
        const search = playProgram(of, ['history', '--json', '--search', '"line 777"', '--home', home]);
        assert.equal(await search.exit(), 0);
        assert.deepEqual(
          search.seen.map(({ text }) => text),
          ['line 777 of a thousand'],
        );
      }
    },
  );

  await context.test('each format of an export holds them all', async (of) => {
    for (const suffix of ['txt', 'json', 'csv']) {
      const file = join(alice, `export.${suffix}`);
      const args = ['history', 'bob', '--limit', '2000', '--export', file, '--home', alice];
      assert.equal(await playProgram(of, args).exit(), 0);
      const exported = readFileSync(file, 'utf8');
      assert.equal(exported.match(/line \d+ of a thousand/g)?.length, 1_000, suffix);
      if (suffix === 'json') assert.equal((JSON.parse(exported) as unknown[]).length, 1_001);
    }
  });
});
