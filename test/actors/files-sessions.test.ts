/** The sessions over which transfers run: two that dial each other have two for a moment, and one of them ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ok } from 'neverthrow';
import { Ways, type SessionRef } from '../../src/actors/files/peers.js';
import type { FileWords } from '../../src/dialects/files.js';
import { messageId, peer } from '../history/driver.js';
import { session } from '../support/core-scene.js';

const words: readonly FileWords[] = [{ type: 'stop', id: messageId(1), reason: 'known' }];

/** Two sessions with one peer, the second reported last. `said` counts what went over each. */
function twoSessions() {
  const said: string[] = [];
  const refOf = (actor: string): SessionRef => ({
    actor,
    castOnce: () => {
      said.push(actor);
      return ok(undefined);
    },
  });
  const ways = new Ways();
  for (const name of ['s-1', 's-2']) ways.up(peer(1), session(name), refOf(`session:${name}`), () => []);
  return { ways, said };
}

test('when the session in use ends, the other one with the same peer is used', () => {
  const { ways, said } = twoSessions();
  ways.say(peer(1), words);
  assert.deepEqual(ways.over('session:s-2'), { peerId: peer(1), isReplaced: true });
  ways.say(peer(1), words);
  assert.deepEqual(said, ['session:s-2', 'session:s-1']);
  assert.deepEqual(ways.over('session:s-1'), { peerId: peer(1), isReplaced: false });
  assert.equal(ways.isUp(peer(1)), false);
});

test('the end of a session that is not in use changes nothing', () => {
  const { ways, said } = twoSessions();
  assert.equal(ways.over('session:s-1'), null);
  assert.equal(ways.over('session:s-9'), null);
  ways.say(peer(1), words);
  assert.deepEqual(said, ['session:s-2']);
});
