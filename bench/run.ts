/**
 * Entry of `npm run bench`: runs every `*.bench.js` beside it, or those whose name contains one of the arguments.
 * A bench prints for itself or returns figures; ratios are taken within one run, medians of at least five rounds.
 * `--json FILE` writes the figures that were returned, with every round, to a file; `--svg FILE` draws those that have a
 * reference.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { Measured } from './measure.js';
import { plot } from './plot.js';

const here = import.meta.dirname;
const { values, positionals: wanted } = parseArgs({
  options: { json: { type: 'string' }, svg: { type: 'string' } },
  allowPositionals: true,
});
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const files = readdirSync(here)
  .filter((name) => name.endsWith('.bench.js'))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
  .toSorted();

const memoryGb = (totalmem() / 2 ** 30).toFixed(1);
const machine = `${cpus()[0]?.model ?? 'unknown'} × ${cpus().length}, ${memoryGb} GB, Node ${process.version}, load ${loadavg()[0]?.toFixed(1) ?? '?'}`;
print(machine);
const found: Record<string, readonly Measured[]> = {};
for (const file of files) {
  const name = file.replace('.bench.js', '');
  print(`\n${name}`);
  const bench = (await import(pathToFileURL(join(here, file)).href)) as {
    run(): Promise<readonly Measured[] | undefined>;
  };
  const figures = (await bench.run()) ?? [];
  found[name] = figures;
  for (const one of figures) print(`  ${row(one)}`);
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ machine, found }, null, 1)}\n`);
if (values.svg !== undefined) writeFileSync(values.svg, plot(machine, Object.values(found).flat()));
if (files.length === 0) {
  print(`no bench is called ${wanted.join(' or ')}`);
  process.exitCode = 1;
}

/** Median, least and most, ratio to the reference, goal. */
function row({ what, value, unit, rounds = [], reference, goal }: Measured): string {
  const spread = rounds.length > 1 ? `[${format(Math.min(...rounds))}–${format(Math.max(...rounds))}]` : '';
  const ratio = reference === undefined ? '' : `${format(value / reference.value)} × ${reference.what}`;
  const cells = [what.padEnd(44), format(value).padStart(14), unit.padEnd(8), spread.padEnd(22), ratio];
  return `${cells.join(' ')}${goal === undefined ? '' : `  goal ${goal}`}`.trimEnd();
}

function format(value: number): string {
  const digits = Math.abs(value) >= 1_000 ? 0 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
