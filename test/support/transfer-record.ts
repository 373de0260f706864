/** A record of a transfer for tests: one file of ten bytes. */
import type { TransferRecord } from '../../src/chat/files/record.js';
import type { FileOffer } from '../../src/dialects/files.js';
import { messageId, peer } from '../history/driver.js';

export const smallOffer: FileOffer = {
  name: 'a',
  files: 1,
  directories: 0,
  bytes: 10,
  manifestBytes: 18,
  manifestHash: '00'.repeat(32),
  chunkBytes: 262_144,
  isFolder: false,
  root: null,
  expiresSeconds: 60,
  comment: '',
};

export const transferRecord = (fields: Partial<TransferRecord>): TransferRecord => ({
  id: messageId(1),
  peerId: peer(1),
  direction: 'in',
  state: 'asked',
  reason: null,
  offer: smallOffer,
  createdAtMs: 0,
  updatedAtMs: 0,
  directory: '',
  isPlacing: false,
  places: [],
  sources: [],
  spool: '',
  notes: [],
  isTold: true,
  isEndedByPeer: false,
  hasRemains: true,
  keepsMode: false,
  replaces: false,
  rateMost: null,
  root: null,
  ...fields,
});
