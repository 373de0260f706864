/** Two packs of one commit, each built in a folder of its own, are equal byte by byte. Fault Q3. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { root } from '../house/sources.js';

const isRepository = spawnSync('git', ['rev-parse'], { cwd: root }).status === 0;

function pack(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'parlance-pack-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const listed = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' });
  for (const file of listed.split('\0').filter((name) => name !== '')) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    cpSync(join(root, file), join(folder, file), { preserveTimestamps: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  execFileSync(process.execPath, ['.ci/prepare.mjs', '--clean'], { cwd: folder });
  const args = ['pack', '--ignore-scripts', '--offline', '--json'];
  const packed = execFileSync('npm', args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ filename }] = JSON.parse(packed) as [{ readonly filename: string }];
  return createHash('sha256')
    .update(readFileSync(join(folder, filename)))
    .digest('hex');
}

// Fault Q3
test(
  'two packs of one commit are equal byte by byte',
  { skip: isRepository ? false : 'only a repository tells which files belong to it' },
  (context) => {
    const [first, second] = [pack(context), pack(context)];
    context.diagnostic(`Q3: ${first}`);
    assert.equal(first, second);
  },
);
