/**
 * The connections of a node under a flood, counted from outside among the sockets that its process owns. Longer by hand:
 * PARLANCE_FLOOD_SECONDS=60 npm test scenes/owned-sockets
 */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { admission } from '../../src/admission/limits.js';
import { eventually } from '../support/deadline.js';
import { spawnNode } from '../support/node-process.js';
import { canSeeSockets, ownedAt } from '../support/owned-sockets.js';
import { temporaryHome } from '../support/program.js';
import { newTally, simulatedPeer } from '../support/simulated-peer.js';
import { freeUdpPort } from '../support/free-port.js';

const floodSeconds = Number(process.env['PARLANCE_FLOOD_SECONDS'] ?? 3);
const everyMs = 20;
const fullHello = Buffer.concat([Buffer.from('PARL\x01\x00', 'latin1'), Buffer.alloc(1_218, 7)]);
const openings: readonly (Uint8Array | null)[] = [null, fullHello, fullHello.subarray(0, 700)];

// Case N9
test(
  'at fifty connections a second a node owns at most its five slots and one connection',
  { skip: canSeeSockets ? false : 'only Linux lists the sockets of a process' },
  async (context) => {
    const home = temporaryHome(context);
    // On threads, as a node runs: a sync of the history must not lie between the accept of a caller and its reset.
    const bob = spawnNode({ home, name: 'bob', beaconPort: await freeUdpPort(), placing: 'threads' });
    const { port } = await bob.until('ready');
    const pid = bob.child.pid ?? 0;
    const callers: Socket[] = [];
    const tally = { busy: 0, reset: 0 };
    const call = (): void => {
      const socket = connect({ host: '127.0.0.1', port, localAddress: '127.0.0.66', allowHalfOpen: true });
      const opening = openings[callers.length % openings.length] ?? null;
      socket.on('data', (bytes: Buffer) => (tally.busy += bytes[2] === 3 ? 1 : 0));
      socket.on('error', () => (tally.reset += 1));
      if (opening !== null) socket.write(opening);
      callers.push(socket);
    };
    let ownedMost = 0;
    let samples = 0;
    // A connection counts once six samples in a row show it, some 40 ms: a refused caller is owned until its BUSY is out
    // or until its reset, which Node does two turns later. Both take longer on a busy machine.
    let latest: readonly (readonly string[])[] = [];
    const counting = setInterval(() => {
      const now = ownedAt(pid, port);
      latest = [...latest.slice(-5), now];
      ownedMost = Math.max(
        ownedMost,
        now.filter((inode) => latest.every((one) => one.includes(inode))).length,
      );
      samples += 1;
    }, 8);
    const flood = setInterval(call, everyMs);
    context.after(async () => {
      clearInterval(flood);
      clearInterval(counting);
      for (const caller of callers) caller.destroy();
      bob.child.kill('SIGTERM');
      await bob.exited;
    });
    const waitsMs: number[] = [];
    const total = (floodSeconds * 1_000) / everyMs;
    for (let n = 1; callers.length < total; n += 1) {
      const target = { host: '127.0.0.1', port, from: `127.0.1.${(n % 250) + 1}` };
      waitsMs.push(...(await simulatedPeer(`honest-${n}`, target, newTally()).deliver([`honest ${n}`])));
      await eventually(() => callers.length >= Math.min(total, n * 25), 60_000, 'the flood goes on');
    }
    const slowest = Math.max(...waitsMs).toFixed(0);
    context.diagnostic(
      `${callers.length} connections, ${tally.busy} told BUSY, ${tally.reset} reset; owned at most ${ownedMost} in ${samples} samples; ${waitsMs.length} honest messages, the slowest ${slowest} ms`,
    );
    assert.ok(samples > floodSeconds * 10, `${samples} samples`);
    assert.ok(ownedMost >= 2, 'the flood is seen');
    assert.ok(ownedMost <= admission.connectionsMax + 1, `${ownedMost} sockets are owned at once`);
  },
);
