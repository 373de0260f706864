import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { chatbuddy } from '../../src/dialects/chatbuddy/codec.js';
import { cmp2204 } from '../../src/dialects/cmp2204/codec.js';
import { cse310 } from '../../src/dialects/cse310/codec.js';
import type { ForeignDialect, AnyForeignDialect, ForeignOutput } from '../../src/dialects/dialect.js';
import { netech } from '../../src/dialects/netech/codec.js';
import { synergy } from '../../src/dialects/synergy/codec.js';
import { foreignFrames } from '../../src/dialects/limits.js';
import { plainOptions, readCaptures } from '../support/captures.js';
import { bytesOf, heavy, kinds, retainedBytes } from '../support/malformed.js';
import { dice, withSeeds, type Dice } from '../support/seeds.js';
import { ownCpuMs } from '../support/usable-time.js';

const prototypeBefore = JSON.stringify(Object.getOwnPropertyNames(Object.prototype));
after(() => {
  assert.equal(JSON.stringify(Object.getOwnPropertyNames(Object.prototype)), prototypeBefore);
  assert.equal(Reflect.get({}, 'polluted'), undefined);
});

function feed(dialect: AnyForeignDialect, bytes: Uint8Array, draw: Dice): readonly ForeignOutput[] {
  const machine = dialect.openMachine(draw(2) === 0 ? 'accept' : 'dial', plainOptions);
  if (draw(4) === 0) machine.say({ type: 'text', id: null, sentAtMs: 0, text: 'hi' });
  const outputs: ForeignOutput[] = [];
  const cut = draw(bytes.length + 1);
  for (const part of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
    outputs.push(...machine.receive({ type: 'bytes', bytes: part }, 1));
    if (draw(3) === 0) outputs.push(...machine.receive({ type: 'idle' }, 1));
  }
  outputs.push(...machine.receive({ type: 'closed' }, 1));
  return outputs;
}

/** Feeds the bytes as one read, so that no pause or cut ends a message early. */
function feedWhole(dialect: AnyForeignDialect, bytes: Uint8Array): readonly ForeignOutput[] {
  const machine = dialect.openMachine('accept', plainOptions);
  return [...machine.receive({ type: 'bytes', bytes }, 1), ...machine.receive({ type: 'closed' }, 1)];
}

function check(dialect: string, bytes: Uint8Array, outputs: readonly ForeignOutput[]): void {
  const failures = outputs.filter(({ type }) => type === 'failed');
  assert.ok(failures.length <= 1, 'one failure at most');
  const end = outputs.findIndex(({ type }) => type === 'failed' || type === 'close');
  assert.ok(end < 0 || end === outputs.length - 1, 'nothing after the end');
  let heardLength = 0;
  for (const output of outputs) {
    if (output.type === 'failed') {
      assert.match(output.error.code, /^dialect\//);
      assert.equal('dialect' in output.error ? output.error.dialect : '', dialect);
      assert.ok(JSON.stringify(output.error).length < 200, 'an error quotes nothing');
      if (output.error.code === 'dialect/malformed') assert.notEqual(output.error.detail, '');
    }
    if (output.type === 'heard' && output.utterance.type === 'text')
      heardLength += output.utterance.text.length;
  }
  assert.ok(heardLength <= bytes.length, 'nothing is heard that was not sent');
}

/** cmp2204 speaks JSON alone; in synergy an opening brace says so. */
const isJson = (dialect: AnyForeignDialect, bytes: Uint8Array): boolean =>
  dialect.name === 'cmp2204' || (dialect.name === 'synergy' && bytes[0] === 0x7b);

function suite<Message>(dialect: ForeignDialect<Message>): void {
  const corpus = readCaptures(dialect.name).flatMap(({ steps }) => steps.map(({ bytes }) => bytes));

  describe(dialect.name, () => {
    // Fault P1
    test('4,000 malformed inputs of every kind end in values, one failure each at most', async (t) => {
      await withSeeds(t, malformed);
    });

    function malformed(runSeed: number): void {
      const seeds = dice(runSeed);
      const names = Object.keys(kinds);
      const made = new Map<string, number>(names.map((name) => [name, 0]));
      let failed = 0;
      for (let round = 0; round < 4_000; round += 1) {
        const seed = seeds(2 ** 32);
        const draw = dice(seed);
        const name = names[round % names.length] ?? '';
        const kind = kinds[name];
        assert.ok(kind);
        const bytes = kind.make(corpus, draw);
        try {
          const outputs = feed(dialect, bytes, draw);
          check(dialect.name, bytes, outputs);
          dialect.decode(bytes).map((message) => dialect.encode(message));
          const whole = feedWhole(dialect, bytes);
          check(dialect.name, bytes, whole);
          const mustFail = kind.fails === 'always' || (kind.fails === 'json' && isJson(dialect, bytes));
          if (mustFail) assert.equal(whole.filter(({ type }) => type === 'failed').length, 1, 'it must fail');
          if ([...outputs, ...whole].some(({ type }) => type === 'failed')) failed += 1;
        } catch (error) {
          throw new Error(`${name}, seed ${seed}: ${Buffer.from(bytes).toString('hex')}`, { cause: error });
        }
        made.set(name, (made.get(name) ?? 0) + 1);
      }
      for (const [name, count] of made) assert.ok(count > 350, `${name}: ${count}`);
      assert.ok(failed > 400, `${failed} failures: the inputs are malformed enough`);
    }

    if (dialect.name === 'chatbuddy' || dialect.name === 'cse310' || dialect.name === 'netech')
      test('JSON where none is spoken is a text, whole', () => {
        for (const name of ['deep', 'wrong types', 'huge numbers', 'prototype']) {
          const bytes = kinds[name]?.make(corpus, dice(1)) ?? new Uint8Array();
          const [only, ...more] = feedWhole(dialect, bytes);
          assert.deepEqual(more, []);
          assert.ok(only?.type === 'heard' && only.utterance.type === 'text');
          // `"key": ` reads as a nick.
          const nick: string = dialect.name === 'cse310' ? `${only.speaker.name}: ` : '';
          assert.equal(nick + only.utterance.text, Buffer.from(bytes).toString());
        }
      });

    test('endless input takes bounded memory, in one message and in many', () => {
      const chunks = ['{"content": "', 'LISTENING_PORT:', '10.0.0.7:8080 ann ', 'x', '{"a": ', 'Ann: x'].map(
        (begin) => [bytesOf(begin), bytesOf('y'.repeat(foreignFrames.frameBytesMax))],
      );
      const before = retainedBytes();
      const machines = chunks.flatMap(([begin, endless]) =>
        Array.from({ length: 5 }, () => {
          const machine = dialect.openMachine('accept', plainOptions);
          machine.receive({ type: 'bytes', bytes: begin ?? new Uint8Array() }, 1);
          for (let count = 0; count < 20; count += 1)
            machine.receive({ type: 'bytes', bytes: endless ?? new Uint8Array() }, 1);
          return machine;
        }),
      );
      const bytesPerMachine = (retainedBytes() - before) / machines.length;
      assert.ok(
        bytesPerMachine <= 5 * foreignFrames.frameBytesMax,
        `${bytesPerMachine} bytes are held by a machine`,
      );
      for (const machine of machines) machine.receive({ type: 'closed' }, 1);
    });

    test('a long input takes no longer than its length allows', () => {
      for (const [at, bytes] of heavy.entries()) {
        const before = ownCpuMs();
        check(dialect.name, bytes, feed(dialect, bytes, dice(at)));
        dialect.decode(bytes);
        const took = ownCpuMs() - before;
        assert.ok(took < 250, `input ${at}: ${took} ms`);
      }
    });
  });
}

suite(cmp2204);
suite(chatbuddy);
suite(synergy);
suite(cse310);
suite(netech);
