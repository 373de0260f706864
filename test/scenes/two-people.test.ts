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

test('a message from one home to another is delivered, shown once and found on both sides', async (context) => {
  const options = sceneOptions(await freeUdpPort());
  const [alice, bob] = [temporaryHome(context), temporaryHome(context)];
  const serve = runProgram(context, ['serve', '--json', '--home', alice, '--name', 'alice', ...options]);
  const ready = await serve.until(({ type }) => type === 'ready');
  assert.equal(ready['name'], 'alice');
  const recv = playProgram(context, ['recv', '--json', '--home', bob, '--name', 'bob', ...options]);
  await recv.until(({ type }) => type === 'ready');

  const send = runProgram(context, ['send', 'bob', 'the', 'café', 'at', 'noon', '--json', '--home', alice]);
  const delivered = await send.until(isState('delivered'));
  assert.equal(await send.exit(), 0);
  const received = await recv.until(isMessage('the café at noon'));
  assert.equal(received['id'], delivered['id']);
  assert.equal(received['direction'], 'in');
  assert.equal(received['peer'], 'alice');
  assert.equal(received['encryption'], 'noise');

  for (const home of [alice, bob]) {
    const history = playProgram(context, [
      'history',
      '--json',
      '--home',
      home,
      '--search',
      'cafe',
      ...options,
    ]);
    assert.equal(await history.exit(), 0);
    assert.equal(history.seen.filter(isMessage('the café at noon')).length, 1);
  }
});

test('a thousand lines reach a receiver that is killed in between, each once and in order', async (context) => {
  const options = sceneOptions(await freeUdpPort());
  const [alice, bob] = [temporaryHome(context), temporaryHome(context)];
  const serve = runProgram(context, ['serve', '--json', '--home', alice, '--name', 'alice', ...options]);
  await serve.until(({ type }) => type === 'ready');
  const first = runProgram(context, ['recv', '--json', '--home', bob, '--name', 'bob', ...options]);
  await first.until(({ type }) => type === 'ready');

  const texts = Array.from({ length: 1_000 }, (_, index) => `line ${index + 1} of a thousand`);
  const sending = runProgram(context, ['send', 'bob', '--json', '--timeout', '60', '--home', alice]);
  for (const text of texts.slice(0, 300)) sending.write(`${text}\n`);
  await first.until(isMessage('line 100 of a thousand'));
  first.kill('SIGKILL');
  sending.end(`${texts.slice(300).join('\n')}\n`);
  assert.equal(await first.exit(), 137);

  const second = playProgram(context, ['recv', '--json', '--home', bob, '--name', 'bob', ...options]);
  await second.until(({ type }) => type === 'ready');
  assert.equal(await sending.exit(), 0);
  await sending.untilCount(1_000, isState('delivered'), 1_000);

  for (const home of [alice, bob]) {
    const history = playProgram(context, ['history', '--json', '--limit', '2000', '--home', home]);
    assert.equal(await history.exit(), 0);
    assert.deepEqual(
      history.seen.filter(({ type }) => type === 'message').map(({ text }) => text),
      texts,
    );
    const search = playProgram(context, ['history', '--json', '--search', '"line 777"', '--home', home]);
    assert.equal(await search.exit(), 0);
    assert.deepEqual(
      search.seen.map(({ text }) => text),
      ['line 777 of a thousand'],
    );
  }
  for (const suffix of ['txt', 'json', 'csv']) {
    const file = join(alice, `export.${suffix}`);
    const exporting = playProgram(context, [
      'history',
      'bob',
      '--limit',
      '2000',
      '--export',
      file,
      '--home',
      alice,
    ]);
    assert.equal(await exporting.exit(), 0);
    const exported = readFileSync(file, 'utf8');
    assert.equal(exported.match(/line \d+ of a thousand/g)?.length, 1_000, suffix);
    if (suffix === 'json') assert.equal((JSON.parse(exported) as unknown[]).length, 1_000);
  }
});
