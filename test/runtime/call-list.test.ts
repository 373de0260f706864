/** The list of unanswered calls does what a map does, whatever the order of the answers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CallList } from '../../src/runtime/link/call-list.js';
import { holds } from '../support/seeds.js';

test('a list of calls finds, takes and lists what a map of the same calls does', (t) => {
  const step = fc.oneof(
    fc.record({ type: fc.constant('add' as const), gap: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ type: fc.constant('take' as const), at: fc.nat(400) }),
    fc.record({ type: fc.constant('oldest' as const), at: fc.constant(0) }),
  );
  holds(
    t,
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const list = new CallList<{ readonly seq: number }>();
      const model = new Map<number, { readonly seq: number }>();
      let seq = 0;
      for (const one of steps) {
        if (one.type === 'add') {
          seq += one.gap;
          const entry = { seq };
          list.add(entry);
          model.set(seq, entry);
          continue;
        }
        const wanted = one.type === 'oldest' ? ([...model.keys()][0] ?? 0) : one.at;
        assert.equal(list.get(wanted), model.get(wanted) ?? null);
        assert.equal(list.take(wanted), model.get(wanted) ?? null);
        model.delete(wanted);
        assert.equal(list.size, model.size);
      }
      assert.deepEqual(list.all(), [...model.values()]);
    }),
  );
});
