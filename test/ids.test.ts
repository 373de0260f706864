import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { messageIdFromBytes, parsePeerId, writeMessageId } from '../src/ids.js';
import { holds } from './support/seeds.js';

test('a message id written to bytes and read back is the same id', (t) => {
  holds(
    t,
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const id = messageIdFromBytes(bytes);
      const target = new Uint8Array(18);
      writeMessageId(id, target, 1);
      assert.deepEqual(target.subarray(1, 17), bytes);
      assert.equal(messageIdFromBytes(target, 1), id);
    }),
  );
});

test('ids with a wrong shape are refused', () => {
  for (const text of ['', 'x', 'synergy://', 'A'.repeat(56), '0'.repeat(36)]) {
    assert.ok(parsePeerId(text).isErr(), text);
  }
});
