/** Where a goodbye goes, and where it must not go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beaconSocket } from '../../src/actors/presence/limits.js';
import { goodbyePorts } from '../../src/actors/presence/targets.js';

// Case O6
test('a goodbye goes to every beacon port but the one of Peer_Discovery', () => {
  assert.deepEqual(goodbyePorts(beaconSocket.portsDefault), [6_001]);
  assert.deepEqual(goodbyePorts([7_000, 6_000, 7_001]), [7_000, 7_001]);
  assert.deepEqual(goodbyePorts([6_000]), []);
});
