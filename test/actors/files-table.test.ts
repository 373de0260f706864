/** Commands about one transfer that meet. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TransferTable } from '../../src/actors/files/table.js';
import type { FileOffer } from '../../src/dialects/files.js';
import { messageId, peer } from '../history/driver.js';
import { temporaryHome } from '../support/program.js';

const offer: FileOffer = {
  name: 'a',
  files: 1,
  directories: 0,
  bytes: 10,
  manifestBytes: 17,
  manifestHash: '00'.repeat(32),
  chunkBytes: 262_144,
  isFolder: false,
  root: null,
  expiresSeconds: 60,
  comment: '',
};
const nothing = (): void => undefined;

test('a transfer that is cancelled while its disk is asked stays cancelled', async (context) => {
  const [home, directory] = [temporaryHome(context), temporaryHome(context)];
  const policy = { accept: 'none', bytesMax: 0 } as const;
  const table = new TransferTable(
    { folder: `${home}/transfers`, home, directory, policy },
    { onRow: nothing, onWanted: nothing, say: nothing, isUp: () => false, work: nothing, log: nothing },
  );
  context.after(() => table.end());
  const id = messageId(1);
  const from = { peerId: peer(1), isTrusted: true, isVerified: false };
  (await table.offered({ id, offer, ...from }))._unsafeUnwrap();
  const [accepted] = await Promise.all([table.act(id, 'accept', directory), table.act(id, 'cancel', null)]);
  assert.equal(accepted._unsafeUnwrapErr().code, 'files/wrong-state');
  assert.deepEqual(
    table.rows().map(({ state }) => state),
    ['stopped'],
  );
});
