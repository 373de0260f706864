/** Follows the walks of `src/README.md`: every file that a hop names exists, and holds the function that it names. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

const root = join(import.meta.dirname, '..', '..', '..', 'src');
const guide = readFileSync(join(root, 'README.md'), 'utf8');
const walks = guide.slice(guide.indexOf('## Four walks'), guide.indexOf('## Where to put what'));

const hops = [...walks.matchAll(/`([\w/-]+\.ts)`(?: › `(#?\w+)`)?/g)].map(([, file = '', name]) => ({
  file,
  name,
}));

/** A definition: a function, a method, or a property that holds a function. */
const defines = (text: string, name: string): boolean =>
  new RegExp(
    `^\\s*(?:export |async |readonly )*(?:function\\*? |const )?${name}(?:<[^>]*>)?\\s*[(=:]`,
    'm',
  ).test(text);

describe('the walks of src/README.md', () => {
  test('are four, and name their hops', () => {
    assert.equal([...walks.matchAll(/^\*\*\d\. /gm)].length, 4);
    assert.ok(hops.length >= 30, `${hops.length} hops`);
  });
  test('lead through functions that exist', () => {
    const lost = hops.filter(({ file, name }) => {
      const path = join(root, file);
      return !existsSync(path) || (name !== undefined && !defines(readFileSync(path, 'utf8'), name));
    });
    assert.deepEqual(lost, []);
  });
  test('fit into 120 lines with the rest of the page', () => {
    assert.ok(guide.split('\n').length <= 121);
  });
});
