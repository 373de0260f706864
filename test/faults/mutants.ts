/**
 * Mutants of compiled modules: each has one operator, number or word changed, and the tests of its module must fail.
 *
 *   node dist/test/faults/mutants.js [PART] [COUNT] [SEED]
 *
 * Prints each mutant that survives, and the share that was killed. Fault Z2.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../house/sources.js';
import { dice, runSeed } from '../support/seeds.js';

/** A module, and the test files that must notice its mutants; below `dist/`. */
interface Subject {
  readonly module: string;
  readonly tests: readonly string[];
}

export const subjects: readonly Subject[] = [
  {
    module: 'src/chat/delivery/outbox.js',
    tests: ['chat/outbox', 'chat/outbox-model', 'chat/core/delivery'],
  },
  {
    module: 'src/chat/delivery/incoming.js',
    tests: ['chat/core/receiving', 'chat/core/delivery', 'foreign/once', 'foreign/order'],
  },
  {
    module: 'src/admission/admission.js',
    tests: ['actors/admission', 'actors/admission-turns', 'actors/handshake-window'],
  },
  { module: 'src/chat/people/name.js', tests: ['chat/name', 'chat/display'] },
  { module: 'src/runtime/tree/branch.js', tests: ['runtime/supervision', 'runtime/crash'] },
];

/** A change of the text of a module. */
interface Mutant {
  readonly at: number;
  readonly from: string;
  readonly to: string;
}

/** Operators and words, each with what it becomes. */
const changes: readonly (readonly [RegExp, string])[] = [
  [/ === /g, ' !== '],
  [/ !== /g, ' === '],
  [/ <= /g, ' < '],
  [/ >= /g, ' > '],
  [/ < /g, ' >= '],
  [/ > /g, ' <= '],
  [/ && /g, ' || '],
  [/ \|\| /g, ' && '],
  [/ \+ /g, ' - '],
  [/ - /g, ' + '],
  [/\btrue\b/g, 'false'],
  [/\bfalse\b/g, 'true'],
  [/\breturn;/g, ''],
  [/\bif \(/g, 'if (!'],
  [/\bMath\.max\b/g, 'Math.min'],
  [/\bMath\.min\b/g, 'Math.max'],
];

/** All mutants of a text. Comments and imports have none. */
export function mutantsOf(text: string): readonly Mutant[] {
  const skipped = [...text.matchAll(/\/\*[\s\S]*?\*\/|\/\/.*|^import .*|'[^'\n]*'|`[^`]*`/gm)].map(
    (match) => [match.index, match.index + match[0].length] as const,
  );
  const isCode = (at: number): boolean => !skipped.some(([start, end]) => at >= start && at < end);
  return changes.flatMap(([pattern, to]) =>
    [...text.matchAll(pattern)]
      .filter(({ index }) => isCode(index))
      .map((match) => ({ at: match.index, from: match[0], to })),
  );
}

const deadlineMs = 120_000;

/** The copy of the project that is mutated, without its sources. */
function copied(): string {
  const copy = mkdtempSync(join(tmpdir(), 'parlance-mutants-'));
  cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true });
  for (const name of ['node_modules', 'package.json', 'test', 'src'])
    symlinkSync(join(root, name), join(copy, name));
  return copy;
}

const fails = (copy: string, tests: readonly string[]): boolean =>
  tests.some((name) => {
    const file = join(copy, 'dist/test', `${name}.test.js`);
    const { status } = spawnSync(process.execPath, [file], {
      cwd: copy,
      timeout: deadlineMs,
      stdio: 'ignore',
    });
    return status !== 0;
  });

export interface Score {
  readonly killed: number;
  readonly played: number;
  /** Line and change of each mutant that no test noticed. */
  readonly survivors: readonly string[];
}

/** Plays `count` mutants of a module, drawn from `seed`. */
export function scoreOf({ module, tests }: Subject, count: number, seed: number): Score {
  const copy = copied();
  try {
    const path = join(copy, 'dist', module);
    const text = readFileSync(path, 'utf8');
    if (fails(copy, tests)) throw new Error(`the tests of ${module} fail without a mutant`);
    const draw = dice(seed);
    const left = [...mutantsOf(text)];
    const survivors: string[] = [];
    let played = 0;
    for (; played < count && left.length > 0; played += 1) {
      const [mutant] = left.splice(draw(left.length), 1);
      if (mutant === undefined) break;
      const { at, from, to } = mutant;
      writeFileSync(path, text.slice(0, at) + to + text.slice(at + from.length));
      const line = text.slice(0, at).split('\n').length;
      if (!fails(copy, tests)) survivors.push(`${module}:${line} "${from.trim()}" to "${to.trim()}"`);
    }
    return { killed: played - survivors.length, played, survivors };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function main([part = '', count = '20', seed = String(runSeed)]: readonly string[]): void {
  for (const subject of subjects.filter(({ module }) => module.includes(part))) {
    const { killed, played, survivors } = scoreOf(subject, Number(count), Number(seed));
    process.stdout.write(`seed ${seed}, ${subject.module}: ${killed} of ${played} killed\n`);
    for (const survivor of survivors) process.stdout.write(`  survives: ${survivor}\n`);
  }
}

if (process.argv[1] === import.meta.filename) main(process.argv.slice(2));
