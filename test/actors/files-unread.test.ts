/** A sender whose kept manifest names less than it offered sends no byte that it did not read. Case F1. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeManifest, encodeManifest } from '../../src/chat/files/manifest.js';
import type { FileWords } from '../../src/dialects/files.js';
import { outgoingId, outgoingScene } from '../support/outgoing-scene.js';
import { temporaryHome } from '../support/program.js';

test('no byte leaves that was not read, where the kept manifest is shorter than the offer', async (context) => {
  const source = temporaryHome(context);
  const paths = ['a', 'b'].map((name) => join(source, name));
  for (const path of paths) writeFileSync(path, 'x'.repeat(5_000));
  const { outgoing, work, record } = await outgoingScene(context, paths, {
    // A full disk, or a restored backup, has cut it between two entries.
    kept: (manifest) => encodeManifest(decodeManifest(manifest)._unsafeUnwrap().slice(0, 1))._unsafeUnwrap(),
  });
  const said: FileWords[] = [];
  outgoing.asked({ type: 'pull', id: outgoingId, first: 0, count: 1 });
  await work((words) => said.push(words));
  assert.deepEqual(said, []);
  assert.deepEqual([record().state, record().reason], ['stopped', 'io']);
  assert.deepEqual(record().notes, ['the kept manifest does not fit']);
});
