/** The timer that the sessions of a thread share. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import type { FilesProtocol } from '../../src/actors/files/protocol.js';
import type { SessionReports } from '../../src/actors/connection/protocol.js';
import { session } from '../../src/actors/connection/session.js';
import { Ticker } from '../../src/actors/connection/ticker.js';
import { parseSessionId } from '../../src/ids.js';
import { drive, Recorder } from '../support/actor-driver.js';
import { newIdentity } from '../support/simulated-peer.js';

test('the jobs of a thread share one timer, which sleeps without jobs', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const timers = t.mock.method(globalThis, 'setInterval');
  const ticker = new Ticker(1_000);
  const calls = { one: 0, other: 0 };
  const endOne = ticker.add(() => (calls.one += 1));
  const endOther = ticker.add(() => (calls.other += 1));
  t.mock.timers.tick(2_000);
  assert.deepEqual(calls, { one: 2, other: 2 });
  assert.equal(timers.mock.callCount(), 1);
  endOne();
  t.mock.timers.tick(1_000);
  assert.deepEqual(calls, { one: 2, other: 3 });
  endOther();
  endOther();
  t.mock.timers.tick(5_000);
  assert.deepEqual(calls, { one: 2, other: 3 }, 'nothing ticks');
  ticker.add(() => (calls.one += 1));
  t.mock.timers.tick(1_000);
  assert.deepEqual(calls, { one: 3, other: 3 }, 'a new job starts it again');
});

for (const end of ['crash', 'stop'] as const)
  test(`a session leaves no job on the timer of its thread after its ${end}`, async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const cleared = t.mock.method(globalThis, 'clearInterval');
    const { port1, port2 } = new MessageChannel();
    t.after(() => port2.close());
    const args = {
      sessionId: parseSessionId('s-1')._unsafeUnwrap(),
      local: newIdentity().local,
      role: { type: 'initiator', expectedIdKey: null, resumption: null },
      port: port1,
    } as const;
    const driven = await drive(session, args, {
      node: new Recorder<SessionReports>().ref,
      files: new Recorder<FilesProtocol>().ref,
    });
    assert.equal(cleared.mock.callCount(), 0);
    await driven[end]();
    assert.equal(cleared.mock.callCount(), 1);
    port1.close();
  });
