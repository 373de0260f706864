/**
 * Runs the tests: every test file below this folder, or those whose path contains one of the arguments, such as
 * `chat/outbox` or `test/chat/outbox.test.ts`. With `--faults`, `--nightly` or `--release` as first argument: the files
 * of that level instead, one by one. Small files share a process. Ends with the processes that cost most, the seed of
 * the run, and one line,
 * `N passed, N failed, N skipped`. Exit code 1 unless all passed, at least one ran, and each argument matched a file.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { pathToFileURL } from 'node:url';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { join, relative, sep } from 'node:path';
import { Readable } from 'node:stream';
import { batchesOf, type Batch } from './support/batches.js';
import { runSeed, seedVariable } from './support/seeds.js';
import { childrenCpuMs } from './support/children-cpu.js';

/**
 * A process that hangs, or that leaves something open and so never ends, is killed and named: when none of its tests
 * has ended for this long. A busy machine stretches a file, but each end of a test is progress. The runner's own
 * `timeout` does not do: from Node 24 on it ends a test but not the file around it.
 */
const silenceMsMax = 300_000;
/** The same for one file of the levels beyond `npm test`, whose tests are long and may run for hours beside others. */
const longSilenceMsMax = 1_800_000;
/** Bound of the processes that run at once. Two more than two cores, since many tests wait for timers. */
const lanesMax = 4;
const costliestShown = 12;

const here = import.meta.dirname;
/** The endings of the files of each level beyond `npm test`. */
const levels = new Map([
  ['--faults', '.fault.js'],
  ['--nightly', '.night.js'],
  ['--release', '.release.js'],
]);
const ending = levels.get(process.argv[2] ?? '');
const isFaults = ending !== undefined;
const wanted = process.argv.slice(isFaults ? 3 : 2);
const all = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith(ending ?? '.test.js'))
  .map((path) => path.replaceAll(sep, '/'))
  .toSorted();
/** As people name it: from the project's folder, with the ending of its source. */
const sourceOf = (path: string): string => `test/${path.replace(/\.js$/u, '.ts')}`;
const matches = (path: string, part: string): boolean =>
  sourceOf(path).includes(part.replaceAll('\\', '/').replace(/^\.\//u, ''));
const unmatched = wanted.filter((part) => !all.some((path) => matches(path, part)));
const files = all.filter((path) => wanted.length === 0 || wanted.some((part) => matches(path, part)));

if (unmatched.length > 0) {
  for (const part of unmatched)
    process.stdout.write(
      `no test file matches "${part}": give a part of a path below test/, such as chat/outbox\n`,
    );
  process.stdout.write('0 passed, 0 failed, 0 skipped\n');
  process.exit(1);
}
// All files of a run draw from one seed.
process.env[seedVariable] = String(runSeed);
// Programs that tests start speak English, whatever the language of the system is.
process.env['PARLANCE_LANG'] = 'en';
const seedLine = `seed: ${runSeed} (the same inputs again: ${seedVariable}=${runSeed} npm test)\n`;
process.stdout.write(seedLine);

/** The report on each file at its end; the sum is counted below. */
const summary = /^ℹ (?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+\n/gmu;

const counts = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
const costs: { readonly name: string; readonly tookMs: number; readonly cpuMs: number }[] = [];

let cpuTakenMs = 0;
const loaders = mkdtempSync(join(tmpdir(), 'parlance-test-run-'));
process.on('exit', () => rmSync(loaders, { recursive: true, force: true }));
const waiting = isFaults ? files.map((file) => ({ name: file, files: [file] })) : batchesOf(files);
const lanes = Array.from(
  { length: isFaults ? 1 : Math.min(lanesMax, availableParallelism() + 2) },
  async () => {
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
      const startedMs = performance.now();
      process.stdout.write(await runBatch(batch));
      costs.push({ name: batch.name, tookMs: performance.now() - startedMs, cpuMs: takeCpuMs() });
    }
    return performance.now();
  },
);
const endsMs = await Promise.all(lanes);

const seconds = (ms: number): string => (ms / 1_000).toFixed(1).padStart(6);
process.stdout.write('\nCPU and wall-clock time of the processes that cost most:\n');
for (const { name, tookMs, cpuMs } of costs
  .toSorted((a, b) => b.cpuMs - a.cpuMs || b.tookMs - a.tookMs)
  .slice(0, costliestShown))
  process.stdout.write(`${seconds(cpuMs)} s ${seconds(tookMs)} s  ${name}\n`);
const cpuMs = costs.reduce((sum, cost) => sum + cost.cpuMs, 0);
process.stdout.write(`cpu: ${(cpuMs / 1_000).toFixed(0)} s in ${files.length} files\n`);
const idleMs = endsMs.reduce((sum, endMs) => sum + Math.max(...endsMs) - endMs, 0);
process.stdout.write(`lanes: ${endsMs.length}, ${(idleMs / 1_000).toFixed(0)} s without work at the end\n`);
for (const failure of failures) process.stdout.write(`failed: ${failure}\n`);
process.stdout.write(seedLine);
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
// A fault test that this machine cannot run does not fail; its reason is printed.
const hasRun = counts.passed > 0 || (isFaults && counts.skipped > 0);
process.exitCode = counts.failed > 0 || !hasRun ? 1 : 0;

/** CPU time, since it was asked for last, of the children that have ended: that of the file that ended just now. */
function takeCpuMs(): number {
  const totalMs = childrenCpuMs();
  const newMs = totalMs - cpuTakenMs;
  cpuTakenMs = totalMs;
  return newMs;
}

/** The module to run: the file itself, or one that imports all files of the batch, which then share a process. */
function moduleOf({ files: [first = '', ...others] }: Batch): string {
  if (others.length === 0) return join(here, first);
  const path = join(loaders, `${first.replaceAll('/', '-')}.mjs`);
  const imports = [first, ...others].map((file) => `import ${JSON.stringify(urlOf(file))};\n`);
  writeFileSync(path, imports.join(''));
  return path;
}

function urlOf(file: string): string {
  return pathToFileURL(join(here, file)).href;
}

/** Returns what is to be printed of it: whole batches one after another, however many run at once. */
async function runBatch(batch: Batch): Promise<string> {
  const deadline = new AbortController();
  let last = '';
  const boundMs = isFaults ? longSilenceMsMax : silenceMsMax;
  const timer = setTimeout(() => {
    const since = last === '' ? '' : ` since "${last}"`;
    deadline.abort(new Error(`${batch.name}: no test of it ended for ${boundMs / 1_000} s${since}`));
  }, boundMs);
  const module = moduleOf(batch);
  const stream = run({ files: [module], signal: deadline.signal });
  stream.on('test:pass', (event) => {
    timer.refresh();
    last = event.name;
    if (event.details.type === 'suite') return;
    if (event.skip !== undefined && event.skip !== false) counts.skipped += 1;
    else counts.passed += 1;
  });
  stream.on('test:fail', (event) => {
    timer.refresh();
    last = event.name;
    if (event.details.type === 'suite') return;
    counts.failed += 1;
    failures.push(`${event.name} (${event.file === undefined ? batch.name : relative(here, event.file)})`);
  });
  const printed: string[] = [];
  for await (const chunk of Readable.from(stream.compose(new spec()))) printed.push(String(chunk));
  clearTimeout(timer);
  return printed.join('').replaceAll(summary, '');
}
