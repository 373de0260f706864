/**
 * No regular expression of the sources takes more than linear time, whatever a peer sends: each one reads texts of
 * 64 KiB that repeat what it is made of and end in something else. Fault P8.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expressionsOf, type Expression } from './house/tokens.js';
import { readSources } from './house/sources.js';
import { ownCpuMs } from './support/usable-time.js';

/** The goal: one pass over the longest text of a peer within 5 ms on a quiet machine. */
const textChars = 64 * 1_024;
/** All expressions are tried with shorter texts first; the square of this length takes more than this time. */
const trialChars = 8 * 1_024;
const trialMsMax = 25;
const tookMsMax = 100;
/** Expressions that are tried with long texts: those that were slowest. */
const longTried = 8;
/** Beginnings of paths whose expressions read names of at most 256 bytes, or the words of this user. */
const shortTexts: readonly string[] = [
  // The nick of a sentence, and the own name.
  'src/dialects/cse310/',
  // The name of a line in a file.
  'src/dialects/cmp2204/files.ts',
  // The line and the words of this user, and texts of this program.
  'src/ui/cli/prompt/editor/',
  'src/ui/cli/prompt/people-commands.ts',
  'src/ui/cli/commands/',
  'src/ui/cli/help/',
  'src/ui/cli/program.ts',
];
const isShort = (path: string): boolean => shortTexts.some((start) => path.startsWith(start));
/** Ends that no repetition takes, so that an expression which can try again does. */
const ends = ['', '\u0001', '!x'];

/** Characters that stand for the classes of expressions: blanks, letters, digits, signs, marks, scripts. */
const common = [
  ' ',
  '\t',
  '\n',
  'a',
  'Z',
  '0',
  '_',
  '-',
  '.',
  ':',
  '#',
  '\u0301',
  '\u200d',
  'é',
  '世',
  '👋',
  '\ud800',
];

/** Returns the units that texts repeat: each sign of the expression, pairs of its neighbours, common characters. */
function unitsOf(source: string): readonly string[] {
  const plain = source
    .replaceAll(/\\u\{([0-9A-Fa-f]+)\}/g, (_all, code: string) =>
      String.fromCodePoint(Number.parseInt(code, 16)),
    )
    .replaceAll(/\\u([0-9A-Fa-f]{4})/g, (_all, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    )
    .replaceAll(/\(\?(?:<?[=!]|:|<\w+>)/g, '')
    .replaceAll(/\\[pP]\{[^}]*\}|\\[bBdDsSwW]|[\\^$*+?()[\]{}|]/g, ' ');
  const signs = [...new Set(Array.from(plain))].slice(0, 40);
  const words = plain.split(/\s+/u).filter((word) => word.length > 1);
  const pairs = signs.flatMap((one) => [`${one} `, `${one}a`, `a${one}`, `${one}0`]);
  return [...new Set([...common, ...signs, ...pairs, ...words.slice(0, 20)])];
}

/** CPU time of the slowest text of `chars` characters, ms: the least of three tries, since a machine may be busy. */
function slowest(
  { source, flags }: Pick<Expression, 'source' | 'flags'>,
  chars: number,
  mostMs: number,
): number {
  const expression = new RegExp(source, flags);
  const pass = (text: string): number => {
    const before = ownCpuMs();
    text.replace(expression, '');
    return ownCpuMs() - before;
  };
  let most = 0;
  for (const unit of unitsOf(source))
    for (const end of ends) {
      const text = unit.repeat(Math.ceil(chars / unit.length)).slice(0, chars) + end;
      const first = pass(text);
      most = Math.max(most, first > mostMs ? Math.min(first, pass(text), pass(text)) : first);
      if (most > mostMs) return most;
    }
  return most;
}

// Fault P8
test('each regular expression reads 64 KiB of its worst case in linear time', (t) => {
  const found = readSources()
    .filter(({ path }) => path.startsWith('src/'))
    .flatMap(({ path, text }) => expressionsOf(text).map((expression) => ({ path, ...expression })));
  assert.ok(found.length > 60, `${found.length} expressions are found`);
  const tried = found
    .filter(({ path }) => !isShort(path))
    .map((each) => ({ ...each, tookMs: slowest(each, trialChars, trialMsMax) }))
    .toSorted((a, b) => b.tookMs - a.tookMs);
  const quick = tried.filter(({ tookMs }) => tookMs <= trialMsMax);
  const long = quick
    .slice(0, longTried)
    .map((each) => ({ ...each, tookMs: slowest(each, textChars, tookMsMax) }));
  const [worst] = long.toSorted((a, b) => b.tookMs - a.tookMs);
  t.diagnostic(
    `${tried.length} of ${found.length} expressions read long texts, the slowest ${worst?.tookMs.toFixed(1)} ms: ${worst?.path}:${worst?.line}`,
  );
  const slow = [
    ...tried.filter(({ tookMs }) => tookMs > trialMsMax),
    ...long.filter(({ tookMs }) => tookMs > tookMsMax),
  ];
  assert.deepEqual(
    slow.map(({ path, line, source, tookMs }) => `${path}:${line} /${source}/ ${tookMs.toFixed(0)} ms`),
    [],
  );
});

test('the measure notices an expression that takes the square of the length', () => {
  assert.ok(slowest({ source: ' +$', flags: 'g' }, trialChars, trialMsMax) > trialMsMax);
});
