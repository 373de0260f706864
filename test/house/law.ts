/** Holds the sources to the import law, and shows that each of its rules bites. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { debts } from './debts.js';
import { offended, rules, type Breach } from './import-law.js';
import { readSources } from './sources.js';

const sources = readSources();
const written = (breaches: readonly Breach[]): readonly string[] =>
  breaches.map(({ file, what }) => `${file} → ${what}`);

describe('import law', () => {
  for (const rule of rules) {
    test(rule.name, () => {
      const found = written(rule.breaches(sources));
      const owed = debts[rule.name] ?? [];
      assert.deepEqual(
        found.filter((breach) => !owed.includes(breach)),
        [],
        'breaches of the law',
      );
      assert.deepEqual(
        owed.filter((breach) => !found.includes(breach)),
        [],
        'debts that are paid: remove them from test/house/debts.ts',
      );
    });
  }

  test('every debt belongs to a rule', () => {
    const names = rules.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    assert.deepEqual(
      Object.keys(debts).filter((name) => !names.includes(name)),
      [],
    );
  });
});

describe('each rule of the import law bites', () => {
  for (const rule of rules) {
    test(rule.name, () => {
      const before = written(rule.breaches(sources));
      const after = written(rule.breaches(offended(sources, rule)));
      assert.ok(
        after.some((breach) => !before.includes(breach)),
        `the offence in ${rule.offence.file} passes`,
      );
    });
  }
});
