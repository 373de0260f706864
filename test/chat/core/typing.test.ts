/** Typing notices between two cores: bounded, never stored, and only between peers that both want them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeEvent } from '../../../src/chat/events.js';
import { feature } from '../../../src/wire/features.js';
import { CoreScene, messageId, scenePeer, session } from '../../support/core-scene.js';

const bob = scenePeer(1);

/** A scene with a session to a peer whose program knows notices. */
function talk(features: number = feature.ephemeral) {
  const scene = new CoreScene();
  scene.sees(bob);
  const sessionId = session('s-1');
  scene.callsIn('s-1', bob, { features });
  scene.ask('choose', { peer: bob.peerId, choice: { typing: 'on' } });
  const says = (seconds: number) =>
    scene.ask('said', { sessionId, utterances: [{ type: 'typing', seconds }] });
  const type = (isTyping: boolean) => scene.ask('typing', { peer: bob.peerId, isTyping });
  return { scene, sessionId, says, type };
}
const shown = (scene: CoreScene) =>
  scene.all.flatMap((effect) =>
    effect.to === 'feed' && (effect.event as NodeEvent).type === 'typing' && 'on' in effect.event
      ? [effect.event.on]
      : [],
  );
const sent = (scene: CoreScene) =>
  scene.all.flatMap((effect) =>
    effect.to === 'session' && effect.say === 'utter'
      ? effect.utterances.flatMap((each) => (each.type === 'typing' ? [each.seconds] : []))
      : [],
  );

// Case R2
test('a notice goes out at most every three seconds, and its end once', () => {
  const { scene, type } = talk();
  type(false);
  type(true);
  type(true);
  scene.nowMs += 3_000;
  type(true);
  type(false);
  type(false);
  assert.deepEqual(sent(scene), [6, 6, 0]);
  assert.equal(scene.to('history').length, 0, 'nothing is stored');
});

// Case R2
test('no notice goes to a peer that should not learn it, or cannot, and nobody is dialled', () => {
  const older = talk(0);
  older.type(true);
  assert.deepEqual(sent(older.scene), []);
  const off = talk();
  off.scene.ask('choose', { peer: bob.peerId, choice: { typing: 'default' } });
  off.type(true);
  off.says(6);
  assert.deepEqual([sent(off.scene), shown(off.scene)], [[], []], 'unverified, and so not shown either');
  const apart = new CoreScene();
  apart.sees(bob);
  apart.ask('choose', { peer: bob.peerId, choice: { typing: 'on' } });
  apart.ask('typing', { peer: bob.peerId, isTyping: true });
  assert.deepEqual(apart.to('transport'), []);
});

test('a notice of a peer ends by its message, by silence, and with the session', () => {
  const { scene, says, sessionId } = talk();
  says(200);
  says(6);
  says(0);
  assert.deepEqual(shown(scene), [true, false]);
  says(6);
  assert.deepEqual(shown(scene), [true, false], 'a peer that flickers is shown once a second');
  scene.nowMs += 1_000;
  says(6);
  const [{ due } = { due: null }] = scene.to('self');
  assert.ok(due?.type === 'typing-end');
  scene.nowMs += 5_000;
  scene.take({ type: 'due', due });
  assert.equal(shown(scene).at(-1), true, 'early');
  scene.nowMs += 1_000;
  scene.take({ type: 'due', due });
  assert.deepEqual(shown(scene), [true, false, true, false]);
  scene.nowMs += 1_000;
  says(6);
  const text = { type: 'text', id: messageId(1), sentAtMs: 0, text: 'hi' } as const;
  scene.ask('said', { sessionId, utterances: [text] });
  assert.equal(shown(scene).at(-1), false);
  scene.nowMs += 1_000;
  says(6);
  scene.take({ type: 'sessionDown', sessionId, end: { type: 'lost', reason: 'closed' } });
  assert.equal(shown(scene).at(-1), false);
});
