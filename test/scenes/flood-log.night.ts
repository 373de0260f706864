/**
 * The log of a node under floods of calls and of beacons stays small, and counts what it leaves out. Fault N9. Nightly; by
 * hand: PARLANCE_FLOOD_SECONDS=20.
 */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { freeUdpPort } from '../support/free-port.js';
import { startSceneNode } from '../support/scene-nodes.js';
import { dice, withSeeds } from '../support/seeds.js';

const seconds = Number(process.env['PARLANCE_FLOOD_SECONDS'] ?? 600);
const everyMs = 20;
const beaconsPerRound = 20;
const bytesPerMinuteMax = 1_000_000;

for (const foreign of [[], ['chatbuddy', 'netech']] as const)
  // Fault N9
  test(`a flood writes 1 MB of log a minute at most (foreign: ${foreign.join(' ') || 'none'})`, (context) =>
    withSeeds(context, async (seed) => {
      const draw = dice(seed);
      const beaconPort = await freeUdpPort();
      const bob = await startSceneNode(context, {
        name: 'bob',
        beaconPorts: [beaconPort],
        ...(foreign.length === 0 ? {} : { dialects: foreign }),
      });
      const noise = (bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, () => draw(256));
      const udp = createSocket('udp4');
      context.after(() => udp.close());
      let calls = 0;
      const flood = setInterval(() => {
        const localAddress = `127.0.${1 + draw(4)}.${1 + draw(250)}`;
        const socket = connect({ host: '127.0.0.1', port: bob.port, localAddress });
        socket.on('error', () => undefined).resume();
        calls += 1;
        if (draw(2) === 0) socket.end(noise(1 + draw(400)));
        else socket.write('PARL\u0001\u0000', 'latin1');
        setTimeout(() => socket.destroy(), 2_000).unref();
        for (let n = 0; n < beaconsPerRound; n += 1) udp.send(noise(200), beaconPort, '127.0.0.1');
      }, everyMs);
      context.after(() => clearInterval(flood));
      const before = bob.log.length;
      await pause(seconds * 1_000);
      clearInterval(flood);
      const lines = bob.log.slice(before);
      const bytes = lines.reduce((sum, line) => sum + JSON.stringify(line).length, 0);
      const perMinute = (bytes / seconds) * 60;
      context.diagnostic(
        `${calls} calls and ${calls * beaconsPerRound} datagrams in ${seconds} s: ${lines.length} lines, ` +
          `${(perMinute / 1_000).toFixed(1)} kB of log a minute`,
      );
      assert.ok(perMinute <= bytesPerMinuteMax, `${perMinute.toFixed(0)} bytes a minute`);
    }));
