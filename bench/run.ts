/**
 * Entry of `npm run bench`: runs every `*.bench.js` beside it, or those whose name contains one of the arguments.
 * A bench prints for itself or returns figures; ratios are taken within one run, medians of at least five rounds.
 */
import { readdirSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Measured } from './measure.js';

const here = import.meta.dirname;
const wanted = process.argv.slice(2);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const files = readdirSync(here)
  .filter((name) => name.endsWith('.bench.js'))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
  .toSorted();

const memoryGb = (totalmem() / 2 ** 30).toFixed(1);
print(`${cpus()[0]?.model ?? 'unknown'} × ${cpus().length}, ${memoryGb} GB, Node ${process.version}`);
for (const file of files) {
  print(`\n${file.replace('.bench.js', '')}`);
  const bench = (await import(pathToFileURL(join(here, file)).href)) as {
    run(): Promise<readonly Measured[] | undefined>;
  };
  for (const { what, value, unit } of (await bench.run()) ?? [])
    print(`  ${what.padEnd(44)} ${format(value).padStart(14)} ${unit}`);
}
if (files.length === 0) {
  print(`no bench is called ${wanted.join(' or ')}`);
  process.exitCode = 1;
}

function format(value: number): string {
  const digits = Math.abs(value) >= 1_000 ? 0 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
