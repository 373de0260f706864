/** The record of a transfer on disk: read as it was written, and left out where this program cannot have written it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeRecord, encodeRecord } from '../../src/actors/files/stored-record.js';
import type { TransferRecord } from '../../src/chat/files/record.js';
import { messageId, peer } from '../history/driver.js';

const hash = 'ab'.repeat(32);
const record: TransferRecord = {
  id: messageId(1),
  peerId: peer(1),
  direction: 'in',
  state: 'accepted',
  reason: null,
  offer: {
    name: 'photos',
    files: 2,
    directories: 1,
    bytes: 7,
    manifestBytes: 90,
    manifestHash: hash,
    chunkBytes: 262_144,
    isFolder: true,
    root: null,
    expiresSeconds: 60,
    comment: '',
  },
  createdAtMs: 1,
  updatedAtMs: 2,
  directory: '/home/bob',
  isPlacing: false,
  places: [],
  sources: [{ name: 'photos', path: '/home/alice/photos' }],
  spool: '',
  notes: ['left out: the link a'],
  isTold: true,
  isEndedByPeer: false,
  hasRemains: true,
  keepsMode: false,
  replaces: false,
  rateMost: null,
  root: hash,
};

const without = (fields: object, key: string): object =>
  Object.fromEntries(Object.entries(fields).filter(([each]) => each !== key));

test('a record is read as it was written', () => {
  assert.deepEqual(decodeRecord(encodeRecord(record)), record);
  assert.deepEqual(decodeRecord(encodeRecord({ ...record, reason: 'full', root: null })), {
    ...record,
    reason: 'full',
    root: null,
  });
});

test('a record that lacks a field, or holds another kind of value, is left out', () => {
  for (const key of Object.keys(record)) {
    assert.equal(decodeRecord(JSON.stringify(without(record, key))), null, `without ${key}`);
    assert.equal(decodeRecord(JSON.stringify({ ...record, [key]: [1] })), null, `another ${key}`);
  }
  for (const key of Object.keys(record.offer)) {
    const offer = without(record.offer, key);
    assert.equal(decodeRecord(JSON.stringify({ ...record, offer })), null, `an offer without ${key}`);
  }
  for (const text of ['', 'null', '[]', '{', JSON.stringify({ ...record, createdAtMs: -1 })])
    assert.equal(decodeRecord(text), null, text);
});
