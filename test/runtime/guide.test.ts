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
const programs = [...guide.matchAll(/## (\d\. [^\n]+)\n[^]*?```js\n([^]*?)```\n\n```text\n([^]*?)```/gu)];

describe('the guide of the runtime', () => {
  test('has five programs', () => assert.equal(programs.length, 5));
  for (const [, title = '', code = '', expected = ''] of programs)
    test(`tells the truth in chapter ${title}`, async (t) => {
      const home = mkdtempSync(join(tmpdir(), 'parlance-guide-'));
      t.after(() => rmSync(home, { recursive: true, force: true }));
      // The package is not installed here; neither is what it depends on.
      const program = join(home, 'program.mjs');
      writeFileSync(program, code.replaceAll("'parlance/runtime'", `'${runtime}'`));
      const { stdout } = await promisify(execFile)(process.execPath, [program], { timeout: 60_000 });
      assert.equal(stdout, expected);
    });
});
