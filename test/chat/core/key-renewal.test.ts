/** The static key of a node is replaced while it runs, and so is a peer's: no ticket outlives its key. Case N17. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dialing } from '../../../src/chat/routes/limits.js';
import {
  CoreScene,
  connection,
  keyIsOldAtMs,
  messageId,
  proofOf,
  resumptionOf,
  scenePeer,
  session,
} from '../../support/core-scene.js';

const bob = scenePeer(7);
const ticketOf = (generation: number) => new Uint8Array(16).fill(generation + 100);

/** Is this ticket of bob's accepted? */
const isFound = (scene: CoreScene, generation = 1): boolean =>
  scene.answerTo(scene.ask('findTicket', { ticketId: ticketOf(generation) })) !== null;

/** The session that the node dials next begins with a ticket. */
function isResumedNext(scene: CoreScene): boolean {
  scene.take({ type: 'dialled', connectionId: connection('o-1') });
  const [started] = scene.to('session');
  assert.ok(started?.say === 'start' && started.role.type === 'initiator');
  return started.role.resumption !== null;
}

const hello = { peer: bob.peerId, messages: [{ id: messageId(1), text: 'hello' }], via: null };

// Case N17
test('the core asks for another static key once the key is old, and hourly until there is one', () => {
  const scene = new CoreScene();
  const asked = () => scene.to('identity').length;
  scene.nowMs = keyIsOldAtMs - 1;
  scene.take({ type: 'due', due: { type: 'tickets' } });
  assert.equal(asked(), 0, 'a millisecond too young');
  scene.nowMs += 1;
  scene.take({ type: 'due', due: { type: 'tickets' } });
  assert.equal(asked(), 1);
  // The disk refused: the next round asks again.
  scene.nowMs += dialing.expireEveryMs;
  scene.take({ type: 'due', due: { type: 'tickets' } });
  assert.equal(asked(), 1);
  scene.take({ type: 'keyRenewed', certificateSerial: scene.nowMs, keyIsOldAtMs: 2 * keyIsOldAtMs });
  scene.take({ type: 'due', due: { type: 'tickets' } });
  assert.equal(asked(), 0);
});

// Case N17
test('a renewed key is announced, and no session resumes with a ticket of the old one', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', bob);
  assert.ok(isFound(scene));
  scene.take({ type: 'keyRenewed', certificateSerial: 9, keyIsOldAtMs });
  assert.deepEqual(
    scene.to('presence').map((effect) => effect.say === 'describe' && effect.certificateSerial),
    [9],
  );
  assert.ok(!isFound(scene));
  // A handshake that began before the new key ends after it.
  scene.take({ type: 'resumable', resumption: resumptionOf(proofOf(bob), 2) });
  assert.ok(!isFound(scene, 2));
  scene.callsIn('s-2', bob);
  assert.ok(!isFound(scene), 'the handshake proved the old key');
  const fresh = { ...resumptionOf(proofOf(bob), 3), localSerial: 9 };
  scene.take({ type: 'resumable', resumption: fresh });
  assert.ok(isFound(scene, 3));
});

// Case N17
test('a ticket under an older certificate than a beacon names is not accepted and not shown', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', bob);
  scene.lost('s-1');
  scene.sees(bob, { certificateSerial: 1 });
  assert.ok(isFound(scene), 'the certificate is the same');
  scene.sees(bob, { certificateSerial: 2 });
  assert.ok(!isFound(scene));
  scene.ask('send', hello);
  scene.committed(1);
  assert.equal(isResumedNext(scene), false);
});

// Case N17
test('a resume that ends after a newer certificate was seen is closed for a full handshake', () => {
  const scene = new CoreScene();
  scene.callsIn('s-1', bob);
  scene.take({
    type: 'accepted',
    connectionId: connection('i-2'),
    dialect: 'native',
    address: { host: bob.host, port: 50_000 },
  });
  scene.sees(bob, { certificateSerial: 2 });
  const peer = proofOf(bob);
  const resumption = resumptionOf(peer, 2);
  scene.take({ type: 'sessionUp', sessionId: session('s-2'), peer, isResumed: true, resumption });
  assert.deepEqual(scene.to('session'), [{ to: 'session', sessionId: 's-2', say: 'close', reason: 'rekey' }]);
  assert.ok(!isFound(scene, 2));
  const judged = scene.ask('judgePeer', { sessionId: session('s-2'), peer });
  assert.deepEqual(scene.answerTo(judged), { code: 'session/serial-rollback' });
});
