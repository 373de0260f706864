import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runtime as limits } from '../../src/runtime/limits.js';
import { places, startTree, storeAt } from './tree.js';

describe('an actor that settles', () => {
  for (const [where, placement] of Object.entries(places)) {
    test(`(${where}) commits many messages at once and answers them only then`, async () => {
      const spec = storeAt(placement);
      const { root } = await startTree({ children: [spec] });
      const ref = root.ref(spec);
      const answers = await Promise.all(Array.from({ length: 1_000 }, (_, n) => ref.call('put', { n })));
      assert.deepEqual(
        answers.map((answer) => answer._unsafeUnwrap()),
        Array.from({ length: 1_000 }, (_, n) => n),
      );
      const { rows, commits } = (await ref.call('size', null))._unsafeUnwrap();
      assert.equal(rows, 1_000);
      assert.ok(commits <= 20, `${commits} commits`);
      await root.stop();
    });

    test(`(${where}) gets again what it had handled but not settled when it crashed`, async () => {
      const spec = storeAt(placement);
      const { root } = await startTree({ children: [spec] });
      const ref = root.ref(spec);
      const tries = new SharedArrayBuffer(4);
      const answers = await Promise.all(
        Array.from({ length: 300 }, (_, n) =>
          ref.call('put', n === 250 ? { n, fate: 'throw', times: 1, tries } : { n }),
        ),
      );
      for (const [n, answer] of answers.entries()) assert.equal(answer._unsafeUnwrap(), n);
      await root.stop();
    });

    test(`(${where}) loses one poison message of a batch and none of its neighbours`, async () => {
      const spec = storeAt(placement);
      const { root } = await startTree({ children: [spec] });
      const ref = root.ref(spec);
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, n) => ref.call('put', n === 40 ? { n, fate: 'throw' } : { n })),
      );
      for (const [n, answer] of answers.entries())
        if (n === 40) assert.equal(answer._unsafeUnwrapErr().code, 'runtime/poison');
        else assert.equal(answer._unsafeUnwrap(), n);
      await root.stop();
    });

    test(`(${where}) whose settling throws finds the one message that is to blame`, async () => {
      const spec = storeAt(placement);
      const { root } = await startTree({ children: [spec] });
      const ref = root.ref(spec);
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, n) => ref.call('put', { n: n === 20 ? -1 : n })),
      );
      for (const [n, answer] of answers.entries())
        if (n === 20) assert.equal(answer._unsafeUnwrapErr().code, 'runtime/poison');
        else assert.equal(answer._unsafeUnwrap(), n);
      const { actors } = await root.stats();
      assert.ok((actors[0]?.restarts ?? 0) <= limits.poisonTriesMax + 1);
      await root.stop();
    });
  }
});
