/** Transfers as lines for people. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createColors } from 'picocolors';
import { smallOffer } from '../support/transfer-record.js';
import type { TransferEvent } from '../../src/index.js';
import { messageId, peer } from '../history/driver.js';
import { transferLine } from '../../src/ui/cli/files/words.js';
import { widthOf } from '../../src/ui/cli/prompt/editor/cells.js';

const id = messageId(1);
const asked = (name: string): TransferEvent => {
  const { files, directories, comment } = smallOffer;
  const counts = { files, directories, bytes: 3_200_000, done: 0, rate: 0 };
  return {
    type: 'transfer',
    id,
    peer: 'bob',
    peerId: peer(1),
    direction: 'in',
    state: 'asked',
    name,
    comment,
    ...counts,
  };
};

test('the command that answers an offer is whole within 79 columns, whatever the name', () => {
  const names = [
    'a',
    'report of the year 2026, second and last version.pdf',
    '報'.repeat(60),
    'x'.repeat(255),
  ];
  for (const name of names) {
    const line = transferLine(asked(name), createColors(false));
    assert.ok(widthOf(line) <= 79, line);
    assert.ok(line.endsWith(`parlance files accept ${id.slice(-8)}`), line);
  }
  assert.match(transferLine(asked(names[1] ?? ''), createColors(false)), /…sion\.pdf/u);
});

test('a name that fits is not shortened', () => {
  assert.match(transferLine(asked('photo.jpg'), createColors(false)), /→ photo\.jpg \(3\.2 MB\)/u);
});
