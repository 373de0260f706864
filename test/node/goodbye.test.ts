/** A node that leaves, while others still talk to it. */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { startNode } from '../../src/node/root.js';
import { encodeChallenge } from '../../src/wire/beacon.js';
import { temporaryHome } from '../support/program.js';
import { testMsMax } from '../support/deadline.js';
import { freeUdpPort } from '../support/free-port.js';

test(
  'a query to a node that is ending causes no error in its log',
  { timeout: testMsMax },
  async (context) => {
    const beaconPort = await freeUdpPort();
    const levels = new Map<string, string>();
    const started = await startNode({
      home: temporaryHome(context),
      bind: '127.0.0.1',
      port: 0,
      broadcast: ['127.255.255.255'],
      beaconPorts: [beaconPort],
      log: (level, event, { actor }) => levels.set(`${event} ${String(actor)}`, level),
    });
    const node = started._unsafeUnwrap();
    const askers = await Promise.all(
      Array.from({ length: 250 }, (_, n) => askerAt(context, `127.0.88.${n + 1}`)),
    );
    const question = encodeChallenge(new Uint8Array(16).fill(7), 200);
    assert.ok(question);
    const end = new AbortController();
    const closed = node.close().then(() => end.abort());
    // One after the other as long as it takes, since each is answered only once in a while.
    for (let n = 0; !end.signal.aborted; n += 1) {
      askers[n % askers.length]?.send(question, beaconPort, '127.0.0.1');
      await new Promise((resolve) => setImmediate(resolve));
    }
    await closed;
    assert.deepEqual(
      [...levels].filter(([, level]) => level === 'error'),
      [],
    );
  },
);

async function askerAt(context: TestContext, address: string): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, address);
  await once(socket, 'listening');
  context.after(() => socket.close());
  return socket;
}
