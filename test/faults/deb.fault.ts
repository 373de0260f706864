/** The package for Debian: unpacked into an empty root, its program answers, stores and finds its manual. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../house/sources.js';

const canPack = process.platform === 'linux' && spawnSync('dpkg-deb', ['--version']).status === 0;

test(
  'the .deb runs from an empty root',
  { skip: canPack ? false : 'dpkg-deb makes the package, on Linux', timeout: 600_000 },
  (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'parlance-deb-'));
    context.after(() => rmSync(folder, { recursive: true, force: true }));
    const [file = ''] = execFileSync(process.execPath, ['.ci/package.mjs'], {
      cwd: root,
      encoding: 'utf8',
    }).split('\n');
    execFileSync('dpkg-deb', ['-x', file, folder]);
    const control = execFileSync('dpkg-deb', ['-f', file], { encoding: 'utf8' });
    assert.match(control, /^Package: parlance$/m);
    assert.match(control, /^Depends: nodejs \(>= 20\.19\)$/m);
    assert.ok(existsSync(join(folder, 'usr/share/man/man1/parlance.1')));
    assert.equal(lstatSync(join(folder, 'usr/lib/parlance')).mode & 0o777, 0o755);
    const main = join(folder, 'usr/bin/parlance');
    const run = (...args: string[]): string =>
      execFileSync(process.execPath, [main, ...args, '--home', join(folder, 'home')], {
        encoding: 'utf8',
        cwd: folder,
      });
    assert.match(run('id', '--name', 'Debby'), /^name +Debby$/m);
    // The library of the history is loaded from the package.
    assert.equal(run('history', '--json'), '');
    assert.match(run('--version'), /^parlance \d/);
  },
);
