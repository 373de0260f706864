/** The bundles: what a command loads before it knows its work, and that each thread is one file. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { mainFile } from '../support/program.js';

/** Parts of Node that were loaded when the program ended. */
function loadedBy(...args: readonly string[]): ReadonlySet<string> {
  const code = `
    process.argv.splice(1, 0, ${JSON.stringify(mainFile)});
    process.stdout.write = () => true;
    process.on('exit', () => require('node:fs').writeSync(1, JSON.stringify(process.moduleLoadList)));
    require(${JSON.stringify(mainFile)});`;
  const said = execFileSync(process.execPath, ['-e', code, '--', ...args], { encoding: 'utf8' });
  return new Set((JSON.parse(said) as readonly string[]).map((name) => name.replace(/^NativeModule /u, '')));
}

// commander loads `child_process`, and that loads `dgram`.
test('help loads neither HTTP nor threads', () => {
  const loaded = loadedBy('--help');
  assert.ok(loaded.has('fs'), 'the list is that of Node');
  assert.deepEqual(
    ['http', 'worker_threads'].filter((part) => loaded.has(part)),
    [],
  );
});

test('each thread is one file, whose map names the sources', () => {
  const folder = dirname(mainFile);
  const threads = readdirSync(folder).filter((file) => /^thread-\w+\.cjs$/u.test(file));
  assert.deepEqual(
    threads.toSorted(),
    readdirSync(join(import.meta.dirname, '..', '..', '..', 'workers'))
      .map((file) => `thread-${file.replace(/\.ts$/u, '.cjs')}`)
      .toSorted(),
  );
  for (const file of threads) {
    assert.doesNotMatch(readFileSync(join(folder, file), 'utf8'), /require\(["'`]\.\.?\//u, file);
    const { sources } = JSON.parse(readFileSync(join(folder, `${file}.map`), 'utf8')) as {
      readonly sources: readonly string[];
    };
    const worker = file.replace(/^thread-(\w+)\.cjs$/u, 'workers/$1.ts');
    assert.ok(
      sources.some((source) => source.endsWith(worker)),
      file,
    );
  }
});
