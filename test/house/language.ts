/**
 * The house rules for language that a pattern can see: comments, texts for users, titles of tests and the pages for
 * users are in plain English.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readSources, root } from './sources.js';
import { tokensOf } from './tokens.js';

const titleCharsMax = 90;

/** Rule 1: what opens a comment that needs the line above. */
const opening =
  /^(?:…|also\b|the same\b(?! \w)|this(?=[,.:;]|$| (?:is|was|has|had|can|may|must|does|did|means|makes|keeps|holds|happens|needs|and|or|so|too)\b)|those who\b|and\b|but\b|or\b)/i;
/** Rule 2: `who` and `what` that begin a sentence or follow a preposition, without the noun that they stand for. */
const nounless =
  /(?:^|[.;!] )(?:who(?:m|se)?|what(?! if\b))\b(?![^.]*\?)|\b(?:to|for|from|with|by|at|but|than|of|on|only|if|while|when|since|because|unless|until|except) who\b|\bwho(?:m|so)?ever\b/i;
/** Rule 3: phrases that are German in English words. */
const phrase =
  /\bthat is none\b|\b(?:is|are) no (?!(?:longer|more|less|fewer|better|worse)\b)(?<!\b(?:there|here) (?:is|are) no )|\bso (?:many|long|often)\b(?! as\b)|\banew\b|\btold\b|\bmend(?:s|ed|ing)?\b|\bin the midst of\b|\bat will\b|\bcom(?:es?|ing) to nothing\b|\bcame to nothing\b|\bwhat is no\b|\blegacy\b/i;

const rules = { opening, nounless, phrase };

interface Fault {
  readonly at: string;
  readonly rule: string;
  readonly text: string;
}

/** Names in backticks are code, and the names of events and fields are not prose. */
const proseOf = (text: string): string => text.replaceAll(/`[^`]*`/g, '``');

function faultsOf(at: string, text: string, names: readonly (keyof typeof rules)[]): readonly Fault[] {
  const prose = proseOf(text);
  return names.filter((rule) => rules[rule].test(prose)).map((rule) => ({ at, rule, text }));
}

/** Comments are held to all rules. Literals of several words are read by people: a question may begin with `what`. */
function faultsOfSource(path: string, text: string): readonly Fault[] {
  const faultsOfLiterals = tokensOf(text).flatMap((token) =>
    token.kind === 'literal' && token.text.includes(' ')
      ? faultsOf(`${path}:${token.line}`, token.text, ['phrase'])
      : [],
  );
  return [...faultsOfComments(path, text), ...faultsOfLiterals];
}

function faultsOfComments(path: string, text: string): readonly Fault[] {
  return tokensOf(text)
    .filter(({ kind }) => kind === 'comment')
    .flatMap((token) => faultsOf(`${path}:${token.line}`, token.text, ['opening', 'nounless', 'phrase']));
}

const isFault = (text: string): boolean => faultsOfSource('x', text).length > 0;

/** The first argument of `test`, and that of `describe`. */
const titlesOf = (text: string): readonly string[] =>
  [...text.matchAll(/^\s*(?:test|describe)\(\s*(?:'((?:[^'\\\n]|\\.)*)'|`([^`]*)`)/gm)].map(
    (match) => match[1] ?? match[2] ?? '',
  );

const testFiles = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join('test', name));

describe('language', () => {
  test('comments and texts stand alone and use none of the listed phrases', () => {
    const sources = readSources();
    assert.ok(sources.flatMap(({ text }) => tokensOf(text)).length > 1_000, 'comments are found');
    assert.deepEqual(
      sources.flatMap(({ path, text }) => faultsOfSource(path, text)),
      [],
    );
  });
  test('comments of tests stand alone and use none of the listed phrases', () => {
    const sources = testFiles.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
    assert.ok(sources.flatMap(({ text }) => tokensOf(text)).length > 1_000, 'comments are found');
    assert.deepEqual(
      sources.flatMap(({ path, text }) => faultsOfComments(path, text)),
      [],
    );
  });
  test('the pages keep the rules', () => {
    for (const page of ['README.md', 'SECURITY.md', 'CHANGELOG.md', 'src/README.md', 'src/DECISIONS.md']) {
      const lines = readFileSync(join(root, page), 'utf8').split('\n');
      assert.ok(lines.length > 20, page);
      assert.deepEqual(
        lines.flatMap((line, index) => faultsOf(`${page}:${index + 1}`, line, ['nounless', 'phrase'])),
        [],
      );
    }
  });
  test('each rule finds its offence and passes what is right', () => {
    for (const offence of [
      '// … and its end.',
      '// The same.',
      '/** Also on a change. */',
      '/** This is kept. */',
      '/** Who asks gets it. */',
      '/** Kept for a while. What is missing is asked for. */',
      '/** An answer to who asked. */',
      '/** An option that is none. */',
      '/** Stops after so many. */',
      "const text = 'the peer was told';",
    ])
      assert.ok(isFault(offence), offence);
    for (const right of [
      '/** This node answers. */',
      '/** Asks a peer who knows. */',
      '/** Says what went wrong. */',
      '/** The session is no longer open. */',
      '/** There is no answer. */',
      "const url = 'http://told.example';",
      "const question = 'What is your name?';",
    ])
      assert.ok(!isFault(right), right);
  });
  test(`titles of tests have at most ${titleCharsMax} characters and keep the rules`, () => {
    const titles = testFiles.flatMap((path) =>
      titlesOf(readFileSync(join(root, path), 'utf8')).map((title) => ({ path, title })),
    );
    assert.ok(titles.length > 1_000, 'titles are found');
    assert.deepEqual(
      titles.filter(({ title }) => title.length > titleCharsMax),
      [],
    );
    assert.deepEqual(
      titles.flatMap(({ path, title }) => faultsOf(path, title, ['opening', 'nounless', 'phrase'])),
      [],
    );
  });
});
