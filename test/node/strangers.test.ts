/** Strangers come and go without end: what is kept of them must not grow without end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Contact } from '../../src/chat/people/contact.js';
import { peerIdOf } from '../../src/chat/people/identity.js';
import { contacts as limits } from '../../src/chat/people/limits.js';
import { People } from '../../src/chat/people/people.js';
import { openTurn, ownPeerId } from '../support/core-parts.js';
import { anyBytes } from '../support/seeds.js';
import { noChoice } from '../../src/chat/people/contact.js';

const newPeerId = () => peerIdOf(anyBytes(32));
const stranger = (lastSeenMs: number): Contact => ({
  peerId: newPeerId(),
  name: `stranger ${lastSeenMs}`,
  idKeyHex: '',
  trust: 'pinned',
  blocked: false,
  certificateSerial: 0,
  wireVersion: 1,
  features: 0,
  nextHex: '',
  ...noChoice,
  address: '',
  firstSeenMs: lastSeenMs,
  lastSeenMs,
});

/** Contacts that fill the book, seen at 1, 2, 3, … */
const crowd = Array.from({ length: limits.contactsMax }, (_, at) => stranger(at + 1));

test('a full book forgets the stranger unseen for longest, on disk too', () => {
  const people = new People(ownPeerId);
  people.restore(crowd, []);
  const turn = openTurn();
  const [oldest] = crowd;
  people.pin(stranger(1e6), turn);
  assert.ok(oldest !== undefined);
  assert.equal(people.contact(oldest.peerId), undefined);
  const dropped = turn.effects.flatMap((effect) =>
    effect.to === 'history' && effect.ask.type === 'drop-contact' ? [effect.ask.peerId] : [],
  );
  assert.deepEqual(dropped, [oldest.peerId]);
});

test('a contact that was written to, is verified, blocked or connected makes no room', () => {
  const [written, verified, blocked, connected, next, ...others] = crowd;
  assert.ok(written && verified && blocked && connected && next);
  const people = new People(ownPeerId);
  const decided: readonly Contact[] = [
    written,
    { ...verified, trust: 'verified' },
    { ...blocked, blocked: true },
    connected,
  ];
  people.restore([...decided, next, ...others], [written.peerId]);
  people.connected(connected.peerId, { host: '127.0.0.1', port: 6_001 });
  people.pin(stranger(1e6), openTurn());
  for (const { peerId } of decided) assert.ok(people.contact(peerId) !== undefined);
  assert.equal(people.contact(next.peerId), undefined);
});
