/**
 * Node to node beside servers that other people run: texts of 100 bytes from one client to another one, in turns. What
 * each of them guarantees differs and stands in its file; nodes encrypt, and both sync what they confirm.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figure, median, type Measured } from './measure.js';
import { nodeChild } from './node.bench.js';
import { round, type Contestant } from './servers/contestant.js';
import { mosquitto } from './servers/mosquitto.js';
import { jetStream } from './servers/nats.js';
import { ngircd } from './servers/ngircd.js';
import { freeUdpPort } from '../test/support/free-port.js';

const rounds = 5;
const messages = 20_000;
const batch = 500;
const text = 'x'.repeat(94);
const goals: Readonly<Record<string, string>> = { mosquitto: '≥ 2.5 ×', JetStream: '≥ 0.8 ×' };

export async function run(): Promise<readonly Measured[]> {
  const home = mkdtempSync(join(tmpdir(), 'parlance-servers-'));
  const contestants: Contestant[] = [];
  const [alice, bob] = [nodeChild(), nodeChild()];
  try {
    for (const start of [mosquitto, jetStream, ngircd]) {
      const started = await start(mkdtempSync(join(home, 'of-')));
      if (started !== null) contestants.push(started);
    }
    const beaconPort = await freeUdpPort();
    await alice.ask({ order: 'start', home: alice.home, name: 'alice', beaconPort }, 'ready');
    const seen = alice.next('peer');
    await bob.ask({ order: 'start', home: bob.home, name: 'bob', beaconPort }, 'ready');
    await seen;
    await alice.ask({ order: 'lone', peer: 'bob', count: 20 }, 'lone');
    await bob.ask({ order: 'accept', peer: 'alice' }, 'accepted');
    const own: number[] = [];
    const others = contestants.map((one) => ({ one, rates: [] as number[], cpuUs: [] as number[] }));
    for (let nth = 0; nth < rounds; nth += 1) {
      const order = { order: 'send', peer: 'bob', count: messages, batch, text } as const;
      const { elapsedMs } = await alice.ask(order, 'sent');
      own.push(messages / (elapsedMs / 1_000));
      for (const { one, rates, cpuUs } of others) {
        const took = await round(one, messages, text);
        rates.push(took.perSecond);
        cpuUs.push(took.cpuUs);
      }
    }
    return [
      figure('100-byte texts, node to node', '/s', own),
      ...others.flatMap(({ one, rates, cpuUs }) => {
        const goal = Object.entries(goals).find(([name]) => one.name.startsWith(name))?.[1];
        return [
          figure(one.name, '/s', rates),
          figure(`nodes beside ${one.name}`, '/s', own, {
            reference: { what: one.name, value: median(rates) },
            ...(goal === undefined ? {} : { goal }),
          }),
          figure(`${one.name}, CPU of the server per text`, 'µs', cpuUs),
        ];
      }),
    ];
  } finally {
    await Promise.all([alice.close(), bob.close(), ...contestants.map((one) => one.stop())]);
    rmSync(home, { recursive: true, force: true });
  }
}
