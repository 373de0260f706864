/** Offers and lists of files of a peer that lies, and the memory that offers cost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAsOffered, isPossible } from '../../../src/chat/files/fits.js';
import { offers as limits } from '../../../src/chat/files/limits.js';
import type { ManifestEntry } from '../../../src/chat/files/manifest.js';
import { safeNames } from '../../../src/chat/files/names.js';
import {
  forgettable,
  isAcceptedUnasked,
  refusalOf,
  type TransferRecord,
} from '../../../src/chat/files/record.js';
import type { FileOffer } from '../../../src/dialects/files.js';
import { messageId, peer } from '../../history/driver.js';
import { transferRecord } from '../../support/transfer-record.js';

const offer: FileOffer = {
  name: 'trip',
  files: 1,
  directories: 1,
  bytes: 10,
  manifestBytes: 60,
  manifestHash: '00'.repeat(32),
  chunkBytes: 262_144,
  isFolder: true,
  root: null,
  expiresSeconds: 60,
  comment: '',
};
const entry = (path: string, kind: ManifestEntry['kind'], bytes = 0): ManifestEntry => ({
  kind,
  path,
  bytes,
  mtimeMs: 1_764_480_000_000,
  isExecutable: false,
  target: '',
});
const trip = [entry('trip', 'directory'), entry('trip/a', 'file', 10)];
const record = (nth: number, state: TransferRecord['state'], isTold: boolean): TransferRecord =>
  transferRecord({ id: messageId(nth), state, offer, createdAtMs: nth, updatedAtMs: nth, isTold });

const refused = (fields: Partial<FileOffer>) =>
  refusalOf([], { ...offer, ...fields }, { peerId: peer(1), isTrusted: true });

// Case F5.
test('an offer whose numbers no manifest has is refused before anything is kept for it', () => {
  assert.equal(refused({}), null);
  const rows: readonly Partial<FileOffer>[] = [
    { manifestBytes: 0xffff_ffff },
    { manifestBytes: 256 * 2 ** 20 + 1 },
    { manifestBytes: 33 },
    { manifestBytes: 0 },
    { files: 0, directories: 0 },
    { files: 1_000_000, manifestBytes: 2 ** 28 },
    { chunkBytes: 0 },
    { chunkBytes: 262_145 },
    { chunkBytes: 2 ** 31 },
    { bytes: 2 ** 48 - 1 },
  ];
  for (const row of rows) {
    assert.equal(isPossible({ ...offer, ...row }), false, JSON.stringify(row));
    assert.equal(refused(row), 'policy', JSON.stringify(row));
  }
});

// Case F5.
test('a list of files that is not the one the user agreed to is refused', () => {
  assert.equal(isAsOffered(trip, offer), true);
  assert.equal(isAsOffered([...trip, entry('trip/b', 'file')], offer), false, 'one file more');
  assert.equal(isAsOffered([...trip, entry('trip/b', 'link')], offer), false, 'one link more');
  assert.equal(isAsOffered([...trip, entry('trip/b', 'directory')], offer), false, 'one folder more');
  assert.equal(isAsOffered([entry('trip', 'directory'), entry('trip/a', 'file', 11)], offer), false);
  assert.equal(isAsOffered([entry('run', 'directory'), entry('run/a', 'file', 10)], offer), false, 'a name');
  assert.equal(isAsOffered([entry('trip', 'directory'), entry('run', 'file', 10)], offer), false);
});

test('the names of an offer count as bytes where it is accepted without a question', () => {
  const from = { isTrusted: true, isVerified: true };
  const policy = { accept: 'contacts', bytesMax: 100 } as const;
  assert.equal(isAcceptedUnasked(policy, offer, from), true);
  assert.equal(isAcceptedUnasked(policy, { ...offer, manifestBytes: 91 }, from), false);
});

test('offers of a peer that acknowledges nothing are forgotten, the oldest first', () => {
  const count = limits.untoldMax + 3;
  const declined = Array.from({ length: count }, (_, nth) => record(nth, 'declined', false));
  const others = [record(9_001, 'asked', true), record(9_002, 'accepted', true), record(9_003, 'done', true)];
  assert.deepEqual(
    forgettable([...declined, ...others]).map(({ createdAtMs }) => createdAtMs),
    [0, 1, 2],
  );
});

// Before, this took a look at each of the names for each of the names: minutes.
test('forty thousand names that look the same get their numbers at once', { timeout: 60_000 }, () => {
  const names = Array.from({ length: 40_000 }, (_, nth) =>
    Array.from(nth.toString(2), (digit) => (digit === '0' ? '\u200B' : '\u200C')).join(''),
  );
  const { entries } = safeNames(names.map((name) => entry(`a${name}`, 'file')))._unsafeUnwrap();
  assert.equal(entries.at(-1)?.parts.join('/'), 'a (40000)');
});
