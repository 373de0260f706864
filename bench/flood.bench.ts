/**
 * Floods of handshakes by strangers: first messages by the thousand, and handshakes without end. Reports the cost of
 * the node, in memory and CPU, and the time that honest callers wait meanwhile. `FLOOD_SECONDS` and `SOAK_HANDSHAKES`
 * make it longer (a whole soak: 100000). Spec: faults.md, section 2.5.
 */
import { once } from 'node:events';
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { percentile } from './measure.js';
import type { Order, Report } from './node-child.js';
import { firstMessage, newTally, simulatedPeer, type SimulatedPeer } from '../test/support/simulated-peer.js';
import { freeUdpPort } from '../test/support/free-port.js';

const floodSeconds = Number(process.env['FLOOD_SECONDS'] ?? 8);
const floodPerSecond = 1_000;
const floodAddresses = [1, 250] as const;
const soakHandshakes = Number(process.env['SOAK_HANDSHAKES'] ?? 5_000);
/** No more than there are places: who waits for one would measure the waiting. */
const soakPeers = 4;
const knownPeers = 10;
const honestEveryMs = 100;
const mib = 2 ** 20;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function run(): Promise<void> {
  for (const addresses of floodAddresses) await withNode([], (node) => flood(node, addresses));
  // A young generation that is always full finds what a collection at the wrong moment breaks.
  await withNode(['--gc-global', '--max-semi-space-size=1'], soak);
}

/** First messages from many addresses, and now and then an honest caller from an address of its own. */
async function flood({ port, usage }: BusyNode, addresses: number): Promise<void> {
  const known = Array.from({ length: knownPeers }, (_, n) =>
    simulatedPeer(`known-${n}`, { host: '127.0.0.1', port, from: `127.0.8.${n + 1}` }, newTally()),
  );
  for (const peer of known) await peer.deliver(['0 hello']);
  const quiet = await inTurn(known, Math.min(4, floodSeconds));
  const before = await usage();
  const sockets = new Set<Socket>();
  const startedMs = performance.now();
  let opened = 0;
  const opening = setInterval(() => {
    const due = ((performance.now() - startedMs) / 1_000) * floodPerSecond;
    for (; opened < due; opened += 1) attack(port, `127.0.9.${1 + (opened % addresses)}`, opened, sockets);
  }, 5);
  const strangers = Array.from({ length: 10 }, (_, n) =>
    simulatedPeer(`new-${n}`, { host: '127.0.0.1', port, from: `127.0.7.${n + 1}` }, newTally()),
  );
  let served = 0;
  for (const peer of strangers) void peer.deliver(['0 I am new']).then(() => (served += 1));
  const during = await inTurn(known, floodSeconds);
  const servedInTime = served;
  clearInterval(opening);
  const after = await usage();
  const seconds = (performance.now() - startedMs) / 1_000;
  for (const socket of sockets) socket.destroy();
  // Nobody may be left who would call a node that is gone.
  while (served < strangers.length) await pause(honestEveryMs);
  print(
    `  first messages from ${addresses} address${addresses === 1 ? '' : 'es'}: ${(opened / seconds).toFixed(0)}/s for ${seconds.toFixed(0)} s`,
  );
  print(`    who is known, before: ${waitsOf(quiet)}`);
  print(`    who is known, during: ${waitsOf(during)}`);
  print(`    strangers served during it: ${servedInTime} of ${strangers.length}`);
  const cpu = ((after.cpuMs - before.cpuMs) / seconds) * 0.1;
  print(
    `    ${memoryOf(before, after)}, ${cpu.toFixed(0)} % of a core, main loop p99 ${after.loopDelayP99Ms.toFixed(0)} ms (goal 50)`,
  );
}

/** Real ones, made ahead: to make a thousand a second would cost the attacker more than they cost the node. */
const messages = Array.from({ length: 64 }, () => firstMessage());

function attack(port: number, localAddress: string, n: number, sockets: Set<Socket>): void {
  const message = messages[n % messages.length] ?? new Uint8Array(0);
  const socket = connect({ host: '127.0.0.1', port, localAddress }, () => socket.write(message));
  sockets.add(socket);
  socket.on('error', () => undefined);
  socket.on('close', () => sockets.delete(socket));
  socket.setTimeout(1_000, () => socket.destroy());
  socket.resume();
}

/** A few peers that come, say one thing, and go, over and over: one handshake each time, nearly all resumed. */
async function soak({ port, usage }: BusyNode): Promise<void> {
  const tally = newTally();
  const peers = Array.from({ length: soakPeers }, (_, n) =>
    simulatedPeer(`peer-${n}`, { host: '127.0.0.1', port, from: `127.0.8.${n + 1}` }, tally),
  );
  // Code loaded with the first sessions does not count as growth.
  for (const peer of peers) for (let n = 0; n < 25; n += 1) await peer.deliver(['0 hello']);
  const first = tally.resumed + tally.fullHandshakes;
  const before = await usage();
  const memory: number[] = [];
  const waits: number[] = [];
  const startedMs = performance.now();
  for (let done = 0; done < soakHandshakes; done += soakPeers) {
    const each = await Promise.all(peers.map((peer) => peer.deliver(['0 again'])));
    waits.push(...each.flat());
    if (done % Math.ceil(soakHandshakes / 5) < soakPeers) memory.push((await usage()).rssBytes);
  }
  const after = await usage();
  const seconds = (performance.now() - startedMs) / 1_000;
  const { resumed, fullHandshakes, busy, lost } = tally;
  const count = resumed + fullHandshakes - first;
  print(
    `  soak: ${count} handshakes (${fullHandshakes} full) in ${seconds.toFixed(0)} s, ${busy} told BUSY, ${lost} lost`,
  );
  print(`    a message over a session of its own: ${waitsOf(waits)}`);
  const onTheWay = memory.map((bytes) => (bytes / mib).toFixed(0)).join(' ');
  print(`    ${memoryOf(before, after)} (on the way ${onTheWay})`);
  const each = (after.cpuMs - before.cpuMs) / count;
  print(`    ${each.toFixed(1)} ms of CPU for each, its message, receipt and commit included`);
}

/** One message after the other, each from the next peer; the wait of each, ms. */
async function inTurn(peers: readonly SimulatedPeer[], seconds: number): Promise<readonly number[]> {
  const waits: number[] = [];
  const endMs = performance.now() + seconds * 1_000;
  for (let n = 0; performance.now() < endMs; n += 1) {
    waits.push(...((await peers[n % peers.length]?.deliver([`0 number ${n}`])) ?? []));
    await pause(honestEveryMs);
  }
  return waits;
}

const waitsOf = (waits: readonly number[]): string =>
  `${waits.length} served, p50 ${percentile(waits, 0.5).toFixed(0)} ms, p95 ${percentile(waits, 0.95).toFixed(0)} ms, longest ${Math.max(...waits).toFixed(0)} ms`;

const memoryOf = (before: Usage, after: Usage): string =>
  `memory ${(before.rssBytes / mib).toFixed(0)} MiB before, ${(after.rssBytes / mib).toFixed(0)} MiB after`;

type Usage = Extract<Report, { report: 'usage' }>;

interface BusyNode {
  readonly port: number;
  readonly usage: () => Promise<Usage>;
}

async function withNode(execArgv: readonly string[], use: (node: BusyNode) => Promise<void>): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'parlance-flood-'));
  const child = fork(join(import.meta.dirname, 'node-child.js'), {
    stdio: 'inherit',
    execArgv: [...execArgv],
  });
  try {
    const ready = reportOf(child, 'ready');
    tell(child, { order: 'start', home, name: 'busy', beaconPort: await freeUdpPort() });
    const { port } = await ready;
    await use({
      port,
      usage() {
        const told = reportOf(child, 'usage');
        tell(child, { order: 'usage', isLoopWatched: true });
        return told;
      },
    });
  } finally {
    const exited = child.exitCode === null ? once(child, 'exit') : Promise.resolve();
    if (child.connected) tell(child, { order: 'close' });
    await exited;
    rmSync(home, { recursive: true, force: true });
  }
}

const tell = (child: ChildProcess, order: Order): void => void child.send(order);

function reportOf<Kind extends Report['report']>(
  child: ChildProcess,
  kind: Kind,
): Promise<Extract<Report, { report: Kind }>> {
  return new Promise((resolve, reject) => {
    const onReport = (told: Report): void => {
      if (told.report === 'failed') reject(new Error(told.reason));
      if (!isOf(told, kind)) return;
      child.off('message', onReport);
      resolve(told);
    };
    child.on('message', onReport);
    child.once('exit', () => reject(new Error('the node has ended')));
  });
}

const isOf = <Kind extends Report['report']>(
  told: Report,
  kind: Kind,
): told is Extract<Report, { report: Kind }> => told.report === kind;
