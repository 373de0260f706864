/** The address under which this side presents itself to an older program. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dialled } from '../../src/chat/foreign/connections.js';
import { allowed } from '../../src/chat/foreign/peers.js';
import { reach } from '../../src/chat/foreign/sending.js';
import { foreignPeerId } from '../../src/chat/people/name.js';
import { People } from '../../src/chat/people/people.js';
import { foreignState, openTurn, ownPeerId } from '../support/core-parts.js';

// Case O1
test('a host with several networks names the address of the one on which the peer is', () => {
  const state = foreignState(new People(ownPeerId));
  const peerId = foreignPeerId('synergy', '10.77.0.2', 7_000) ?? assert.fail('no peer');
  const turn = openTurn(0);
  reach(state, allowed(state, peerId, turn)._unsafeUnwrap(), null, turn);
  const dial = turn.effects.find((effect) => effect.to === 'transport' && effect.say === 'dial');
  assert.ok(dial?.to === 'transport' && dial.say === 'dial');
  assert.ok(dialled(state, dial.connectionId, turn, '10.77.0.1'));
  const start = turn.effects.find((effect) => effect.to === 'foreign' && effect.say === 'start');
  assert.ok(start?.to === 'foreign' && start.say === 'start');
  assert.equal(start.options.address, '10.77.0.1');
});
