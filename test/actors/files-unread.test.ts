/** A sender whose kept manifest names less than it offered sends no byte that it did not read. Case F1. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { offerOf } from '../../src/actors/files/sending/offer.js';
import { Outgoing } from '../../src/actors/files/sending/outgoing.js';
import { TransferFolder } from '../../src/actors/files/store.js';
import { decodeManifest, encodeManifest } from '../../src/chat/files/manifest.js';
import type { FileWords } from '../../src/dialects/files.js';
import { messageId, peer } from '../history/driver.js';
import { temporaryHome } from '../support/program.js';
import { transferRecord } from '../support/transfer-record.js';

test('no byte leaves that was not read, where the kept manifest is shorter than the offer', async (context) => {
  const [home, source] = [temporaryHome(context), temporaryHome(context)];
  const paths = ['a', 'b'].map((name) => join(source, name));
  for (const path of paths) writeFileSync(path, 'x'.repeat(5_000));
  const id = messageId(1);
  const request = { id, peerId: peer(1), paths, comment: '', spool: '', wishes: {} };
  const { offer, manifest, sources } = (await offerOf(request, { folder: home }))._unsafeUnwrap();
  const folder = new TransferFolder(home, id);
  // A full disk, or a restored backup, has cut it between two entries.
  const kept = decodeManifest(manifest)._unsafeUnwrap().slice(0, 1);
  await folder.keepManifest(encodeManifest(kept)._unsafeUnwrap());
  let record = transferRecord({ id, offer, sources, direction: 'out', state: 'accepted' });
  const outgoing = new Outgoing({
    folder,
    home,
    record: () => record,
    change(fields) {
      record = { ...record, ...fields };
      return Promise.resolve(true);
    },
    say: () => undefined,
    changed: () => undefined,
    log: () => undefined,
  });
  const said: FileWords[] = [];
  outgoing.sessionUp();
  outgoing.asked({ type: 'pull', id, first: 0, count: 1 });
  await outgoing.work((words) => Promise.resolve(void said.push(...words)));
  await outgoing.end();
  assert.deepEqual(said, []);
  assert.deepEqual([record.state, record.reason], ['stopped', 'io']);
  assert.deepEqual(record.notes, ['the kept manifest does not fit']);
});
