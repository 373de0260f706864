/** Texts in parts, where a program has a connection for each message: longer than one carries, and in slow pieces. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nextPiece } from '../../src/chat/foreign/sending.js';
import type { AnyForeignDialect, ForeignOptions } from '../../src/dialects/dialect.js';
import { foreignDialects } from '../../src/dialects/sniff.js';
import { foreignFrames } from '../../src/dialects/limits.js';
import { plainOptions } from '../support/captures.js';
import { startScene } from '../support/foreign-scene.js';
import { pacedTest } from '../support/paced-test.js';
import { connectBlocking } from '../support/standins/blocking-socket.js';
import { startSynergy } from '../support/standins/synergy.js';
import { holds } from '../support/seeds.js';

const part = fc.oneof(
  fc.constantFrom('exit', 'connect', ' exit ', 'connection message', 'Manual Connection Message', '|', '"\\'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
  fc.integer({ min: 900, max: 1_100 }).map((length) => 'long '.repeat(length / 5)),
);
const options = fc.record({
  name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
  form: fc.constantFrom(null, 'json', 'course'),
  listeningPort: fc.constantFrom(1, 65_535),
});
const dialects: readonly AnyForeignDialect[] = [
  foreignDialects.synergy,
  foreignDialects.netech,
  foreignDialects.cmp2204,
];

test('a text is whole however our name or the form of its peer changes between its connections', (t) => {
  const property = fc.property(
    fc.constantFrom(...dialects),
    fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('')),
    fc.array(options, { minLength: 1, maxLength: 4 }),
    fc.boolean(),
    (dialect, text, changes, secure) => {
      const at = (turn: number): ForeignOptions => ({
        ...plainOptions,
        ...changes[turn % changes.length],
        secure,
      });
      if (dialect.pieces(text, at(0)).isErr()) return;
      let said = '';
      for (let turn = 0; said.length < text.length; turn += 1) {
        const piece = nextPiece(dialect, text, said.length, at(turn));
        const utterance = { type: 'text', id: null, sentAtMs: 0, text: piece } as const;
        const outputs = dialect.openMachine('dial', at(turn)).say(utterance)._unsafeUnwrap();
        for (const output of outputs)
          assert.ok(output.type !== 'write' || output.bytes.length <= foreignFrames.writeBytesMax);
        assert.ok(piece.length > 0);
        said += piece;
      }
      assert.equal(said, text);
    },
  );
  holds(t, property, { numRuns: 500 });
});

test('a long text to synergy arrives whole although our name changes while it is sent', async (t) => {
  const scene = await startScene(t);
  const synergy = await startSynergy({ name: 'sue' });
  t.after(synergy.close);
  const text = Array.from({ length: 4_000 }, (_, at) => `word ${at}`).join(' ');
  (await scene.node.send(`synergy+json://127.0.0.1:${synergy.port}`, text))._unsafeUnwrap();
  const names = new Set<string>();
  let heard = '';
  while (heard.length < text.length) {
    const { name, content } = await synergy.heard.take();
    heard += content;
    if (names.size === 0) (await scene.node.rename('nora of the much longer name'))._unsafeUnwrap();
    names.add(name);
  }
  assert.equal(heard, text);
  assert.deepEqual([...names], ['nora', 'nora of the much longer name']);
});

pacedTest('synergy: a text whose rest comes after we ended our half arrives whole', async (t) => {
  const scene = await startScene(t);
  const socket = await connectBlocking('127.0.0.1', scene.port());
  t.after(socket.close);
  socket.send('127.0.0.1:7000 ann the first');
  // A program that waits for the receiver to close reads this end after a moment.
  assert.equal(await socket.recv(1_024), '');
  socket.send(' and the rest ğ');
  await socket.close();
  assert.deepEqual(await scene.texts('synergy', 1), ['the first and the rest ğ']);
});

pacedTest('netech: a text that comes in pieces with pauses is one message', async (t) => {
  const scene = await startScene(t);
  const socket = await connectBlocking('127.0.0.1', scene.port());
  t.after(socket.close);
  for (const piece of ['LISTENING_PORT:7070|TEAM_NAME:blue|one', ' two', ' three']) {
    socket.send(piece);
    await new Promise((resolve) => setTimeout(resolve, 2 * foreignFrames.idleGapMs));
  }
  await socket.close();
  assert.deepEqual(await scene.texts('netech', 1), ['one two three']);
});
