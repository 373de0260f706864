/** The clipboard: stand-in programs on the PATH take the place of those of the desktop. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { readersFor, writersFor } from '../../src/ui/cli/clipboard/programs.js';
import { readClipboard, writeClipboard } from '../../src/ui/cli/clipboard/clipboard.js';
import { fakeWorld } from '../support/fake-world.js';

const names = (programs: ReturnType<typeof readersFor>): readonly string[] =>
  programs.map(({ file }) => file);

test('each platform has its own programs, and a display says which come first', () => {
  assert.deepEqual(names(readersFor('darwin', {})), ['pbpaste']);
  assert.deepEqual(names(readersFor('win32', {})), ['powershell.exe']);
  assert.deepEqual(names(readersFor('linux', { WAYLAND_DISPLAY: 'w' })), ['wl-paste', 'xclip', 'xsel']);
  assert.deepEqual(names(writersFor('linux', { DISPLAY: ':0' })), ['xclip', 'xsel', 'wl-copy']);
  assert.deepEqual(names(writersFor('linux', { WSL_DISTRO_NAME: 'x' })).at(-1), 'powershell.exe');
});

const isLinux = process.platform === 'linux';

/** A world whose PATH has these programs alone. */
function desk(context: TestContext, programs: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'parlance-test-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, script] of Object.entries(programs))
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const env = { PATH: folder, WAYLAND_DISPLAY: 'w', FOLDER: folder };
  const it = fakeWorld({ env });
  context.after(() => it.remove());
  return { folder, it, world: { ...it.world, env: { ...it.world.env, ...env } } };
}

test('the text comes from the first program that works', { skip: !isLinux }, async (context) => {
  const { world } = desk(context, { 'wl-paste': 'exit 1', xclip: "printf 'two\\nlines é\\n'" });
  assert.equal((await readClipboard(world))._unsafeUnwrap(), 'two\nlines é');
});

test(
  'bytes that are not text, and a desktop without a program, are errors',
  { skip: !isLinux },
  async (context) => {
    const binary = desk(context, { 'wl-paste': "printf '\\377\\376'" });
    assert.match((await readClipboard(binary.world))._unsafeUnwrapErr().reason, /not text in UTF-8/);
    const empty = desk(context, { 'wl-paste': 'exit 0' });
    assert.match((await readClipboard(empty.world))._unsafeUnwrapErr().reason, /holds no text/);
    const none = desk(context, {});
    assert.match((await readClipboard(none.world))._unsafeUnwrapErr().reason, /wl-paste: not installed/);
    assert.equal(await none.it.run('send', 'bob', '--clip'), 1);
    assert.match(none.it.stderr.text, /cannot read the clipboard: .*; install wl-clipboard/);
  },
);

test('--clip stands alone', async (context) => {
  const { it } = desk(context, {});
  assert.equal(await it.run('send', 'bob', 'text', '--clip'), 2);
});

test(
  'a text goes to the program by its input, never by its arguments',
  { skip: !isLinux },
  async (context) => {
    const { folder, world } = desk(context, {
      'wl-copy':
        'echo "$@" > "$FOLDER/args"; while IFS= read -r line; do echo "$line"; done > "$FOLDER/text"',
    });
    assert.equal((await writeClipboard(world, 'secret; $(words)\n'))._unsafeUnwrap(), 'program');
    assert.equal(readFileSync(join(folder, 'text'), 'utf8'), 'secret; $(words)\n');
    assert.equal(readFileSync(join(folder, 'args'), 'utf8'), '--type text/plain\n');
  },
);

test('without a program the terminal is asked, and a pipe is not', { skip: !isLinux }, async (context) => {
  const { it, world, folder } = desk(context, {});
  assert.ok((await writeClipboard(world, 'text')).isErr());
  const stdout = Object.assign(it.world.stdout, { isTTY: true });
  assert.equal((await writeClipboard({ env: world.env, stdout }, 'te\u001B]xt'))._unsafeUnwrap(), 'terminal');
  assert.equal(it.stdout.text, `\u001B]52;c;${Buffer.from('te\u001B]xt').toString('base64')}\u0007`);
  assert.ok(!existsSync(join(folder, 'text')));
});
