/** The house rules that a compiler cannot see: who may import whom, how long a file is, what the folders are called. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, test } from 'node:test';

const root = join(import.meta.dirname, '..', '..');
const linesMax = 400;
const functionLinesMax = 70;

interface Source {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const sources: readonly Source[] = ['src', 'workers'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read(join(folder, name))),
);

function read(path: string): Source {
  const text = readFileSync(join(root, path), 'utf8');
  const found = [...text.matchAll(/(?:from\s+|import\s*\(?\s*)'([^']+)'/g)].map((match) => match[1] ?? '');
  const imports = found.map((name) =>
    name.startsWith('.') ? relative(root, join(root, dirname(path), name)).replace(/\.js$/, '.ts') : name,
  );
  return { path, text, imports };
}

/** Files below `folder` may import ours only where `allowed` matches; what lies at the root of src/ always. */
function onlyImports(folder: RegExp, allowed: RegExp): void {
  for (const { path, imports } of sources.filter((source) => folder.test(source.path))) {
    for (const name of imports.filter((each) => /^(src|workers)\//.test(each))) {
      const isRootFile = /^src\/(errors|exhaustive|ids|system-errors)\.ts$/.test(name);
      assert.ok(isRootFile || allowed.test(name), `${path} must not import ${name}`);
    }
  }
}

/** The module may be imported only by files that match. */
function onlyIn(module: RegExp, allowed: RegExp): void {
  for (const { path, imports } of sources) {
    for (const name of imports.filter((each) => module.test(each))) {
      assert.ok(allowed.test(path), `${path} must not import ${name}`);
    }
  }
}

describe('import law', () => {
  test('the leaves at the root of src/ stand on nothing of ours', () => {
    onlyImports(/^src\/(exhaustive|ids|system-errors)\.ts$/, /^$/);
    onlyImports(/^src\/errors\.ts$/, /^src\/\w+\/errors\.ts$/);
  });
  test('the runtime knows nothing of chat', () => {
    for (const { path, imports } of sources.filter((source) => source.path.startsWith('src/runtime/')))
      assert.deepEqual(
        imports.filter((name) => /^src\/(?!runtime\/)/.test(name)),
        [],
        path,
      );
  });
  test('wire/ stands on wire/ alone', () => onlyImports(/^src\/wire\//, /^src\/wire\//));
  test('a dialect never imports another dialect', () => {
    onlyImports(/^src\/dialects\//, /^src\/(wire|dialects)\//);
    const programs = ['native', 'cmp2204', 'chatbuddy', 'synergy', 'cse310', 'netech'];
    for (const { path, imports } of sources.filter((each) => each.path.startsWith('src/dialects/'))) {
      if (path.endsWith('sniff.ts')) continue;
      const own = programs.find((program) => path.includes(program));
      const others = imports.filter((name) => {
        const program = programs.find((each) => name.startsWith(`src/dialects/${each}`));
        return program !== undefined && program !== own;
      });
      assert.deepEqual(others, [], `${path} imports another dialect`);
    }
  });
  test('session/ stands on wire/, dialects/ and itself', () =>
    onlyImports(/^src\/session\//, /^src\/(wire|dialects|session)\//));
  test('chat/ never imports ui/ or workers/', () =>
    onlyImports(/^src\/chat\//, /^src\/(admission|runtime|wire|chat|dialects|session|actors|node)\//));
  test('actors/ never import ui/ or workers/', () =>
    onlyImports(/^src\/actors\//, /^src\/(admission|runtime|wire|dialects|session|chat|actors|home|node)\//));
  test('ui/ sees the façade, the remote handle and how private files are written, nothing below', () =>
    onlyImports(
      /^src\/ui\//,
      /^src\/(ui\/|index\.ts|runtime\/remote\.ts|home\/|(node\/limits|exhaustive|system-errors)\.ts)/,
    ));
  test('a worker is one entry around its actors', () => {
    onlyImports(/^workers\//, /^src\/(actors|runtime|chat|session|node)\//);
    for (const { path, text } of sources.filter((source) => source.path.startsWith('workers/'))) {
      const code = text.split('\n').filter((line) => line.trim() !== '' && !/^\s*(\/\*|\*|\/\/)/.test(line));
      assert.ok(code.length <= 12, `${path} is not a thin entry`);
    }
  });
  test('no file imports itself by way of others, types aside', () => assert.deepEqual(importCircles(), []));
  test('nobody imports workers/, and only the façade reaches into ui/', () => {
    onlyIn(/^workers\//, /^$/);
    onlyIn(/^src\/ui\//, /^src\/ui\//);
  });
  test('each kind of input and output has its one room', () => {
    onlyIn(/^(node:)?dgram$/, /^src\/actors\/presence\//);
    onlyIn(/^(node:)?net$/, /^src\/(actors\/(tcp|transport|chatbuddy-hub)|home|ui\/api|wire)\//);
    onlyIn(/^libsql$/, /^src\/(actors\/history\/|home\/lock\.ts$)/);
    onlyIn(/^piscina$/, /^src\/runtime\/pool\.ts$/);
    onlyIn(/^comlink/, /^src\/runtime\/remote\.ts$/);
  });
  test('wire, dialects, session and chat touch no input, output, clock or dice', () => {
    for (const { path, text, imports } of sources) {
      if (
        !/^src\/(wire|dialects|session|chat\/(people\/(name|identity|display|book|contact)|presence|delivery\/(outbox|entry|transcript|shown)|events))/.test(
          path,
        )
      )
        continue;
      const touched = imports.filter((name) =>
        /^(node:)?(fs|net|dgram|http|os|worker_threads|child_process)/.test(name),
      );
      // Only reads the form of addresses: nothing of it opens a socket.
      if (path === 'src/wire/address-space.ts') continue;
      assert.deepEqual(touched, [], path);
      const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      const impure =
        /Date\.now\(|performance\.now\(|Math\.random\(|setTimeout\(|setInterval\(|new Date\(\)/.exec(code);
      assert.equal(impure?.[0], undefined, `${path} reads a clock or rolls dice`);
    }
  });
});

/** Of the files that are left when those at either end of all chains of imports are taken away, over and over. */
function importCircles(): readonly string[] {
  const compiled = join(root, 'dist', 'src');
  // What the compiler leaves of an import is what is needed at run time.
  const imports = new Map(
    readdirSync(compiled, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.js'))
      .map((name) => {
        const text = readFileSync(join(compiled, name), 'utf8');
        const found = [...text.matchAll(/\bfrom '(\.[^']+)'/g)].map((match) =>
          join(dirname(name), match[1] ?? ''),
        );
        return [name, new Set(found)];
      }),
  );
  for (let before = -1; before !== imports.size;) {
    before = imports.size;
    const wanted = new Set([...imports.values()].flatMap((names) => [...names]));
    for (const [name, names] of imports) {
      const isEnd = [...names].every((each) => !imports.has(each));
      if (isEnd || !wanted.has(name)) imports.delete(name);
    }
  }
  return [...imports.keys()];
}

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
  test('nobody uses the key export that hangs, a cipher without its tag length, or dice for secrets', () => {
    for (const { path, text } of sources) {
      const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      assert.doesNotMatch(code, /\.export\(\s*\{\s*format:\s*'jwk'/, path);
      if (!path.startsWith('src/runtime/')) assert.doesNotMatch(code, /Math\.random\(/, path);
      for (const call of code.matchAll(/create(?:De|C)ipheriv\([^;]*?;/g)) {
        if (/des-ede3/.test(call[0])) continue;
        assert.match(call[0], /authTagLength/, `${path}: ${call[0]}`);
      }
    }
  });
});
