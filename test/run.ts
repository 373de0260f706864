/**
 * Runs the tests: every `*.test.js` below this folder, or those whose path contains one of the arguments. Ends with
 * one line, `N passed, N failed, N skipped`, and exit code 1 unless all passed and at least one ran.
 */
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { join } from 'node:path';

const here = import.meta.dirname;
const wanted = process.argv.slice(2);
const files = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.js'))
  .filter((path) => wanted.length === 0 || wanted.some((part) => path.includes(part)))
  .map((path) => join(here, path))
  .toSorted();

const fileTimeoutMs = 280_000;
const counts = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
const stream = run({ files, concurrency: Math.min(2, availableParallelism()), timeout: fileTimeoutMs });
stream.on('test:pass', (event) => {
  if (event.details.type === 'suite') return;
  if (event.skip !== undefined && event.skip !== false) counts.skipped += 1;
  else counts.passed += 1;
});
stream.on('test:fail', (event) => {
  if (event.details.type === 'suite') return;
  counts.failed += 1;
  failures.push(`${event.name} (${event.file ?? ''})`);
});
stream.on('end', () => {
  process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
  // The counting line comes last, after what the reporter has still to print.
  setImmediate(() => {
    for (const failure of failures) process.stdout.write(`failed: ${failure}\n`);
    process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
  });
});
stream.compose(new spec()).pipe(process.stdout);
