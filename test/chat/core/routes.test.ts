/** Native routes by inputs and effects: which session is used, who is welcome, and what a typed address leads to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noChoice, type Contact } from '../../../src/chat/people/contact.js';
import { wordsOf } from '../../../src/chat/delivery/entry.js';
import { dialing as limits } from '../../../src/chat/routes/limits.js';
import { fromHex, toHex } from '../../../src/wire/bytes.js';
import {
  CoreScene,
  connection,
  messageId,
  own,
  proofOf,
  resumptionOf,
  scenePeer,
  session,
} from '../../support/core-scene.js';

const [small, great] = [scenePeer(1), scenePeer(200)];
const at = (peer: { readonly host: string }) => `${peer.host}:6000`;
const oneText = (peer: string, number = 1) => ({
  peer,
  messages: [{ id: messageId(number), text: `text ${number}` }],
  via: null,
});

test('an address leads to the peer whose session stays when the dial crosses it', () => {
  // Our key is the greater one, so of a crossed pair the session that the peer dialled stays.
  const scene = new CoreScene();
  scene.callsIn('s-1', small);
  const call = scene.ask('send', oneText(at(small)));
  scene.take({ type: 'dialled', connectionId: connection('o-1') });
  scene.ask('judgePeer', { sessionId: session('s-2'), peer: proofOf(small) });
  // The peer closed the duplicate before a word of it arrived.
  scene.lost('s-2');
  assert.deepEqual(
    scene.asked('append').ask.entries.map(({ peerId, content }) => [peerId, wordsOf(content)]),
    [[small.peerId, 'text 1']],
  );
  scene.committed(1);
  assert.deepEqual(scene.answerTo(call), [
    { type: 'status', id: messageId(1), peer: scene.events('status')[0]?.peer, state: 'queued' },
  ]);
});

test('an address where the handshake fails, or nobody proved itself, is answered with the reason', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', small);
  const lost = scene.ask('safety', { peer: at(small) });
  scene.take({ type: 'dialled', connectionId: connection('o-1') });
  scene.lost('s-2');
  assert.deepEqual(scene.answerTo(lost), {
    code: 'session/order',
    detail: 'the connection was lost (closed)',
  });
  const failed = scene.ask('send', oneText(at(small), 2));
  scene.take({ type: 'dialled', connectionId: connection('o-2') });
  scene.ask('judgePeer', { sessionId: session('s-3'), peer: proofOf(small) });
  const error = { code: 'session/decrypt-failed' } as const;
  scene.take({ type: 'sessionDown', sessionId: session('s-3'), end: { type: 'failed', error } });
  assert.deepEqual(scene.answerTo(failed), error);
});

test('of two crossed dials the one whose initiator has the smaller key stays, on both sides', () => {
  for (const [peer, stays] of [
    [small, 's-1'],
    [great, 's-2'],
  ] as const) {
    const scene = new CoreScene();
    scene.callsIn('s-1', peer);
    scene.ask('send', oneText(at(peer)));
    scene.take({ type: 'dialled', connectionId: connection('o-1') });
    scene.up('s-2', peer);
    const closed = scene.to('session').filter(({ say }) => say === 'close');
    assert.deepEqual(
      closed.map((effect) => [effect.sessionId, effect.say === 'close' && effect.reason]),
      [[stays === 's-1' ? 's-2' : 's-1', 'dup']],
    );
  }
});

test('of two sessions in one direction the newer one is used', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', small);
  scene.callsIn('s-2', small);
  assert.deepEqual(
    scene.to('session').filter(({ say }) => say === 'close'),
    [{ to: 'session', sessionId: 's-1', say: 'close', reason: 'dup' }],
  );
  // The end of the older one loses nothing.
  scene.lost('s-1');
  assert.deepEqual(scene.events('peer'), []);
  scene.lost('s-2');
  assert.deepEqual(
    scene.events('peer').map(({ state }) => state),
    ['offline'],
  );
});

test('a peer is refused for a changed key first, then for itself, a block and an old certificate', () => {
  const scene = new CoreScene();
  scene.sees(small);
  scene.ask('send', oneText(small.peerId));
  scene.committed(1);
  scene.take({ type: 'dialled', connectionId: connection('o-1') });
  const judged = (sessionId: string, peer = small, serial = 1) => {
    const proof = proofOf(peer, { certificateSerial: serial });
    return scene.answerTo(scene.ask('judgePeer', { sessionId: session(sessionId), peer: proof }));
  };
  assert.deepEqual(judged('s-1', great), {
    code: 'session/key-changed',
    expected: small.peerId,
    got: toHex(great.idKey),
  });
  assert.equal(judged('s-1'), null);
  scene.up('s-1', small, { certificateSerial: 5 });
  const address = { host: small.host, port: 50_000 };
  scene.take({ type: 'accepted', connectionId: connection('i-2'), dialect: 'native', address });
  assert.deepEqual(judged('s-2', own), { code: 'session/own-identity' });
  assert.deepEqual(judged('s-2', small, 4), { code: 'session/serial-rollback' });
  assert.equal(judged('s-2', small, 5), null);
  scene.ask('block', { peer: small.peerId, blocked: true });
  assert.deepEqual(judged('s-2', small, 5), { code: 'session/blocked' });
  assert.deepEqual(judged('s-99'), { code: 'session/order', detail: 'this session has ended already' });
});

test('a blocked peer that resumes is closed, and its ticket is not found again', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', small);
  const ticketId = new Uint8Array(16).fill(101);
  assert.notEqual(scene.answerTo(scene.ask('findTicket', { ticketId })), null);
  scene.ask('block', { peer: small.peerId, blocked: true });
  assert.deepEqual(scene.to('session'), [
    { to: 'session', sessionId: 's-1', say: 'close', reason: 'shutdown' },
  ]);
  assert.equal(scene.answerTo(scene.ask('findTicket', { ticketId })), null);
  const offered = resumptionOf(proofOf(small), 7);
  scene.take({ type: 'resumable', resumption: offered });
  assert.equal(scene.answerTo(scene.ask('findTicket', { ticketId: offered.accept.ticketId })), null);
  scene.callsIn('s-2', small);
  assert.deepEqual(scene.to('session').at(-1), {
    to: 'session',
    sessionId: 's-2',
    say: 'close',
    reason: 'shutdown',
  });
});

test('a new run of a peer is dialled beside the old session while something waits for it', () => {
  const scene = new CoreScene();
  scene.sees(small);
  scene.callsIn('s-1', small);
  scene.ask('send', oneText(small.peerId));
  scene.committed(1);
  scene.sees(small, { bootIdHex: 'fe'.repeat(8) });
  assert.deepEqual(
    scene.to('transport').map((effect) => [effect.say, 'address' in effect && effect.address.host]),
    [['dial', small.host]],
  );
});

test('a dial that nobody wants any more is discarded', () => {
  const scene = new CoreScene();
  scene.take({ type: 'dialled', connectionId: connection('o-77') });
  assert.deepEqual(scene.effects, [{ to: 'transport', say: 'discard', connectionId: 'o-77' }]);
});

test('a contact is dialled with its key and the ticket that is kept for it', () => {
  const scene = new CoreScene();
  scene.sees(small);
  scene.callsIn('s-1', small);
  scene.lost('s-1');
  scene.ask('send', oneText(small.peerId));
  scene.committed(1);
  scene.take({ type: 'dialled', connectionId: connection('o-1') });
  const [start] = scene.to('session');
  assert.ok(start?.say === 'start' && start.role.type === 'initiator');
  assert.deepEqual(start.role.expectedIdKey, fromHex(Buffer.from(small.idKey).toString('hex')));
  assert.deepEqual(start.role.resumption?.dial.ticketId, new Uint8Array(16).fill(1));
});

test('an idle session is parked for another caller, and only the one on that connection', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', small);
  scene.callsIn('s-2', great);
  scene.take({ type: 'slotWanted', connectionId: connection('i-2') });
  assert.deepEqual(scene.effects, [{ to: 'session', sessionId: 's-2', say: 'close', reason: 'park' }]);
});

// Case N9: a node that holds all it may resets further callers without BUSY.
test('a peer that resets the connection is dialled again as after BUSY, however often it does', () => {
  const scene = new CoreScene();
  scene.sees(small);
  scene.ask('send', oneText(small.peerId));
  scene.committed(1);
  for (let n = 1; n <= 12; n += 1) {
    const connectionId = connection(`o-${n}`);
    if (n % 2 === 0) {
      scene.take({ type: 'dialled', connectionId });
      const end = { type: 'lost', reason: 'reset' } as const;
      scene.take({ type: 'sessionDown', sessionId: session(`s-${n / 2}`), end });
    } else {
      const error = { code: 'transport/dial-failed', address: small.host, port: 1, reason: 'x' } as const;
      scene.take({ type: 'dialFailed', connectionId, error: { ...error, isReset: true } });
    }
    const [timer] = scene.to('self');
    assert.ok(timer !== undefined && timer.afterMs <= 2_000, `after ${n} resets: ${timer?.afterMs}`);
    scene.nowMs += timer.afterMs;
    scene.take({ type: 'due', due: timer.due });
    assert.equal(scene.to('transport').filter(({ say }) => say === 'dial').length, 1, `dial ${n + 1}`);
  }
});

test('utterances of a newer version are counted by kind, and the texts beside them are taken', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', small);
  const text = { type: 'text', id: messageId(9), sentAtMs: 0, text: 'hello' } as const;
  const edit = { type: 'unknown', kind: 5, bytes: 40 } as const;
  const files = { type: 'unknown', kind: 33, bytes: 0 } as const;
  scene.ask('said', { sessionId: session('s-1'), utterances: [edit, text, files, edit] });
  assert.deepEqual(
    scene.asked('append').ask.entries.map(({ content }) => wordsOf(content)),
    ['hello'],
  );
  const alone = scene.ask('said', { sessionId: session('s-1'), utterances: [files] });
  assert.deepEqual(scene.answerTo(alone), { receipts: [] });
  assert.deepEqual(scene.answerTo(scene.ask('counts', {})), {
    malformed: {},
    unknownKinds: { 5: 2, 33: 2 },
  });
});

test('a queued entry that this version cannot send fails, and holds up no text', () => {
  const scene = new CoreScene();
  scene.sees(small);
  scene.ask('send', oneText(small.peerId));
  scene.committed(1);
  const [entry] = scene.asked('append').ask.entries;
  assert.ok(entry !== undefined);
  scene.take({ type: 'dialled', connectionId: connection('o-1') });
  scene.up('s-1', small);
  const unknown = { type: 'unknown', kind: 77, body: new Uint8Array(3) } as const;
  scene.outboxRead([
    { ...entry, seq: 1, id: messageId(5), content: unknown },
    { ...entry, seq: 2 },
  ]);
  const said = scene.to('session').flatMap((effect) => (effect.say === 'utter' ? effect.utterances : []));
  assert.deepEqual(
    said.map((each) => each.type === 'text' && each.text),
    ['text 1'],
  );
  const { ask } = scene.asked('mark');
  assert.deepEqual([ask.ids, ask.state], [[messageId(5)], 'failed']);
});

const other = scenePeer(7);
const changed = { code: 'session/key-changed', expected: '', got: toHex(other.idKey) } as const;

/** A text waits for the peer, and the dialled address proves the key of another one. */
function findsAnother(scene: CoreScene, dial: number): void {
  scene.take({ type: 'dialled', connectionId: connection(`o-${dial}`) });
  const sessionId = session(`s-${scene.started}`);
  scene.take({ type: 'sessionDown', sessionId, end: { type: 'failed', error: changed } });
}

const retries = (scene: CoreScene): void => {
  scene.nowMs += 61_000;
  scene.take({ type: 'due', due: { type: 'outbox', atMs: 0 } });
};
const dials = (scene: CoreScene): number =>
  scene.all.filter((effect) => effect.to === 'transport' && effect.say === 'dial').length;

const remembered = (peer = small): Contact => ({
  ...noChoice,
  peerId: peer.peerId,
  name: peer.name,
  idKeyHex: toHex(peer.idKey),
  trust: 'pinned',
  blocked: false,
  certificateSerial: 1,
  wireVersion: 1,
  features: 0,
  nextHex: '',
  address: at(peer),
  firstSeenMs: 0,
  lastSeenMs: 0,
});

// Case P5
test('another key at a remembered address means an absent peer, without an alarm', () => {
  for (const isOtherKnown of [false, true]) {
    const scene = new CoreScene({ contacts: [remembered()] });
    if (isOtherKnown) scene.sees(other, { addresses: [{ host: small.host, port: 6_000 }] });
    const call = scene.ask('send', oneText(small.peerId));
    scene.committed(1);
    findsAnother(scene, 1);
    for (let round = 0; round < 5; round += 1) retries(scene);
    assert.deepEqual(scene.events('error', scene.all), []);
    assert.equal(dials(scene), 1);
    assert.deepEqual(scene.answerTo(call), [
      { type: 'status', id: messageId(1), peer: small.name, state: 'queued' },
    ]);
    assert.equal(scene.asked('put-contact').ask.contact.address, '');
    // The peer is back elsewhere, and the text goes there.
    scene.sees(small, { addresses: [{ host: '10.0.0.99', port: 6_000 }] });
    assert.equal(dials(scene), 2);
  }
});

// Case P5
test('an announced address that proves another key again is an alarm once', () => {
  const scene = new CoreScene({ contacts: [remembered()] });
  scene.ask('send', oneText(small.peerId));
  scene.committed(1);
  findsAnother(scene, 1);
  for (let round = 2; round < 6; round += 1) {
    scene.nowMs += 61_000 * 2 ** round;
    scene.sees(small);
    assert.equal(dials(scene), round, 'announced, so it is dialled');
    findsAnother(scene, round);
  }
  assert.deepEqual(
    scene.events('error', scene.all).map(({ code }) => code),
    ['session/key-changed'],
  );
});

// Case P5
test('a new key under the name of the peer, or at an only announced address, is an alarm', () => {
  for (const isNamesake of [true, false]) {
    const scene = new CoreScene(isNamesake ? { contacts: [remembered()] } : {});
    if (isNamesake) scene.sees({ ...other, name: small.name.toUpperCase() });
    else scene.sees(small);
    scene.ask('send', oneText(small.peerId));
    scene.committed(1);
    findsAnother(scene, 1);
    assert.deepEqual(
      scene.events('error').map(({ code }) => code),
      ['session/key-changed'],
    );
  }
});

// Case N8
test('a caller is penalised for what it sent, and not for a handshake that took too long', () => {
  for (const [error, penaltyMs] of [
    [{ code: 'session/decrypt-failed' }, limits.failurePenaltyMs],
    [{ code: 'session/deadline' }, 0],
  ] as const) {
    const scene = new CoreScene();
    const address = { host: small.host, port: 50_000 };
    scene.take({ type: 'accepted', connectionId: connection('i-1'), dialect: 'native', address });
    scene.take({ type: 'sessionDown', sessionId: session('s-1'), end: { type: 'failed', error } });
    const [close] = scene.to('transport');
    assert.equal(close?.say === 'close' && close.penaltyMs, penaltyMs, error.code);
  }
});
