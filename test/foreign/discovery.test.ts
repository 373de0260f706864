/** Peer_Discovery of cmp2204 beside a node: the lines that it prints while the node comes, stays and goes. */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { eventually } from '../support/deadline.js';
import { startScene } from '../support/foreign-scene.js';

/**
 * The program as it runs: it prints a line for each datagram of a name that it holds for offline. A name that it has not
 * heard of for `awayMs` is offline; a goodbye is a datagram like any other.
 */
async function printingDiscovery(
  t: TestContext,
  host: string,
  port: number,
  awayMs: number,
): Promise<{ readonly printed: readonly string[]; count(): number }> {
  const printed: string[] = [];
  let datagrams = 0;
  const seenAtMs = new Map<string, number>();
  const socket = await boundAt(host, port);
  socket.on('message', (datagram) => {
    const { username } = JSON.parse(datagram.subarray(0, 1_024).toString('utf8')) as { username: string };
    const nowMs = performance.now();
    if (nowMs - (seenAtMs.get(username) ?? -Infinity) > awayMs) printed.push(`${username} is online`);
    seenAtMs.set(username, nowMs);
    datagrams += 1;
  });
  t.after(() => socket.close());
  return { printed, count: () => datagrams };
}

/** Binds the fixed port of the program. A test beside this one may have it for a moment, on every address. */
async function boundAt(host: string, port: number): Promise<Socket> {
  let bound: Socket | null = null;
  await eventually(
    async () => {
      const socket = createSocket('udp4');
      socket.bind(port, host);
      await once(socket, 'listening').then(
        () => (bound = socket),
        () => socket.close(),
      );
      return bound !== null;
    },
    3_000,
    `${host}:${port} is free`,
  );
  assert.ok(bound !== null);
  return bound;
}

// Case O6
test('Peer_Discovery hears a node every 8 s, and prints nothing when the node says goodbye', async (t) => {
  // Both have an address of their own, since the port of the program is fixed.
  const program = await printingDiscovery(t, '127.0.77.2', 6_000, -1);
  const other = await printingDiscovery(t, '127.0.77.2', 6_001, 60_000);
  const scene = await startScene(t, {
    bind: '127.0.77.1',
    broadcast: ['127.0.77.2'],
    beaconPorts: [6_000, 6_001],
  });
  await eventually(() => program.count() > 0 && program.count() === other.count(), 20_000, 'it is announced');
  assert.deepEqual(new Set(program.printed), new Set(['nora is online']));
  // The next announcement comes 8 s after those of the start.
  const started = program.count();
  const startedMs = performance.now();
  await eventually(
    () => program.count() > started && program.count() === other.count(),
    60_000,
    'the next one',
  );
  assert.ok(performance.now() - startedMs > 5_000, 'not sooner');
  const announced = program.count();
  await scene.node.close();
  await eventually(() => other.count() > announced, 20_000, 'a goodbye on the other port');
  // Announcements go to both ports, and the goodbye to one of them.
  assert.equal(program.count(), other.count() - 1);
});
