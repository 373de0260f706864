/** The peers that learn that messages were read, and that the user types. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chosen, noChoice, type Contact } from '../../src/chat/people/contact.js';
import { isShared, type Audience, type Share } from '../../src/chat/people/privacy/privacy.js';
import { scenePeer } from '../support/core-scene.js';

const privacy = (receipts: Audience) => ({ receipts, typing: 'none' }) as const;

test('an audience is nobody, verified peers or all contacts, and a choice about one peer wins', () => {
  const table: readonly (readonly [Audience, Share | undefined, boolean, boolean, boolean])[] = [
    ['none', undefined, true, true, false],
    ['verified', undefined, true, true, true],
    ['verified', undefined, false, true, false],
    ['contacts', undefined, false, true, true],
    ['contacts', undefined, false, false, false],
    ['none', 'on', false, false, true],
    ['contacts', 'off', true, true, false],
  ];
  for (const [audience, share, isVerified, isContact, isTold] of table) {
    const shares = share === undefined ? {} : { receipts: share };
    const known = { shares, isVerified, isContact };
    const row = `${audience} ${String(share)} ${String(isVerified)} ${String(isContact)}`;
    assert.equal(isShared(privacy(audience), 'receipts', known), isTold, row);
    assert.equal(isShared(privacy(audience), 'typing', known), false, 'another subject');
  }
});

test('a choice about one peer stays through other choices, and "default" takes it back', () => {
  const { peerId, name } = scenePeer(1);
  const contact: Contact = {
    ...noChoice,
    peerId,
    name,
    idKeyHex: '',
    trust: 'pinned',
    blocked: false,
    certificateSerial: 0,
    wireVersion: 1,
    features: 0,
    nextHex: '',
    address: '',
    firstSeenMs: 0,
    lastSeenMs: 0,
  };
  const off = chosen(chosen(contact, { receipts: 'off' }), { alias: 'B', typing: 'on' });
  assert.deepEqual([off.receipts, off.typing, off.alias], ['off', 'on', 'B']);
  assert.deepEqual(chosen(off, { receipts: 'default', typing: 'default', alias: '' }), contact);
});
