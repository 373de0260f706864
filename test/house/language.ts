/**
 * The house rules for language that a pattern can see: comments, texts for users and titles of tests in plain English.
 * A room is added to `rooms` once its language is clean.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readSources, root } from './sources.js';

/** Rooms whose comments and texts are checked. */
const rooms = /^src\/(ui\/|chat\/(events|contract|fields)\.ts)/;
/** Folders whose titles of tests are checked. */
const testFolders = ['ui'];
const titleCharsMax = 90;

/** Phrases that are German in English words, or whose subject is missing. */
const phrases =
  /\bthat is none\b|(?<!\bthere )\bis no (?!longer\b)|\bso (?:many|long|often) (?!as\b)|\banew\b|\btold\b|\bmends?\b|\bin the midst of\b|\bat will\b|\bcomes? to nothing\b|\bwhat is no\b|\bwho(?:m|so)?ever\b|\blegacy\b/i;
/** Openings that need the line above. */
const openings = /^(?:…|also\b|the same\b|this(?: is\b|,|$)|who\b|whom\b|whoever\b|what\b)/i;

interface Comment {
  readonly at: string;
  readonly text: string;
}

/** Block comments as one text each, and line comments. */
function commentsOf(path: string, text: string): readonly Comment[] {
  return [...text.matchAll(/\/\*\*?([\s\S]*?)\*\/|(?<![:'"`\\])\/\/ (.*)$/gm)].map((match) => ({
    at: `${path}:${text.slice(0, match.index).split('\n').length}`,
    text: (match[1] ?? match[2] ?? '').replaceAll(/\n\s*\* ?/g, ' ').trim(),
  }));
}

/** Literals with several words, which people read. */
function textsOf(path: string, code: string): readonly Comment[] {
  return [...code.matchAll(/'((?:[^'\\\n]|\\.)*)'|`([^`]*)`/g)]
    .map((match) => ({
      at: `${path}:${code.slice(0, match.index).split('\n').length}`,
      text: match[1] ?? match[2] ?? '',
    }))
    .filter(({ text }) => text.includes(' '));
}

const sources = readSources().filter(({ path }) => rooms.test(path));

describe('language', () => {
  test('comments and texts use none of the listed phrases', () => {
    const found = sources
      .flatMap(({ path, text, code }) => [...commentsOf(path, text), ...textsOf(path, code)])
      .filter(({ text }) => phrases.test(text));
    assert.deepEqual(found, []);
  });
  test('a comment stands alone', () => {
    const comments = sources.flatMap(({ path, text }) => commentsOf(path, text));
    assert.ok(comments.length > 300, 'comments are found');
    assert.deepEqual(
      comments.filter(({ text }) => openings.test(text)),
      [],
    );
  });
  test(`titles of tests have at most ${titleCharsMax} characters and none of the phrases`, () => {
    const titles = testFolders.flatMap((folder) =>
      readdirSync(join(root, 'test', folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.test.ts'))
        .flatMap((name) => {
          const text = readFileSync(join(root, 'test', folder, name), 'utf8');
          return [...text.matchAll(/^test\(\s*'((?:[^'\\]|\\.)*)'/gm)].map((match) => match[1] ?? '');
        }),
    );
    assert.ok(titles.length > 100, 'titles are found');
    assert.deepEqual(
      titles.filter((title) => title.length > titleCharsMax || phrases.test(title) || openings.test(title)),
      [],
    );
  });
});
