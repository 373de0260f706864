/** The list of features and their tests in `README.md` of this folder. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..', '..', '..');

test('each feature of the five programs names a test by its title, and the test exists', () => {
  const lines = readFileSync(join(root, 'test', 'dialects', 'README.md'), 'utf8').split('\n');
  const programs = lines.filter((line) => line.startsWith('## ')).map((line) => line.slice(3));
  assert.deepEqual(programs, ['cmp2204', 'chatbuddy', 'synergy', 'cse310', 'netech']);
  const features = lines.filter((line) => line.startsWith('- '));
  assert.ok(features.length >= 20, `${features.length} features`);
  for (const feature of features) {
    const named = [...feature.matchAll(/`([\w/-]+\.test\.ts)` "([^"]+)"/g)];
    assert.ok(named.length > 0, feature);
    for (const [, path = '', words = ''] of named) {
      const titles = readFileSync(join(root, 'test', path), 'utf8').matchAll(/test\(\s*['`](.*)['`],/g);
      assert.ok(
        [...titles].some(([, title = '']) => title.includes(words)),
        `${path}: ${words}`,
      );
    }
  }
});
