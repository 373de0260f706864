/** The timer of texts that disappear, and the times of timers that peers set: exact, without a history. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeliveryEffect } from '../../src/chat/delivery/effects.js';
import type { NewEntry } from '../../src/chat/delivery/entry.js';
import { Expiry } from '../../src/chat/delivery/expiry/expiry.js';
import { expiry as limits } from '../../src/chat/delivery/limits.js';
import { directConversation } from '../../src/ids.js';
import { tokenOf } from '../../src/chat/turn.js';
import { messageId, scenePeer } from '../support/core-scene.js';

const { peerId: bob } = scenePeer(2);
const wallMs = 1_700_000_000_000;

/** A part of the core with the effects that it has, at a moment of the monotonic clock. */
function opened() {
  const effects: DeliveryEffect[] = [];
  const expiry = new Expiry();
  const at = (monotonicMs: number) => ({
    now: { wallMs: wallMs + monotonicMs, monotonicMs },
    newMessageId: () => messageId(1),
    newToken: () => tokenOf(1),
    random: () => 0.5,
    ownAddresses: () => [],
    emit: (effect: DeliveryEffect) => void effects.push(effect),
  });
  const take = (): readonly DeliveryEffect[] => effects.splice(0);
  return { expiry, at, take };
}

test('a timer that fires a little early removes nothing too soon and never stops', () => {
  const { expiry, at, take } = opened();
  expiry.restore({ unread: [], emittedSeq: 0, nextExpiryMs: wallMs + 5_000 }, at(0));
  let nowMs = 0;
  for (let turns = 0; turns < 10; turns += 1) {
    const [effect] = take();
    if (effect?.to !== 'self' || effect.due.type !== 'expiry') {
      assert.equal(effect?.to, 'history', 'the text is removed');
      assert.ok(nowMs > 4_999, `at ${nowMs} ms`);
      return;
    }
    nowMs += effect.afterMs - 0.5;
    expiry.due(effect.due.atMs, at(nowMs));
    // One that was planned before and is void by now changes nothing.
    expiry.due(effect.due.atMs, at(nowMs));
  }
  assert.fail('it is never removed');
});

test('a timer of the far future counts, and the next one follows it', () => {
  const { expiry, at } = opened();
  const timer = (direction: 'in' | 'out', sentAtMs: number): NewEntry => ({
    id: messageId(7),
    direction,
    peerId: bob,
    peer: 'bob',
    conversation: directConversation(bob),
    content: { type: 'timer', seconds: 60 },
    sentAtMs,
    receivedAtMs: wallMs,
    dialect: 'native',
    encryption: 'none',
    verified: false,
    state: 'delivered',
  });
  const heard = expiry.stamped(timer('in', 2 ** 48 - 1), at(0).now);
  assert.equal(heard.sentAtMs, limits.timerSentAtMsMax);
  expiry.committed([{ ...heard, seq: 1 }], at(0));
  assert.equal(expiry.stamped(timer('out', wallMs), at(1).now).sentAtMs, limits.timerSentAtMsMax + 1);
});
