/**
 * Mutation of valid frames guided by coverage: an input that reaches a new block of the readers joins the corpus, and
 * further inputs are made from it. Fault P2. Nightly; longer by hand: PARLANCE_MUTATION_SECONDS=3600. An input that
 * fails is kept in `test/captures/found/`, and every run of the tests plays it (`found.test.ts`). So are, with
 * PARLANCE_KEEP=1, those that reach all that was reached.
 */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { foreignDialects } from '../../src/dialects/sniff.js';
import { root } from '../house/sources.js';
import { readCaptures } from '../support/captures.js';
import { startCoverage } from '../support/coverage.js';
import { kinds } from '../support/malformed.js';
import { readers, type Reader } from '../support/readers.js';
import { dice, runSeed, type Dice } from '../support/seeds.js';
import { ownCpuMs } from '../support/usable-time.js';

const seconds = Number(process.env['PARLANCE_MUTATION_SECONDS'] ?? 300);
const batch = 64;
const corpusMax = 4_096;
const inputMsMax = 250;
const folder = join(root, 'test/captures/found');

const frames = Object.values(foreignDialects).flatMap(({ name }) =>
  readCaptures(name).flatMap(({ steps }) => steps.map(({ bytes }) => bytes)),
);

/** Changes, cuts or joins inputs of the corpus, or makes one of another kind. */
function mutated(corpus: readonly Uint8Array[], draw: Dice): Uint8Array {
  const names = Object.keys(kinds);
  const kind = draw(3) === 0 ? kinds[names[draw(names.length)] ?? ''] : undefined;
  if (kind !== undefined) return kind.make(frames, draw);
  const of = (): Uint8Array => corpus[draw(corpus.length)] ?? new Uint8Array();
  const bytes = Uint8Array.from(of());
  for (let count = draw(4); count > 0; count -= 1) bytes[draw(bytes.length)] = draw(256);
  if (draw(2) === 0) return bytes;
  const other = of();
  const [at, from] = [draw(bytes.length + 1), draw(other.length + 1)];
  return Buffer.concat([bytes.subarray(0, at), other.subarray(from, from + draw(64)), bytes.subarray(at)]);
}

/** Appends an input to what every run of the tests plays. */
function keep(name: string, bytes: Uint8Array): string {
  mkdirSync(folder, { recursive: true });
  const file = `${name.replaceAll(' ', '-')}.hex`;
  appendFileSync(join(folder, file), `${Buffer.from(bytes).toString('hex')}\n`);
  return file;
}

/** Keeps the inputs that each reach a block which none before them reaches. */
function keepCorpus(reader: Reader, corpus: readonly Uint8Array[]): void {
  const coverage = startCoverage(isReader);
  for (const bytes of reader.seeds(frames)) reader.read(bytes);
  coverage.takeNew();
  for (const bytes of corpus) {
    reader.read(bytes);
    if (coverage.takeNew() > 0) keep(reader.name, bytes);
  }
  coverage.stop();
}

const isReader = (url: string): boolean => url.includes('/dist/src/');

function hunt(
  reader: Reader,
  seedMs: number,
): { readonly inputs: number; readonly corpus: number; readonly blocks: number } {
  const draw = dice(runSeed);
  const coverage = startCoverage(isReader);
  const corpus: Uint8Array[] = [...reader.seeds(frames)];
  for (const bytes of corpus) reader.read(bytes);
  coverage.takeNew();
  let inputs = 0;
  const untilMs = performance.now() + seedMs;
  while (performance.now() < untilMs) {
    const made = Array.from({ length: batch }, () => mutated(corpus, draw));
    for (const bytes of made) {
      const startedMs = ownCpuMs();
      try {
        reader.read(bytes);
      } catch (error) {
        throw new Error(`kept as ${keep(reader.name, bytes)}: ${String(error)}`, { cause: error });
      }
      const tookMs = ownCpuMs() - startedMs;
      if (tookMs > inputMsMax) throw new Error(`kept as ${keep(reader.name, bytes)}: ${tookMs} ms`);
      inputs += 1;
    }
    if (coverage.takeNew() === 0) continue;
    // Some input of these did something new: each of them goes on.
    corpus.push(...made.filter(({ length }) => length > 0 && length < corpusMax));
    if (corpus.length > corpusMax) corpus.splice(0, corpus.length - corpusMax);
  }
  coverage.stop();
  if (process.env['PARLANCE_KEEP'] === '1') keepCorpus(reader, corpus);
  return { inputs, corpus: corpus.length, blocks: coverage.size };
}

// Fault P2
for (const reader of readers)
  test(`no mutation of an input makes the reader of ${reader.name} throw or take long`, (context) => {
    const { inputs, corpus, blocks } = hunt(reader, (seconds * 1_000) / readers.length);
    context.diagnostic(`seed ${runSeed}: ${inputs} inputs, a corpus of ${corpus}, ${blocks} blocks`);
    assert.ok(inputs > batch && blocks >= 10, `${inputs} inputs, ${blocks} blocks`);
  });
