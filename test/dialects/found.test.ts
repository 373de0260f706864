/** Inputs that a mutator found once (`mutation.night.ts`) are read by every reader. Fault P2. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../house/sources.js';
import { readers } from '../support/readers.js';

const folder = join(root, 'test/captures/found');

test('every reader reads what a mutator found once', () => {
  const inputs = readdirSync(folder).flatMap((file) =>
    readFileSync(join(folder, file), 'utf8')
      .trim()
      .split('\n')
      .map((line) => ({ file, line, bytes: Buffer.from(line, 'hex') })),
  );
  assert.ok(inputs.length > 0, 'inputs are found');
  for (const { file, line, bytes } of inputs)
    for (const reader of readers)
      assert.doesNotThrow(() => reader.read(bytes), `${reader.name}: ${file}: ${line}`);
});
