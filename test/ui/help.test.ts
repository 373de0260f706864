/** Help, the man page and completions: one source, complete, and in a form that its readers accept. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { english } from '../../src/ui/text/en/english.js';
import { scripts, shells } from '../../src/ui/cli/help/shells.js';
import { rows } from '../../src/ui/cli/options/settings.js';
import { testMsMax } from '../support/deadline.js';
import { startFakeNode } from '../support/fake-node.js';
import { fakeWorld } from '../support/fake-world.js';
import { attend } from '../../src/ui/api/attended.js';

const { examples } = english.pages;
const options = { timeout: testMsMax };
const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;

async function outputOf(context: TestContext, ...args: string[]): Promise<string> {
  const it = fakeWorld();
  context.after(() => it.remove());
  assert.equal(await it.run(...args), 0, it.stderr.text);
  return it.stdout.text;
}

async function commandNames(context: TestContext): Promise<readonly string[]> {
  const help = await outputOf(context, 'help');
  return [...help.matchAll(/^ {2}([a-z]+) /gm)].map(([, name = '']) => name);
}

test(
  'help of a command shows its own options first, then examples, exits, peer',
  options,
  async (context) => {
    const text = await outputOf(context, 'help', 'send');
    const parts = [
      '--wait',
      '--home',
      'Examples:',
      "parlance send bob 'Lunch",
      'PEER:',
      'Exit codes:',
      'Environment',
    ];
    const places = parts.map((part) => text.indexOf(part));
    assert.ok(
      places.every((place) => place >= 0),
      JSON.stringify(places),
    );
    assert.deepEqual(
      places,
      places.toSorted((one, other) => one - other),
    );
    assert.equal(await outputOf(context, 'send', '--help'), text);
    assert.doesNotMatch(await outputOf(context, 'help', 'schema'), /PEER:/);
  },
);

test('help --all and the man page have every command, variable and exit code', options, async (context) => {
  const names = await commandNames(context);
  assert.ok(names.length > 20);
  const [all, man] = [await outputOf(context, 'help', '--all'), await outputOf(context, 'help', '--man')];
  for (const name of names) {
    assert.ok(all.includes(`Usage: parlance ${name} `), name);
    assert.ok(man.includes(`.It Cm "${name}`), name);
  }
  for (const [, { variable }] of rows)
    for (const page of [all, man]) assert.ok(page.includes(variable), variable);
  for (const page of [all, man]) assert.match(page, /home unusable/);
  assert.equal(all.split('--beacon-interval <seconds>').length, 2, 'common options stand once');
  for (const command of Object.keys(examples))
    assert.ok(command === 'program' || names.includes(command), command);
});

test('the examples of help parse', options, async (context) => {
  for (const [line] of Object.values(examples).flat()) {
    const [, words = ''] = /parlance ([a-z]+(?: [a-z]+)?)/.exec(line) ?? [];
    const [command = ''] = words.split(' ');
    if (command !== '') assert.match(await outputOf(context, 'help', command), /^Usage: parlance/);
  }
});

test('mandoc finds no fault in the man page', options, async (context) => {
  if (!has('mandoc') && spawnSync('mandoc', ['-V']).error !== undefined)
    return context.skip('mandoc is missing: the man page is not checked (apt-get install mandoc)');
  const page = await outputOf(context, 'help', '--man');
  const { stdout, status } = spawnSync('mandoc', ['-Tlint', '-Wwarning'], { input: page, encoding: 'utf8' });
  assert.equal(stdout, '');
  assert.equal(status, 0);
  return undefined;
});

test(
  'completions know commands, options, choices, keys and the peers of the node',
  options,
  async (context) => {
    const node = startFakeNode({ peers: ['bob', 'Xo\u001b[2J', 'carol with blanks'] });
    const it = fakeWorld({ node });
    const served = (await attend(node, it.home, {}))._unsafeUnwrap();
    context.after(async () => {
      await served.close();
      it.remove();
    });
    const candidates = async (...words: string[]): Promise<readonly string[]> => {
      const before = it.stdout.text.length;
      assert.equal(await it.run('complete', '--', ...words), 0);
      const lines = it.stdout.text
        .slice(before)
        .split('\n')
        .filter((line) => line !== '');
      return lines.map((line) => line.split('\t')[0] ?? '');
    };
    assert.deepEqual(await candidates('unb'), ['unblock']);
    assert.deepEqual(await candidates('send', '--wa'), ['--wait']);
    assert.deepEqual(await candidates('send', '--wait', 'd'), ['delivered']);
    assert.deepEqual(await candidates('contact', 'fo'), ['forget']);
    assert.deepEqual(await candidates('contact', 'alias', 'b'), ['bob']);
    for (const home of [['--home', '/no/such/home'], ['--home=/no/such/home']])
      assert.deepEqual(await candidates(...home, 'send', ...home, 'b'), [], 'the typed home counts');
    assert.deepEqual(await candidates('send', '--home', '/no/such/home', '--home', it.home, 'b'), ['bob']);
    assert.deepEqual(await candidates('config', 'set', 'maxC'), ['maxConnections']);
    assert.deepEqual(await candidates('help', 'com'), ['completion']);
    assert.deepEqual(await candidates('--port', '6003', 'send', 'c'), ['carol with blanks']);
    assert.deepEqual(await candidates('send', 'carol,b'), ['carol,bob']);
    assert.ok((await candidates('send', '')).every((word) => !word.includes('\u001b')));
    assert.ok(!(await commandNames(context)).includes('complete'));
  },
);

test('each shell reads its completions, and quotes what a peer calls itself', options, async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'parlance-test-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const shell of shells) {
    assert.equal(await outputOf(context, 'completion', shell), scripts[shell]);
    if (!has(shell)) {
      context.diagnostic(`${shell} is missing: its completions are not read`);
      continue;
    }
    const file = join(folder, shell);
    writeFileSync(file, scripts[shell]);
    const { status, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  }
  if (!has('bash')) return;
  const names = ['bob', '$(touch pwned)', 'two words'].join('\n');
  writeFileSync(join(folder, 'parlance'), `#!/bin/sh\nprintf '%s\\n' '${names.replaceAll('\n', "' '")}'\n`, {
    mode: 0o700,
  });
  const script = `${scripts.bash}\nCOMP_WORDS=(parlance send ''); COMP_CWORD=2; _parlance; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` };
  const { stdout } = spawnSync('bash', ['-c', script], { encoding: 'utf8', env, cwd: folder });
  assert.deepEqual(stdout.trimEnd().split('\n'), ['bob', '\\$\\(touch\\ pwned\\)', 'two\\ words']);
});
