import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chatbuddy } from '../../src/dialects/chatbuddy/codec.js';
import { cmp2204 } from '../../src/dialects/cmp2204/codec.js';
import { cse310 } from '../../src/dialects/cse310/codec.js';
import type { ForeignDialect } from '../../src/dialects/dialect.js';
import { netech } from '../../src/dialects/netech/codec.js';
import { synergy } from '../../src/dialects/synergy/codec.js';
import { heardOf, play, readCaptures, writesOf, type Capture } from '../support/captures.js';

const whole = (bytes: Uint8Array): readonly Uint8Array[] => [bytes];
const single = (bytes: Uint8Array): readonly Uint8Array[] => [...bytes].map((byte) => Uint8Array.of(byte));

const ownWrites = (capture: Capture): readonly string[] =>
  capture.steps.flatMap(({ mark, bytes }) => (mark === '>' ? [Buffer.from(bytes).toString('hex')] : []));

function suite<Message>(dialect: ForeignDialect<Message>): void {
  const captures = readCaptures(dialect.name);
  const check = (capture: Capture, cut: (bytes: Uint8Array) => readonly Uint8Array[], how: string): void => {
    const { outputs } = play(dialect, capture, cut);
    assert.deepEqual(heardOf(outputs), capture.expect, `${capture.file}, ${how}`);
    assert.deepEqual(writesOf(outputs), ownWrites(capture), `${capture.file}, ${how}`);
  };

  describe(dialect.name, () => {
    test('every capture means what it says', () => {
      assert.ok(captures.length >= 10);
      for (const capture of captures) check(capture, whole, 'whole');
    });

    test('every capture means the same in single bytes, and in two pieces cut anywhere', () => {
      for (const capture of captures) {
        check(capture, single, 'in single bytes');
        const longest = Math.max(...capture.steps.map(({ bytes }) => bytes.length));
        for (let at = 1; at < longest; at += 1)
          check(capture, (bytes) => [bytes.slice(0, at), bytes.slice(at)], `cut at ${at}`);
      }
    });

    test('a machine that only listens hears the same, whichever side opened the connection', () => {
      // Of a dialect with one message per connection only the side that accepts is spoken to.
      for (const capture of captures.filter(({ steps }) => steps.every(({ mark }) => mark === '<'))) {
        if (dialect.can.connection === 'conversation') check({ ...capture, role: 'dial' }, single, 'dialled');
      }
    });

    test('a canonical frame is written again byte by byte', () => {
      for (const capture of captures.filter(({ isCanonical }) => isCanonical)) {
        for (const { bytes } of capture.steps) {
          const again = dialect.decode(bytes).andThen((message) => dialect.encode(message));
          assert.deepEqual(again._unsafeUnwrap(), bytes, capture.file);
        }
      }
    });

    test('a truncated capture invents nothing and fails at most once', () => {
      for (const capture of captures) {
        const inbound = capture.steps.filter(({ mark }) => mark === '<').at(-1)?.bytes ?? new Uint8Array();
        for (let length = 0; length < inbound.length; length += 1) {
          const { machine, outputs } = play(dialect, { ...capture, end: 'shape' }, (bytes) =>
            bytes === inbound ? [bytes.subarray(0, length)] : [bytes],
          );
          const all = [...outputs, ...machine.receive({ type: 'closed' }, 1)];
          assert.ok(all.filter(({ type }) => type === 'failed').length <= 1, capture.file);
          assert.deepEqual(
            machine.receive({ type: 'bytes', bytes: inbound }, 1),
            [],
            'nothing after the close',
          );
          for (const output of all) {
            if (output.type !== 'heard' || output.utterance.type !== 'text') continue;
            const { text } = output.utterance;
            const isPart = capture.expect.some(
              (expected) =>
                typeof expected === 'object' &&
                JSON.stringify(expected).includes(JSON.stringify(text).slice(1, -1)),
            );
            // A frame without any shape cannot tell that its end is missing.
            if (!isPart) assert.equal(dialect.framing.type, 'read', `${capture.file}: ${text}`);
          }
        }
      }
    });

    test('two messages in one piece are two, where anything tells them apart', () => {
      for (const capture of captures.filter(({ glue }) => glue !== 'no')) {
        const { outputs } = play(dialect, capture, (bytes) => [Buffer.concat([bytes, bytes])]);
        const twice = capture.glue === 'yes' ? [...capture.expect, ...capture.expect] : capture.expect;
        assert.deepEqual(heardOf(outputs), twice, capture.file);
      }
    });
  });
}

suite(cmp2204);
suite(chatbuddy);
suite(synergy);
suite(cse310);
suite(netech);
