/** Costs of a stranger with a finished handshake that sends names, receipts and texts without end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Utterance } from '../../src/dialects/dialect.js';
import { messageIdFromBytes } from '../../src/ids.js';
import { deliver, liveNode, untilMet } from '../support/live-node.js';
import { openRawSession } from '../support/simulated-peer.js';
import { anyBytes } from '../support/seeds.js';
import { freeUdpPort } from '../support/free-port.js';

const rounds = 40;
const perRound = 500;

type Kind = 'names' | 'receipts' | 'texts';

function utteranceOf(kind: Kind, n: number): Utterance {
  const id = messageIdFromBytes(anyBytes(16));
  if (kind === 'names') return { type: 'profile', name: `mallory ${n}`, instance: '0011223344556677' };
  if (kind === 'receipts') return { type: 'receipt', ids: [id] };
  return { type: 'text', id, sentAtMs: n, text: `the same again, ${n}` };
}

for (const kind of ['names', 'receipts', 'texts'] as const) {
  test(`a stranger's flood of ${kind} holds up nobody else`, async (context) => {
    const beaconPort = await freeUdpPort();
    const alice = await liveNode(context, { name: 'alice', beaconPort });
    const bob = await liveNode(context, { name: 'bob', beaconPort });
    await untilMet(alice, bob);
    const stranger = await openRawSession({ host: '127.0.0.1', port: alice.port });
    context.after(() => stranger.close());

    const flooding = (async () => {
      for (let round = 0; round < rounds; round += 1)
        await stranger.say(
          Array.from({ length: perRound }, (_, at) => utteranceOf(kind, round * perRound + at)),
        );
    })();
    await deliver(alice, 'bob', 'said in the middle of a flood');
    assert.deepEqual(bob.heard(), ['said in the middle of a flood']);
    stranger.close();
    await flooding.catch(() => undefined);
    const told = alice.events.filter((event) => event.type === 'peer' && event.name.startsWith('mallory'));
    assert.ok(told.length <= 30, `${told.length} changes of name were told`);
  });
}
