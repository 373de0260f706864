/** Handshakes that fail, as anybody can cause them by the thousand: what of them reaches the log. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { LogRation } from '../../src/runtime/log-ration.js';
import { dialing } from '../../src/chat/routes/limits.js';
import { eventually } from '../support/deadline.js';
import { liveNode } from '../support/live-node.js';
import { freeUdpPort } from '../support/free-port.js';

test('each source is logged once in a period, at most as many as fit, and the rest is counted', () => {
  const ration = new LogRation({ everyMs: 1_000, sourcesMax: 2 });
  assert.equal(ration.note('a', 0), 'logged');
  assert.equal(ration.note('a', 10), 'first-suppressed');
  assert.equal(ration.note('b', 20), 'logged');
  assert.equal(ration.note('c', 30), 'suppressed', 'two sources are all that fit');
  assert.equal(ration.takeSuppressed(), 2);
  assert.equal(ration.note('c', 999), 'first-suppressed');
  assert.equal(ration.note('c', 1_000), 'logged', 'a new while');
  assert.equal(ration.takeSuppressed(), 1);
  assert.equal(ration.takeSuppressed(), 0);
});

test('failing handshakes from many addresses do not fill the log, and all are counted', async (context) => {
  const alice = await liveNode(context, { name: 'alice', beaconPort: await freeUdpPort() });
  const { everyMs, sourcesMax } = dialing.failureLog;
  const callers = sourcesMax + 10;
  // The beginning of a native connection, and a first message that cannot be read.
  const nonsense = Buffer.concat([Buffer.from('PARL\u0001\u0000'), Buffer.from([0, 4, 1, 2, 3, 4])]);
  const startedMs = performance.now();
  for (let caller = 0; caller < callers; caller += 1) {
    const socket = connect({ host: '127.0.0.1', port: alice.port, localAddress: `127.0.77.${caller + 1}` });
    socket.on('error', () => undefined).resume();
    socket.write(nonsense);
    await once(socket, 'close');
  }
  const told = (): number => alice.log.filter(({ event }) => event === 'session-failed').length;
  const counted = (): number =>
    alice.log
      .filter(({ event }) => event === 'session-failed-unlogged')
      .reduce((sum, { fields }) => sum + Number(fields['count']), 0);
  // A caller may know of the end of its connection before the log does.
  await eventually(() => told() + counted() === callers, 4 * everyMs, 'all of them told or counted');
  const whiles = 1 + Math.floor((performance.now() - startedMs) / everyMs);
  assert.ok(told() >= sourcesMax && told() <= whiles * sourcesMax, `${told()} told in ${whiles} whiles`);
  assert.ok(counted() > 0);
});
