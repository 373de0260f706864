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

interface PoolDriver {
  /** Connections that have a slot, in the order in which the node gets them. */
  readonly handedOn: readonly AcceptedConnection[];
  /** The sessions that were asked to park. */
  readonly wanted: readonly ConnectionId[];
  readonly clock: { nowMs: number };
  readonly pool: AcceptPool;
  /** Connects. Settles once the pool has the connection. */
  call(from: string): Promise<Socket>;
  /** Connects and sends first bytes. */
  speak(from: string, first?: string | Buffer): Promise<Socket>;
  /** Waits until the first bytes of the last caller are read. */
  untilRead(): Promise<void>;
}

async function openPool(t: TestContext): Promise<PoolDriver> {
  const clock = { nowMs: 0 };
  const handedOn: AcceptedConnection[] = [];
  const wanted: ConnectionId[] = [];
  const accepted: Socket[] = [];
  const pool = new AcceptPool(
    { connectionsMax: 5, enabled, isWelcome: () => true, now: () => clock.nowMs, random: () => 0 },
    {
      onAccepted: (connection) => handedOn.push(connection) > 0,
      onSlotWanted: (connectionId) => wanted.push(connectionId),
      onTurnedAway: () => undefined,
      onWordsLost: () => undefined,
      onTrace: () => undefined,
      onUnknown: () => undefined,
    },
  );
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    accepted.push(socket);
    pool.welcome(socket, 'sniffed');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const callers: Socket[] = [];
  t.after(() => {
    pool.closeAll('shutdown');
    for (const { port } of handedOn) port.close();
    for (const caller of callers) caller.destroy();
    server.close();
  });
  const call = async (from: string): Promise<Socket> => {
    const { port } = server.address() as AddressInfo;
    const socket = connect({ host: '127.0.0.1', port, localAddress: from });
    socket.on('error', () => undefined);
    callers.push(socket);
    const count = callers.length;
    await eventually(() => accepted.length === count, 2_000, 'the caller is accepted');
    return socket;
  };
  return {
    handedOn,
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
    async untilRead() {
      await eventually(() => (accepted.at(-1)?.bytesRead ?? 0) > 0, 2_000, 'its first bytes');
      // A caller that is read in one turn of the loop goes on in the next.
      await new Promise((resolve) => setTimeout(resolve));
    },
  };
}

test('callers whose first bytes come in one turn of the loop go on in order of acceptance', async (t) => {
  const driver = await openPool(t);
  const callers = [
    await driver.call('127.0.0.2'),
    await driver.call('127.0.0.3'),
    await driver.call('127.0.0.4'),
    await driver.call('127.0.0.5'),
  ];
  // All can be read by the next turn; the system names them in the order in which the bytes came.
  for (const caller of callers.toReversed()) caller.write(words);
  await eventually(() => driver.handedOn.length === 4, 2_000, 'all are handed on');
  assert.deepEqual(
    driver.handedOn.map(({ connectionId }) => connectionId),
    ['in-1', 'in-2', 'in-3', 'in-4'],
  );
});

test('an older program that waits for a slot is not overtaken by its next connection', async (t) => {
  const driver = await openPool(t);
  const from = '127.0.0.2';
  // These two are all that one address may hold, and nobody may take their slots for 20 ms.
  await driver.call(from);
  await driver.call(from);
  driver.clock.nowMs = 10;
  const early = await driver.call(from);
  early.write(words);
  await new Promise((resolve) => setImmediate(resolve));
  driver.clock.nowMs = 25;
  const late = await driver.call(from);
  late.write(words);
  await eventually(() => driver.handedOn.length === 2, 2_000, 'both are handed on');
  assert.deepEqual(
    driver.handedOn.map(({ connectionId }) => connectionId),
    ['in-3', 'in-4'],
  );
});

const closed = (socket: Socket): Promise<unknown> =>
  socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once('close', resolve));

/** Takes all slots that strangers may have. */
async function fillSlots(driver: PoolDriver, first?: Buffer): Promise<void> {
  for (const last of [2, 3, 4, 5]) await driver.speak(`127.0.0.${last}`, first);
  await eventually(() => driver.handedOn.length === 4, 2_000, 'four are served');
}

test('foreign programs that wait fill their own queue, and leave the one of native peers', async (t) => {
  const driver = await openPool(t);
  await fillSlots(driver);
  for (let at = 0; at < admission.foreignWaitingMax; at += 1)
    await driver.speak(`127.0.${1 + Math.floor(at / 128)}.${1 + (at % 128)}`);
  assert.equal(driver.pool.stats().crowdedOut, 0);
  const late = await driver.speak('127.0.9.1');
  await within(closed(late), 2_000, 'the one too many is closed');
  assert.equal(driver.pool.stats().crowdedOut, 1);
  const native = await driver.call('127.0.9.2');
  native.write(fullHello);
  const answer = await within(new Promise<Buffer>((resolve) => native.once('data', resolve)), 2_000, 'BUSY');
  assert.deepEqual([...answer.subarray(0, 3)], [0, 0, 3]);
});

test('a host that fills the queue of foreign programs gives way to another host', async (t) => {
  const driver = await openPool(t);
  await fillSlots(driver);
  const hog: Socket[] = [];
  while (hog.length < admission.foreignWaitingMax) hog.push(await driver.speak('127.0.0.66'));
  const honest = await driver.speak('127.0.0.7');
  const latest = hog.at(-1);
  assert.ok(latest);
  await within(closed(latest), 2_000, 'the latest of the hog is closed');
  assert.equal(driver.pool.stats().crowdedOut, 1);
  const isIn = (): boolean => driver.handedOn.some(({ remoteAddress }) => remoteAddress === '127.0.0.7');
  // Slots get free one by one.
  for (const { connectionId } of driver.handedOn.slice(0, 4)) {
    driver.pool.close(connectionId, 'done', 0);
    await eventually(() => driver.pool.stats().inboundNow === 4, 2_000, 'the slot is given on');
  }
  await eventually(isIn, 2_000, 'the honest one has a slot');
  assert.equal(honest.closed, false);
});

test('a silent host that fills the queue keeps out neither native peers nor foreign programs', async (t) => {
  const driver = await openPool(t);
  for (let at = 0; at < admission.waitingMax + 2; at += 1) await driver.call('127.0.0.66');
  assert.equal(driver.pool.stats().crowdedOut, 0);
  const tooMany = await driver.call('127.0.0.66');
  tooMany.resume();
  await within(closed(tooMany), 2_000, 'one more of its own is closed');
  await driver.speak('127.0.0.2', fullHello);
  await driver.speak('127.0.0.3');
  await eventually(() => driver.handedOn.length === 2, 2_000, 'both are served');
  assert.deepEqual(driver.handedOn.map(({ dialect }) => dialect).toSorted(), ['native', 'netech']);
});

test('while an older program waits, one session after the other is asked to make room', async (t) => {
  const driver = await openPool(t);
  await fillSlots(driver, fullHello);
  for (const { connectionId } of driver.handedOn) driver.pool.authenticated(connectionId, false, 'session');
  driver.clock.nowMs += admission.sessionSettledMs;
  await driver.speak('127.0.0.7');
  await eventually(() => driver.wanted.length === 4, 2_000, 'all four are asked');
  assert.deepEqual(
    driver.wanted.toSorted(),
    driver.handedOn.map(({ connectionId }) => connectionId).toSorted(),
  );
});

test('a caller that makes a session park at the end of its wait gets the slot', async (t) => {
  const driver = await openPool(t);
  await fillSlots(driver, fullHello);
  for (const { connectionId } of driver.handedOn) driver.pool.authenticated(connectionId, false, 'session');
  const late = await driver.speak('127.0.0.7', fullHello);
  await driver.untilRead();
  assert.equal(driver.wanted.length, 0);
  // The sessions are up for long enough only now.
  driver.clock.nowMs += admission.waitMs;
  await eventually(() => driver.wanted.length === 1, 2_000, 'one is asked');
  const [parked] = driver.wanted;
  assert.ok(parked);
  driver.pool.close(parked, 'park', 0);
  await eventually(() => driver.handedOn.length === 5, 2_000, 'the caller has the slot');
  assert.equal(late.closed, false);
});
