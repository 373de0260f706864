/** The message that `copy` takes, and the clipboard at the prompt. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { okAsync } from 'neverthrow';
import type { MessageEvent } from '../../src/index.js';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageNamed } from '../../src/ui/cli/clipboard/copy.js';
import { testMsMax } from '../support/deadline.js';
import { messageEvent } from '../support/message-event.js';
import { bottom, has, sit } from '../support/sitting.js';

const message = (id: string, more: Partial<MessageEvent> = {}): MessageEvent => messageEvent({ id, ...more });

/** A history of these messages. */
const storeOf = (stored: readonly MessageEvent[]) => ({
  history: ({ limit = 0, beforeSeq = Infinity } = {}) =>
    okAsync(stored.filter(({ seq }) => seq < beforeSeq).slice(-limit)),
});

test('a place counts messages that are not deleted', async () => {
  const stored = [
    message('m1', { seq: 1 }),
    message('m2', { seq: 2 }),
    message('m3', { seq: 3, text: '', deleted: true }),
  ];
  const node = storeOf(stored);
  const named = async (word: string) => {
    const found = await messageNamed(node, { word, peer: null });
    return 'id' in found ? found.id : found.code;
  };
  assert.deepEqual([await named('@1'), await named('@2')], ['m2', 'm1']);
  assert.deepEqual(await messageNamed(node, { word: '@3', peer: null }), {
    code: 'message/unknown',
    id: '@3',
  });
});

test('a message is found by its id, and by its place, far behind the newest page', async () => {
  const stored = Array.from({ length: 1_300 }, (_, at) => message(`id-${at}-x`, { seq: at + 1 }));
  const node = storeOf(stored);
  const found = async (word: string) => messageNamed(node, { word, peer: null });
  const seqs = await Promise.all(['id-7-x', '^1300', '@501', '@500'].map((word) => found(word)));
  assert.deepEqual(
    seqs.map((each) => 'seq' in each && each.seq),
    [8, 1, 800, 801],
  );
  assert.deepEqual(await found('@1301'), { code: 'message/unknown', id: '@1301' });
  assert.deepEqual(await found('-x-x'), { code: 'message/unknown', id: '-x-x' });
});

test(
  '/copy and /paste move texts between the conversation and the clipboard',
  { skip: process.platform !== 'linux' && 'the stand-ins are shell scripts', timeout: testMsMax },
  async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'parlance-test-'));
    context.after(() => rmSync(folder, { recursive: true, force: true }));
    const program = (name: string, script: string): void =>
      writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    program(
      'xclip',
      `case "$*" in *-in) exec /bin/cat > ${folder}/text;; *) exec /bin/cat ${folder}/text;; esac`,
    );
    const { node, type, shows } = sit(context, {}, null, undefined, { PATH: folder });
    type('/copy\r');
    await shows((screen) => has(screen, 'no conversation is open'));
    type('/chat bob\r');
    await shows((screen) => bottom(screen) === 'bob unverified ›');
    node.receive('bob', 'soup; $(date)\nbread');
    await shows((screen) => has(screen, 'bread'));
    type('/copy\r');
    await shows((screen) => has(screen, 'copied'));
    assert.equal(readFileSync(join(folder, 'text'), 'utf8'), 'soup; $(date)\nbread');
    type('/paste\r');
    await shows((screen) => bottom(screen).startsWith('paste 2 lines as one message?'));
    type('y');
    await shows((screen) => has(screen, 'you: soup; $(date)'));
    // A line that begins with a slash is text, and the user sees it before it goes out.
    writeFileSync(join(folder, 'text'), '/exit');
    type('/paste\r');
    await shows((screen) => bottom(screen) === 'bob unverified › //exit');
    type('\r');
    await shows((screen) => has(screen, 'you: /exit'));
    assert.deepEqual(
      node.lines().map(({ text }) => text),
      ['soup; $(date)\nbread', 'soup; $(date)\nbread', '/exit'],
    );
  },
);
