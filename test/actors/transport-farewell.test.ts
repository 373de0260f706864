/** The end of connections without a slot, and the reports of a joined socket, over loopback. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { Farewells } from '../../src/actors/transport/farewell.js';
import { transport as limits } from '../../src/actors/transport/limits.js';
import { joinSocket } from '../../src/actors/transport/socket.js';
import { openByteStream } from '../../src/runtime/stream.js';
import { conversationHello } from '../support/admission-driver.js';

/** Opens `count` connections to a server. Returns both sides of each. */
async function connections(t: TestContext, count: number) {
  const accepted: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    accepted.push(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const callers = Array.from({ length: count }, () =>
    connect({ port, host: '127.0.0.1', allowHalfOpen: true }),
  );
  t.after(() => {
    for (const socket of [...accepted, ...callers]) socket.destroy();
    server.close();
  });
  for (const caller of callers) caller.on('error', () => undefined);
  while (accepted.length < count) await once(server, 'connection');
  return { accepted, callers };
}

// Case N1
test('a bounded number of callers without a slot read a sentence, the others are closed at once', async (t) => {
  const { accepted } = await connections(t, limits.farewellsMost + 2);
  const farewells = new Farewells();
  for (const socket of accepted) farewells.turnAway(socket, conversationHello);
  const open = accepted.filter(({ destroyed }) => !destroyed);
  assert.equal(open.length, limits.farewellsMost);
  // A closed connection gives its place back, and a farewell to a closed connection takes none.
  const [first] = open;
  const gone = once(first ?? assert.fail('none'), 'close');
  first?.destroy();
  await gone;
  if (first) farewells.turnAway(first, conversationHello);
  const { accepted: later } = await connections(t, 2);
  for (const socket of later) farewells.turnAway(socket, conversationHello);
  assert.deepEqual(
    later.map(({ destroyed }) => destroyed),
    [false, true],
  );
});

// Case N1
test('a joined socket reports that it hears its caller at its first bytes, not at ours', async (t) => {
  const { accepted, callers } = await connections(t, 1);
  const [socket, caller] = [accepted[0] ?? assert.fail('none'), callers[0] ?? assert.fail('none')];
  const { port1, port2 } = new MessageChannel();
  let heardCount = 0;
  const ours = openByteStream(port2, { onBytes: () => undefined, onEnd: () => undefined });
  const joint = joinSocket(socket, port1, null, {
    onActive: () => undefined,
    onHeard: () => (heardCount += 1),
    onOver: () => undefined,
  });
  t.after(() => joint.destroy('over'));
  const words = once(caller, 'data');
  ours.write(new Uint8Array([1]));
  await words;
  assert.equal(heardCount, 0);
  const firstBytes = once(socket, 'data');
  caller.write('a');
  await firstBytes;
  assert.equal(heardCount, 1);
  const ended = once(socket, 'end');
  caller.end('b');
  await ended;
  assert.equal(heardCount, 1);
});
