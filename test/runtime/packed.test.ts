/**
 * The runtime without Parlance: a copy of `src/runtime` builds with three dependencies, passes tests of its own and packs;
 * a project outside that installs the package compiles and runs the examples.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { testMsMax } from '../support/deadline.js';

const project = join(import.meta.dirname, '../../..');
const base = mkdtempSync(join(tmpdir(), 'parlance-runtime-'));
const copy = join(base, 'copy');
const outside = join(base, 'outside');
/** All that the runtime needs. */
const dependencies = ['neverthrow', 'comlink', 'piscina'];
/** The types of Node for the compiler. */
const types = ['@types', 'undici-types'];
/** Further packages of the tests. */
const ofTests = ['fast-check', 'pure-rand'];
/** For each room of the runtime one that costs little CPU. */
const ownTests = ['context', 'handle', 'receiver', 'stream', 'testkit', 'wire'];
/** Example with its argument → the lines that it prints. */
const examples: Readonly<Record<string, RegExp>> = {
  hello: /^Hello, world, from a thread\n$/u,
  pipeline: /^1000 messages, [1-9]\d* deaths: 0 lost, 0 dead letters\n$/u,
  'crowd 1000': /^1000 actors, sum 499500\n$/u,
  'prime-router': /^4 25 168 1229\nruntime\/aborted\n15 15\n$/u,
  news: /^4 threads\n(?:one two three\n){4}$/u,
  race: /^seed \d+, run \d+: a payment is lost: the balance is 1\n.*explore.*\nthe seed brings it again\n$/u,
};

const compilerOptions = {
  target: 'es2023',
  lib: ['es2023', 'es2024.sharedmemory'],
  module: 'nodenext',
  types: ['node'],
  rootDir: '.',
  outDir: 'dist',
  declaration: true,
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
};

function makeProject(
  folder: string,
  manifest: object,
  { include = ['.'], ...compiler }: { readonly include?: readonly string[]; readonly skipLibCheck?: true },
  installed: readonly string[],
): void {
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  for (const name of installed)
    symlinkSync(join(project, 'node_modules', name), join(folder, 'node_modules', name));
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ version: '1.0.0', type: 'module', ...manifest }),
  );
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ include, compilerOptions: { ...compilerOptions, ...compiler } }),
  );
}

const run = (folder: string, args: readonly string[]): string =>
  execFileSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: testMsMax,
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

const compile = (folder: string): string => run(folder, [join(project, 'node_modules/typescript/bin/tsc')]);

describe('the runtime by itself', { timeout: 2 * testMsMax }, () => {
  after(() => rmSync(base, { recursive: true, force: true }));

  test('builds in a copy with three dependencies and passes tests of its own', () => {
    const files = {
      exports: { '.': './dist/src/runtime/index.js', './testkit': './dist/src/runtime/testkit.js' },
    };
    const manifest = { name: 'runtime', files: ['dist/src'], ...files };
    const include = [
      'src',
      ...ownTests.map((name) => `test/runtime/${name}.test.ts`),
      'test/runtime/jobs.ts',
    ];
    makeProject(copy, manifest, { skipLibCheck: true, include }, [...dependencies, ...types, ...ofTests]);
    for (const folder of ['src/runtime', 'test/runtime'])
      cpSync(join(project, folder), join(copy, folder), { recursive: true });
    mkdirSync(join(copy, 'test/support'));
    for (const name of ['busy-machine', 'deadline', 'programs', 'seeds', 'standstill', 'usable-time'])
      cpSync(join(project, `test/support/${name}.ts`), join(copy, `test/support/${name}.ts`));
    cpSync(join(project, 'test/seeds.txt'), join(copy, 'test/seeds.txt'));
    compile(copy);
    // In one process: a start costs more than most of them.
    const tests = ownTests.map((name) => `import './dist/test/runtime/${name}.test.js';\n`);
    writeFileSync(join(copy, 'tests.mjs'), tests.join(''));
    const said = run(copy, ['--test-reporter=tap', 'tests.mjs']);
    assert.match(said, /^# fail 0$/mu);
    assert.ok(Number(/^# pass (\d+)$/mu.exec(said)?.[1]) >= ownTests.length);
  });

  test('packs, and a strict project outside compiles against the package', () => {
    const pack = ['pack', '--ignore-scripts', '--offline', '--json', '--pack-destination', base];
    const packed = execFileSync('npm', pack, {
      cwd: copy,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [{ filename }] = JSON.parse(packed) as [{ readonly filename: string }];
    makeProject(outside, { name: 'outside' }, {}, [...dependencies, ...types]);
    const installed = join(outside, 'node_modules/runtime');
    mkdirSync(installed);
    execFileSync('tar', ['-xzf', join(base, filename), '-C', installed, '--strip-components', '1']);
    assert.ok(
      readdirSync(installed, { recursive: true, encoding: 'utf8' }).every(
        (name) => !name.endsWith('.test.js'),
      ),
    );
    for (const [name = ''] of Object.keys(examples).map((one) => one.split(' '))) {
      const source = readFileSync(join(project, `test/examples/runtime/${name}.ts`), 'utf8');
      const program = source
        .replaceAll("'../../../src/runtime/index.js'", "'runtime'")
        .replaceAll("'../../../src/runtime/testkit.js'", "'runtime/testkit'");
      assert.doesNotMatch(program, /from '\.\./u);
      writeFileSync(join(outside, `${name}.ts`), program);
    }
    compile(outside);
  });

  for (const [name, expected] of Object.entries(examples))
    test(`runs the example ${name} outside`, () => {
      const [program, ...args] = name.split(' ');
      assert.match(run(outside, [`dist/${program}.js`, ...args]), expected);
    });
});
