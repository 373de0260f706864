/**
 * Runs the tests: every `*.test.js` below this folder, or those whose path contains one of the arguments. Ends with
 * the slowest files and one line, `N passed, N failed, N skipped`, and exit code 1 unless all passed and at least
 * one ran.
 */
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';

/**
 * A file that hangs, or that leaves something open and so never ends, is killed and named. The runner's own `timeout`
 * does not do: from Node 24 on it ends a test but not the file around it. The slowest file takes a quarter of this.
 */
const fileDeadlineMs = 180_000;
const lanesMax = 2;
const slowestShown = 8;

const here = import.meta.dirname;
const wanted = process.argv.slice(2);
const files = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.js'))
  .filter((path) => wanted.length === 0 || wanted.some((part) => path.includes(part)))
  .map((path) => join(here, path))
  .toSorted();

/** What the reporter says of each file at its end; the whole is counted below. */
const summary = /^ℹ (?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+\n/gmu;

const counts = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
const durations: { readonly file: string; readonly tookMs: number }[] = [];

const waiting = [...files];
const lanes = Array.from({ length: Math.min(lanesMax, availableParallelism()) }, async () => {
  for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
    const startedMs = performance.now();
    process.stdout.write(await runFile(file));
    durations.push({ file, tookMs: performance.now() - startedMs });
  }
});
await Promise.all(lanes);

process.stdout.write('\nslowest files:\n');
for (const { file, tookMs } of durations.toSorted((a, b) => b.tookMs - a.tookMs).slice(0, slowestShown))
  process.stdout.write(`${(tookMs / 1_000).toFixed(1).padStart(6)} s  ${relative(here, file)}\n`);
for (const failure of failures) process.stdout.write(`failed: ${failure}\n`);
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;

/** Returns what is to be printed of it: whole files one after another, however many run at once. */
async function runFile(file: string): Promise<string> {
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    deadline.abort(new Error(`${relative(here, file)} did not end within ${fileDeadlineMs / 1_000} s`));
  }, fileDeadlineMs);
  const stream = run({ files: [file], signal: deadline.signal });
  stream.on('test:pass', (event) => {
    if (event.details.type === 'suite') return;
    if (event.skip !== undefined && event.skip !== false) counts.skipped += 1;
    else counts.passed += 1;
  });
  stream.on('test:fail', (event) => {
    if (event.details.type === 'suite') return;
    counts.failed += 1;
    failures.push(`${event.name} (${relative(here, event.file ?? file)})`);
  });
  const printed: string[] = [];
  for await (const chunk of Readable.from(stream.compose(new spec()))) printed.push(String(chunk));
  clearTimeout(timer);
  return printed.join('').replaceAll(summary, '');
}
