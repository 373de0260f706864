/** Wishes for transfers: a rate, a copy of the sources, the right to be executed. */
import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { partFolder, PartTree } from '../../src/actors/files/tree.js';
import { safeNames } from '../../src/chat/files/names.js';
import type { FileWords } from '../../src/dialects/files.js';
import { messageId } from '../history/driver.js';
import { outgoingId, outgoingScene } from '../support/outgoing-scene.js';
import { temporaryHome } from '../support/program.js';

function sourceOf(context: TestContext, content: string): string {
  const path = join(temporaryHome(context), 'a.txt');
  writeFileSync(path, content);
  return path;
}
const pull: FileWords = { type: 'pull', id: outgoingId, first: 0, count: 64 };

test('a sender whose rate is limited waits after a piece, and another one goes on', async (context) => {
  for (const limit of [undefined, 1]) {
    const path = sourceOf(context, 'x'.repeat(300_000));
    const wishes = limit === undefined ? {} : { limit };
    const { outgoing, work, own } = await outgoingScene(context, [path], { wishes });
    assert.ok(own.offer.bytes > own.offer.chunkBytes, 'two chunks');
    outgoing.asked(pull);
    assert.ok(outgoing.hasWork);
    await work(() => undefined);
    assert.equal(outgoing.hasWork, limit === undefined);
  }
});

// Case F2.
test('a source that changes after its snapshot is sent as it was; without one the transfer ends', async (context) => {
  for (const snapshot of [true, false]) {
    const path = sourceOf(context, 'as it was');
    const { outgoing, work, record } = await outgoingScene(context, [path], { wishes: { snapshot } });
    writeFileSync(path, 'another, longer text');
    let sent = '';
    outgoing.asked(pull);
    await work((words) => {
      if (words.type === 'data') sent += Buffer.from(words.bytes).toString();
    });
    assert.equal(sent, snapshot ? 'as it was' : '');
    assert.equal(record().reason, snapshot ? null : 'changed');
  }
});

test(
  'a received file has the right to be executed only where its receiver wishes so',
  { skip: process.platform === 'win32' && 'Windows has no such right' },
  async (context) => {
    for (const keepsMode of [true, false]) {
      const directory = temporaryHome(context);
      const tree = new PartTree(directory, messageId(1));
      await tree.prepare();
      const entry = {
        kind: 'file',
        path: 'run.sh',
        bytes: 4,
        mtimeMs: 1_764_480_000_000,
        target: '',
      } as const;
      const names = safeNames([{ ...entry, isExecutable: true }])._unsafeUnwrap();
      await tree.writeWholes(
        names.entries.map((placed, at) => ({ at, entry: placed, bytes: [Buffer.from('true')] })),
      );
      await tree.complete(names, keepsMode);
      const { mode } = statSync(join(directory, partFolder, messageId(1), 'tree', 'run.sh'));
      assert.equal(mode & 0o777, keepsMode ? 0o700 : 0o600);
    }
  },
);
