/** The order in which callers reach the node, which matters to programs that open a connection per message. */
import assert from 'node:assert/strict';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { AcceptPool } from '../../src/actors/transport/accept.js';
import type { AcceptedConnection } from '../../src/actors/transport/protocol.js';
import type { DialectName } from '../../src/dialects/dialect.js';
import type { ConnectionId } from '../../src/ids.js';
import { admission } from '../../src/admission/limits.js';
import { eventually, within } from '../support/deadline.js';

const enabled: ReadonlySet<DialectName> = new Set(['native', 'netech']);
const words = 'LISTENING_PORT:7070|TEAM_NAME:ned|hi';
const fullHello = Buffer.concat([Buffer.from('PARL\x01\x00', 'latin1'), Buffer.alloc(1_218, 7)]);

interface Door {
  readonly joined: readonly AcceptedConnection[];
  /** The sessions that were asked to park. */
  readonly wanted: readonly ConnectionId[];
  readonly clock: { nowMs: number };
  readonly pool: AcceptPool;
  /** Accepted by the pool once it settles. */
  call(from: string): Promise<Socket>;
  /** Connects and sends first bytes. */
  speak(from: string, first?: string | Buffer): Promise<Socket>;
  /** Waits until the first bytes of the last caller are read. */
  untilHeard(): Promise<void>;
}

async function openDoor(t: TestContext): Promise<Door> {
  const clock = { nowMs: 0 };
  const joined: AcceptedConnection[] = [];
  const wanted: ConnectionId[] = [];
  const welcomed: Socket[] = [];
  const pool = new AcceptPool(
    { connectionsMax: 5, enabled, isWelcome: () => true, now: () => clock.nowMs, random: () => 0 },
    {
      onAccepted: (connection) => joined.push(connection) > 0,
      onSlotWanted: (connectionId) => wanted.push(connectionId),
      onTurnedAway: () => undefined,
      onTrace: () => undefined,
      onUnknown: () => undefined,
    },
  );
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    welcomed.push(socket);
    pool.welcome(socket, 'sniffed');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const callers: Socket[] = [];
  t.after(() => {
    pool.closeAll('shutdown');
    for (const { port } of joined) port.close();
    for (const caller of callers) caller.destroy();
    server.close();
  });
  const call = async (from: string): Promise<Socket> => {
    const { port } = server.address() as AddressInfo;
    const socket = connect({ host: '127.0.0.1', port, localAddress: from });
    socket.on('error', () => undefined);
    callers.push(socket);
    const count = callers.length;
    await eventually(() => welcomed.length === count, 2_000, 'the caller is accepted');
    return socket;
  };
  return {
    joined,
    wanted,
    clock,
    pool,
    call,
    async speak(from, first = words) {
      const socket = await call(from);
      socket.resume();
      socket.write(first);
      return socket;
    },
    async untilHeard() {
      await eventually(() => (welcomed.at(-1)?.bytesRead ?? 0) > 0, 2_000, 'its first bytes');
      // A caller that is read in one turn of the loop goes on in the next.
      await new Promise((resolve) => setTimeout(resolve));
    },
  };
}

test('callers whose first bytes come in one turn of the loop go on in order of acceptance', async (t) => {
  const door = await openDoor(t);
  const callers = [
    await door.call('127.0.0.2'),
    await door.call('127.0.0.3'),
    await door.call('127.0.0.4'),
    await door.call('127.0.0.5'),
  ];
  // All can be read by the next turn; the system names them in the order in which the bytes came.
  for (const caller of callers.toReversed()) caller.write(words);
  await eventually(() => door.joined.length === 4, 2_000, 'all are handed on');
  assert.deepEqual(
    door.joined.map(({ connectionId }) => connectionId),
    ['in-1', 'in-2', 'in-3', 'in-4'],
  );
});

test('an older program that waits for a slot is not overtaken by its next connection', async (t) => {
  const door = await openDoor(t);
  const from = '127.0.0.2';
  // They hold what one address may hold, and are left alone for 20 ms.
  await door.call(from);
  await door.call(from);
  door.clock.nowMs = 10;
  const early = await door.call(from);
  early.write(words);
  await new Promise((resolve) => setImmediate(resolve));
  door.clock.nowMs = 25;
  const late = await door.call(from);
  late.write(words);
  await eventually(() => door.joined.length === 2, 2_000, 'both are handed on');
  assert.deepEqual(
    door.joined.map(({ connectionId }) => connectionId),
    ['in-3', 'in-4'],
  );
});

const closed = (socket: Socket): Promise<unknown> =>
  socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once('close', resolve));

/** All slots that strangers may have. */
async function fillSlots(door: Door, first?: Buffer): Promise<void> {
  for (const last of [2, 3, 4, 5]) await door.speak(`127.0.0.${last}`, first);
  await eventually(() => door.joined.length === 4, 2_000, 'four are served');
}

test('older programs that wait fill their own room, and leave the one of native peers', async (t) => {
  const door = await openDoor(t);
  await fillSlots(door);
  for (let at = 0; at < admission.foreignWaitingMax; at += 1)
    await door.speak(`127.0.${1 + Math.floor(at / 128)}.${1 + (at % 128)}`);
  assert.equal(door.pool.stats().crowdedOut, 0);
  const late = await door.speak('127.0.9.1');
  await within(closed(late), 2_000, 'the one too many is closed');
  assert.equal(door.pool.stats().crowdedOut, 1);
  const native = await door.call('127.0.9.2');
  native.write(fullHello);
  const answer = await within(new Promise<Buffer>((resolve) => native.once('data', resolve)), 2_000, 'BUSY');
  assert.deepEqual([...answer.subarray(0, 3)], [0, 0, 3]);
});

test('a host that fills the room of older programs makes room for one of another host', async (t) => {
  const door = await openDoor(t);
  await fillSlots(door);
  const hog: Socket[] = [];
  while (hog.length < admission.foreignWaitingMax) hog.push(await door.speak('127.0.0.66'));
  const honest = await door.speak('127.0.0.7');
  const latest = hog.at(-1);
  assert.ok(latest);
  await within(closed(latest), 2_000, 'the latest of the hog is closed');
  assert.equal(door.pool.stats().crowdedOut, 1);
  const isIn = (): boolean => door.joined.some(({ remoteAddress }) => remoteAddress === '127.0.0.7');
  // Slots get free one by one.
  for (const { connectionId } of door.joined.slice(0, 4)) {
    door.pool.close(connectionId, 'done', 0);
    await eventually(() => door.pool.stats().inboundNow === 4, 2_000, 'the slot is given on');
  }
  await eventually(isIn, 2_000, 'the honest one has a slot');
  assert.equal(honest.closed, false);
});

test('a host that fills the room with silence keeps neither native peers nor older programs out', async (t) => {
  const door = await openDoor(t);
  for (let at = 0; at < admission.waitingMax + 2; at += 1) await door.call('127.0.0.66');
  assert.equal(door.pool.stats().crowdedOut, 0);
  const tooMany = await door.call('127.0.0.66');
  tooMany.resume();
  await within(closed(tooMany), 2_000, 'one more of its own is closed');
  await door.speak('127.0.0.2', fullHello);
  await door.speak('127.0.0.3');
  await eventually(() => door.joined.length === 2, 2_000, 'both are served');
  assert.deepEqual(door.joined.map(({ dialect }) => dialect).toSorted(), ['native', 'netech']);
});

test('while an older program waits, one session after the other is asked to make room', async (t) => {
  const door = await openDoor(t);
  await fillSlots(door, fullHello);
  for (const { connectionId } of door.joined) door.pool.authenticated(connectionId, false, 'session');
  door.clock.nowMs += admission.sessionSettledMs;
  await door.speak('127.0.0.7');
  await eventually(() => door.wanted.length === 4, 2_000, 'all four are asked');
  assert.deepEqual(door.wanted.toSorted(), door.joined.map(({ connectionId }) => connectionId).toSorted());
});

test('a caller that makes a session park at the end of its wait gets the slot', async (t) => {
  const door = await openDoor(t);
  await fillSlots(door, fullHello);
  for (const { connectionId } of door.joined) door.pool.authenticated(connectionId, false, 'session');
  const late = await door.speak('127.0.0.7', fullHello);
  await door.untilHeard();
  assert.equal(door.wanted.length, 0);
  // The sessions are up for long enough only now.
  door.clock.nowMs += admission.waitMs;
  await eventually(() => door.wanted.length === 1, 2_000, 'one is asked');
  const [parked] = door.wanted;
  assert.ok(parked);
  door.pool.close(parked, 'park', 0);
  await eventually(() => door.joined.length === 5, 2_000, 'the caller has the slot');
  assert.equal(late.closed, false);
});
