/** Every program of the guide prints what the guide says. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';

const guide = readFileSync(join(import.meta.dirname, '../../../src/runtime/README.md'), 'utf8');
const runtime = new URL('../../src/runtime/index.js', import.meta.url).href;
const testkit = new URL('../../src/runtime/testkit.js', import.meta.url).href;
const programs = [...guide.matchAll(/```js\n([^]*?)```\n\n```text\n([^]*?)```/gu)];

describe('the guide of the runtime', () => {
  test('begins with a program of at most ten lines', () => {
    assert.ok(programs.length >= 6);
    assert.ok((programs[0]?.[1] ?? '').trim().split('\n').length <= 10);
  });
  for (const [nth, [, code = '', expected = '']] of programs.entries())
    test(`says what its program ${nth + 1} prints`, async (t) => {
      const home = mkdtempSync(join(tmpdir(), 'parlance-guide-'));
      t.after(() => rmSync(home, { recursive: true, force: true }));
      // The package is not installed here; neither is what it depends on.
      const program = join(home, 'program.mjs');
      writeFileSync(
        program,
        code
          .replaceAll("'parlance-chat/runtime'", `'${runtime}'`)
          .replaceAll("'parlance-chat/runtime/testkit'", `'${testkit}'`),
      );
      const { stdout } = await promisify(execFile)(process.execPath, [program], { timeout: 60_000 });
      assert.equal(stdout, expected);
    });
});
