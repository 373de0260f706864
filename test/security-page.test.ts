/** SECURITY.md claims nothing without a test: each reference leads to a file, and to an id in a comment there. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..', '..');
const reference = /`([a-z0-9/-]+)#([A-Z]\d+)`/gu;

/** Whether a test file has a comment that names this id. */
function isNamed(file: string, id: string): boolean {
  const path = join(root, 'test', `${file}.test.ts`);
  if (!existsSync(path)) return false;
  const comments = readFileSync(path, 'utf8').match(/(?:\/\/|^ ?\*|\/\*\*)[^\n]*/gmu) ?? [];
  return comments.some((comment) => new RegExp(`\\b${id}\\b`, 'u').test(comment));
}

test('every reference in SECURITY.md leads to a test that names the id', () => {
  const text = readFileSync(join(root, 'SECURITY.md'), 'utf8');
  const references = [...text.matchAll(reference)].map(([, file = '', id = '']) => ({ file, id }));
  assert.ok(references.length > 20, `${references.length} references`);
  assert.deepEqual(
    references.filter(({ file, id }) => !isNamed(file, id)),
    [],
  );
  assert.ok(!isNamed('session/attacks', 'Z99') && !isNamed('no/such', 'C3'), 'teeth');
});

test('every protection that SECURITY.md claims has a reference', () => {
  const text = readFileSync(join(root, 'SECURITY.md'), 'utf8');
  const claims = text.split('## What Parlance protects')[1]?.split('## Threat model')[0]?.split('\n- ') ?? [];
  assert.ok(claims.length > 8);
  for (const claim of claims.slice(1)) assert.match(claim, /`[a-z0-9/-]+#[A-Z]\d+`/u, claim.slice(0, 60));
});
