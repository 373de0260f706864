/** The house rules for files: how long they are, what they are called, which calls they may not make. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readSources, root, type Source } from './sources.js';

const linesMax = 400;
const functionLinesMax = 70;

const sources = readSources();

const indentOf = (line: string): number => line.search(/\S|$/);

/** Every function, method and arrow function with a block: where it begins, and its lines. By indent: all is formatted. */
function functionsOf({ path, text }: Source): { readonly at: string; readonly length: number }[] {
  const lines = text.split('\n');
  return lines.flatMap((line, open) => {
    const isHead =
      /(?:=>|\)|\): .*|> ?) \{$/.test(line) &&
      !/^\s*(?:\} )?(?:if|for|while|switch|catch|else|class|export class)\b/.test(line);
    if (!isHead || /^\s*(?:export )?(?:class|interface)\b/.test(line)) return [];
    const indent = indentOf(line);
    // A head over several lines ends in `): Type {`, at the indent of its first one.
    let first = open;
    if (line.trimStart().startsWith(')')) {
      first -= 1;
      while (first > 0 && indentOf(lines[first] ?? '') > indent) first -= 1;
    }
    const close = lines.findIndex((each, at) => at > open && each.startsWith(`${' '.repeat(indent)}}`));
    return [{ at: `${path}:${first + 1}`, length: close - first + 1 }];
  });
}

describe('files', () => {
  test('a worker is one entry around its actors', () => {
    for (const { path, code } of sources.filter((source) => source.path.startsWith('workers/'))) {
      const lines = code.split('\n').filter((line) => line.trim() !== '');
      assert.ok(lines.length <= 18, `${path} is not a thin entry`);
    }
  });
  test(`no function is longer than ${functionLinesMax} lines`, () => {
    const functions = sources.flatMap(functionsOf);
    assert.ok(functions.length > 1_000, 'functions are found');
    assert.ok(functions.every(({ length }) => length > 0));
    const long = functions.filter(({ length }) => length > functionLinesMax);
    assert.deepEqual(long, []);
  });
  test(`none is longer than ${linesMax} lines`, () => {
    const long = sources.filter(({ text }) => text.split('\n').length - 1 > linesMax).map(({ path }) => path);
    assert.deepEqual(long, []);
  });
  test('none exports a default, is a drawer, or is an index besides the two façades', () => {
    for (const { path, text } of sources) {
      assert.doesNotMatch(text, /^export default /m, path);
      assert.doesNotMatch(path, /(^|\/)(utils?|helpers?|common|manager|service)(\.ts|\/)/, path);
      if (path.endsWith('index.ts')) assert.match(path, /^src\/(runtime\/)?index\.ts$/);
    }
  });
  test('each opens with what it is', () => {
    for (const { path, text } of sources.filter((source) => source.path.startsWith('src/'))) {
      assert.match(text, /^(#!.*\n)?\/\*\*/, `${path} has no header`);
    }
  });
  test('the top level stays as it was decided', () => {
    const allowed =
      /^(package(-lock)?\.json|tsconfig\.json|src|workers|test|bench|README\.md|CHANGELOG\.md|LICENSE|SECURITY\.md|node_modules|dist|\..+)$/;
    assert.deepEqual(
      readdirSync(root).filter((name) => !allowed.test(name)),
      [],
    );
    assert.ok(existsSync(join(root, 'package-lock.json')));
  });
});

describe('hazards', () => {
  test('no file exports keys as JWK, omits a tag length, or draws secrets from Math.random', () => {
    for (const { path, code } of sources) {
      assert.doesNotMatch(code, /\.export\(\s*\{\s*format:\s*'jwk'/, path);
      if (!path.startsWith('src/runtime/')) assert.doesNotMatch(code, /Math\.random\(/, path);
      for (const call of code.matchAll(/create(?:De|C)ipheriv\([^;]*?;/g)) {
        if (/des-ede3/.test(call[0])) continue;
        assert.match(call[0], /authTagLength/, `${path}: ${call[0]}`);
      }
    }
  });
});
