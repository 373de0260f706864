import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { eventually, within } from '../support/deadline.js';
import { programFile } from '../support/programs.js';
import { usableNowMs } from '../support/usable-time.js';

const hello = Buffer.concat([Buffer.from('PARL\x01\x00', 'latin1'), Buffer.alloc(1_218, 7)]);

/** A transport in a process of its own, so that attackers here do not take its event loop. */
async function startTransport(t: TestContext, descriptors: number | null = null) {
  const path = programFile('support/transport-child');
  const limit = descriptors === null ? '' : `ulimit -n ${descriptors}; `;
  const child: ChildProcess = spawn('sh', ['-c', `${limit}exec "$0" "$1"`, process.execPath, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill());
  const port = await within(
    new Promise<number>((resolve) => child.stdout?.once('data', (text: Buffer) => resolve(Number(text)))),
    5_000,
    'a port',
  );
  return { port, isRunning: () => child.exitCode === null && child.signalCode === null };
}

/** Opens connections at a rate, says `first` or nothing on each and never more; keeps them until they are closed. */
function attack(
  t: TestContext,
  port: number,
  perSecond: number,
  addresses: number,
  first: Buffer | null,
): void {
  const open = new Set<Socket>();
  let count = 0;
  const perTick = perSecond / 100;
  const timer = setInterval(() => {
    for (let i = 0; i < perTick; i += 1) {
      count += 1;
      const socket = connect({ host: '127.0.0.1', port, localAddress: `127.0.6.${1 + (count % addresses)}` });
      socket.on('error', () => undefined).on('close', () => open.delete(socket));
      socket.resume();
      if (first) socket.write(first);
      open.add(socket);
      if (open.size > 2_000) for (const one of [...open].slice(0, 100)) one.destroy();
    }
  }, 10);
  t.after(() => {
    clearInterval(timer);
    for (const socket of open) socket.destroy();
  });
}

/** Calls from the address `from`. Resolves with whether the call was served. */
async function visit(port: number, from: string): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port, localAddress: from });
  let heard = 0;
  let isClosed = false;
  socket.on('error', () => undefined).on('close', () => (isClosed = true));
  socket.on('data', (chunk: Buffer) => (heard += chunk.byteLength));
  socket.write(hello);
  await eventually(() => heard >= hello.byteLength || isClosed, 4_000, 'an answer');
  socket.destroy();
  return heard >= hello.byteLength;
}

/** Whether one more silent caller gets BUSY. */
async function isTurnedAway(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port, localAddress: '127.0.6.1' });
  let heard = 0;
  let isClosed = false;
  socket.on('error', () => undefined).on('close', () => (isClosed = true));
  socket.on('data', (chunk: Buffer) => (heard += chunk.byteLength));
  await eventually(() => isClosed, 4_000, 'an answer');
  return heard === 5;
}

async function honestTimes(port: number, count: number, deadlineMs: number): Promise<number[]> {
  const took: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const startedMs = usableNowMs();
    await eventually(() => visit(port, '127.0.7.1'), deadlineMs, `honest caller ${i}`);
    took.push(usableNowMs() - startedMs);
    // Within its budget of handshakes.
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  return took.toSorted((a, b) => a - b);
}

const cases = [
  { what: 'one address, 500 connections a second', addresses: 1, perSecond: 500, p95Ms: 1_000 },
  { what: '50 addresses, 500 connections a second', addresses: 50, perSecond: 500, p95Ms: 2_000 },
];
for (const { what, addresses, perSecond, p95Ms } of cases)
  test(`silent callers do not keep an honest one out: ${what}`, async (t) => {
    const { port, isRunning } = await startTransport(t);
    attack(t, port, perSecond, addresses, null);
    await eventually(() => isTurnedAway(port), 4_000, 'no room for one more silent caller');
    const took = await honestTimes(port, 25, 8_000);
    const p95 = took[23] ?? Infinity;
    t.diagnostic(`p50 ${took[12]?.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms`);
    assert.ok(p95 < p95Ms, `${p95} ms`);
    assert.ok(isRunning());
  });

test('with 64 descriptors a crowd is survived, and service is back within five seconds', async (t) => {
  const { port, isRunning } = await startTransport(t, 64);
  const crowd = Array.from({ length: 300 }, (_, i) => {
    const socket = connect({ host: '127.0.0.1', port, localAddress: `127.0.8.${1 + (i % 200)}` });
    socket.on('error', () => undefined).resume();
    return socket;
  });
  // A caller for which no descriptor is left waits in the system, where it counts as connected.
  await Promise.all(
    crowd.map((socket) => new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))),
  );
  assert.ok(isRunning(), 'still running');
  for (const socket of crowd) socket.destroy();
  const startedMs = performance.now();
  await eventually(() => visit(port, '127.0.7.1'), 5_000, 'service');
  t.diagnostic(`served ${(performance.now() - startedMs).toFixed(0)} ms after the crowd left`);
  assert.ok(isRunning());
});
