/** The receiving end against a sender that loses, repeats, reorders and spoils, and against restarts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Receiving } from '../../../src/chat/files/receiving.js';
import { Serving } from '../../../src/chat/files/serving.js';
import { Progress } from '../../../src/chat/files/progress.js';
import { chunkLengthOf } from '../../../src/chat/files/tree.js';
import { holds } from '../../support/seeds.js';

const chunkBytes = 262_144;
const pieceBytes = 100_000;
const hashOf = (chunk: number): Uint8Array => new Uint8Array(32).fill(chunk % 251);

type Word =
  | { readonly type: 'data'; readonly chunk: number; readonly offset: number; readonly bytes: number }
  | { readonly type: 'hash'; readonly chunk: number; readonly isTrue: boolean };

/** The words of a sender for one chunk. */
function wordsOf(chunk: number, streamBytes: number, isTrue: boolean): Word[] {
  const length = chunkLengthOf(chunk, streamBytes, chunkBytes);
  const words: Word[] = [];
  for (let offset = 0; offset < length; offset += pieceBytes)
    words.push({ type: 'data', chunk, offset, bytes: Math.min(pieceBytes, length - offset) });
  return [...words, { type: 'hash', chunk, isTrue }];
}

// Cases F1 and F3.
test('every byte is good once in the end, whatever is lost, repeated, swapped or restarted', (t) => {
  holds(
    t,
    fc.property(
      fc.integer({ min: 0, max: 12 * chunkBytes }),
      fc.array(fc.constantFrom('lose', 'repeat', 'swap', 'restart', 'fine', 'fine', 'fine'), {
        maxLength: 60,
      }),
      (streamBytes, accidents) => {
        const log = new Map<number, Uint8Array>();
        const begin = (): Receiving => {
          const fresh = new Receiving({ chunkBytes, streamBytes });
          for (const [chunk, hash] of log) fresh.restore(chunk, hash);
          return fresh;
        };
        let receiving = begin();
        let serving = new Serving(receiving.chunkCount);
        let nowMs = 0;
        const left = [...accidents];
        for (let round = 0; round < 2_000 && !receiving.isComplete; round += 1) {
          nowMs += 20_000;
          for (const pull of receiving.pulls(nowMs)) serving.pulled(pull);
          const chunk = serving.nextChunk();
          if (chunk === null) continue;
          const words = wordsOf(chunk, streamBytes, true);
          for (let at = 0; at < words.length; at += 1) {
            const accident = left.shift() ?? 'fine';
            const word = words[at];
            if (word === undefined || accident === 'lose') continue;
            if (accident === 'swap' && at + 1 < words.length) words.push(...words.splice(at, 1));
            if (accident === 'restart') {
              receiving = begin();
              serving = new Serving(receiving.chunkCount);
            }
            for (let times = accident === 'repeat' ? 2 : 1; times > 0; times -= 1) {
              if (word.type === 'data') {
                if (!receiving.take(word.chunk, word.offset, word.bytes, nowMs)) continue;
                if (!receiving.isFilled(word.chunk)) continue;
                const verdict = receiving.filled(word.chunk, hashOf(word.chunk));
                if (verdict.type === 'good') log.set(verdict.chunk, hashOf(verdict.chunk));
              } else {
                const verdict = receiving.expected(word.chunk, hashOf(word.chunk));
                if (verdict.type !== 'good') continue;
                assert.ok(!log.has(verdict.chunk), 'a chunk is good once');
                log.set(verdict.chunk, hashOf(verdict.chunk));
              }
            }
          }
        }
        assert.ok(receiving.isComplete);
        assert.equal(receiving.goodBytes, streamBytes);
        assert.equal(log.size, receiving.chunkCount);
        assert.equal(receiving.hashList.length, receiving.chunkCount * 32);
      },
    ),
  );
});

// Case F3.
test('bytes that nobody asked for, overlap, repeat or lie outside are refused', () => {
  const receiving = new Receiving({ chunkBytes, streamBytes: 30 * chunkBytes - 5 });
  assert.equal(receiving.take(0, 0, 10, 0), false, 'not asked for');
  assert.deepEqual(receiving.pulls(0), [{ first: 0, count: 2 }]);
  assert.equal(receiving.take(0, 1, 10, 0), false, 'a gap');
  assert.equal(receiving.take(0, 0, 10, 0), true);
  assert.equal(receiving.take(0, 0, 10, 0), false, 'again');
  assert.equal(receiving.take(0, 5, 10, 0), false, 'overlapping');
  assert.equal(receiving.take(0, 10, chunkBytes, 0), false, 'beyond its end');
  assert.equal(receiving.take(2, 0, 10, 0), false, 'outside of the window');
  assert.equal(receiving.take(30, 0, 10, 0), false, 'outside of the stream');
  assert.equal(receiving.take(0, 10, 0, 0), false, 'nothing');
});

// Case F3.
test('a chunk with a wrong hash is asked for once more, and then the transfer ends', () => {
  const receiving = new Receiving({ chunkBytes, streamBytes: 10 });
  for (const wanted of ['again', 'bad']) {
    assert.deepEqual(receiving.pulls(0), [{ first: 0, count: 1 }]);
    assert.ok(receiving.take(0, 0, 10, 0));
    assert.deepEqual(receiving.filled(0, hashOf(1)), { type: 'open' });
    assert.equal(receiving.expected(0, hashOf(2)).type, wanted);
  }
  assert.ok(!receiving.isComplete);
});

test('the window follows the rate, within its bounds', () => {
  const receiving = new Receiving({ chunkBytes, streamBytes: 1_000 * chunkBytes });
  const asked = (): number => {
    receiving.lost();
    return receiving.pulls(0).reduce((sum, { count }) => sum + count, 0);
  };
  assert.equal(asked(), 2);
  receiving.paced(20_000_000);
  assert.equal(asked(), 8);
  receiving.paced(1e12);
  assert.equal(asked(), 32);
});

test('a sender serves each wanted chunk once, and nothing that does not exist', () => {
  const serving = new Serving(3);
  serving.pulled({ first: 1, count: 60_000 });
  serving.pulled({ first: 2, count: 1 });
  serving.pulled({ first: 3, count: 0 });
  assert.deepEqual([serving.nextChunk(), serving.nextChunk(), serving.nextChunk()], [1, 2, null]);
  assert.deepEqual([serving.takeRoot(), serving.takeRoot()], [true, false]);
  assert.ok(serving.isIdle);
});

test('the end of a transfer is predicted after three seconds, from the rate of the last ones', () => {
  const progress = new Progress(100_000, 0, 0);
  for (let nowMs = 250; nowMs <= 4_000; nowMs += 250) {
    if (nowMs < 3_000) assert.equal(progress.etaSeconds(nowMs), null);
    progress.at(nowMs * 10, nowMs);
  }
  assert.ok(Math.abs(progress.bytesPerSecond - 10_000) < 200, String(progress.bytesPerSecond));
  assert.equal(progress.etaSeconds(4_000), 6);
});
