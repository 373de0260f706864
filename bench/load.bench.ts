/**
 * A node with five slots and very many callers: simulated native peers with keys and handshakes of their own, ten
 * messages each, all at once. How long until everything is delivered, and how long a single message waited.
 */
import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { fork, type ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Order, Report } from './node-child.js';
import { newTally, simulatedPeer } from '../test/support/simulated-peer.js';

const messagesEach = 10;
const deadlineMs = 180_000;
/** Peers and the addresses they call from: a network, and a crowd behind one address. */
const crowds = [
  { peers: 100, addresses: 100 },
  { peers: 500, addresses: 250 },
  { peers: 100, addresses: 1 },
] as const;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

export async function run(): Promise<void> {
  for (const { peers, addresses } of crowds) await crowd(peers, addresses);
}

async function crowd(count: number, addresses: number): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'parlance-load-'));
  const child = fork(join(import.meta.dirname, 'node-child.js'), { stdio: 'inherit' });
  try {
    const { port } = await start(child, home);
    const tally = newTally();
    const startedMs = performance.now();
    const all = Promise.all(
      Array.from({ length: count }, (_, at) => {
        const from = `127.0.${1 + Math.floor((at % addresses) / 250)}.${2 + ((at % addresses) % 250)}`;
        const texts = Array.from({ length: messagesEach }, (_, n) => `${n} from ${at}`);
        return simulatedPeer(`peer-${at}`, { host: '127.0.0.1', port, from }, tally).deliver(texts);
      }),
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const why = () => reject(new Error(`not delivered within ${deadlineMs} ms: ${JSON.stringify(tally)}`));
      timer = setTimeout(why, deadlineMs);
    });
    const waits = (await Promise.race([all, late]).finally(() => clearTimeout(timer))).flat();
    const seconds = (performance.now() - startedMs) / 1_000;
    const sorted = waits.toSorted((a, b) => a - b);
    const p99 = (sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN) / 1_000;
    print(
      `${count} peers from ${addresses} address${addresses === 1 ? '' : 'es'}: ${waits.length} of ${count * messagesEach} delivered in ${seconds.toFixed(1)} s, ${(waits.length / seconds).toFixed(0)}/s, p99 wait ${p99.toFixed(1)} s${count === 500 ? ' (goal 30 s)' : ''}`,
    );
    const { connects, busy, fullHandshakes, resumed, parked, lost, servedMost } = tally;
    print(
      `  ${connects} connections, ${busy} told BUSY, ${fullHandshakes} handshakes, ${resumed} resumed, ${parked} parked, ${lost} lost, ${servedMost} open at once as the peers see it`,
    );
  } finally {
    const exited = child.exitCode === null ? once(child, 'exit') : Promise.resolve();
    if (child.connected) child.send({ order: 'close' } satisfies Order);
    await exited;
    rmSync(home, { recursive: true, force: true });
  }
}

async function start(child: ChildProcess, home: string): Promise<{ readonly port: number }> {
  const socket = createSocket('udp4').bind(0);
  await once(socket, 'listening');
  const beaconPort = socket.address().port;
  socket.close();
  const ready = new Promise<Extract<Report, { report: 'ready' }>>((resolve, reject) => {
    child.on('message', (told: Report) => {
      if (told.report === 'ready') resolve(told);
      if (told.report === 'failed') reject(new Error(told.reason));
    });
  });
  child.send({ order: 'start', home, name: 'busy', beaconPort } satisfies Order);
  return ready;
}
