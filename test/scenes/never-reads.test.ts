/**
 * A contact who finishes its handshake and then reads nothing, while much waits for it: what is under way to it is
 * bounded, and the others do not notice. Spec: faults.md N7.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { outbox } from '../../src/chat/delivery/limits.js';
import { eventually, testMsMax, within } from '../support/deadline.js';
import { deliver, liveNode, message, peer, sendPatiently, untilMet } from '../support/live-node.js';
import { spawnNode, type NodeProcess } from '../support/node-process.js';
import { temporaryHome } from '../support/program.js';
import { quantile } from '../support/scene-nodes.js';
import { startHolding } from '../support/simulated-peer.js';
import { freeUdpPort } from '../support/free-port.js';

const mib = 2 ** 20;

test(
  'a peer that never reads costs little memory and holds up nobody else',
  { timeout: testMsMax },
  async (context) => {
    const beaconPort = await freeUdpPort();
    const deaf = await startHolding(true);
    context.after(deaf.close);
    const alice = spawnNode({ home: temporaryHome(context), name: 'alice', beaconPort });
    context.after(() => void alice.child.kill('SIGKILL'));
    const { id: aliceId } = await alice.until('ready');
    const bob = await liveNode(context, { name: 'bob', beaconPort });
    await bob.until(peer(aliceId, 'online'), 'alice is there');
    await alice.until('peer', ({ id }) => id === bob.id);
    const pid = alice.child.pid ?? 0;
    const waitOf = async (text: string): Promise<number> => {
      const startedMs = performance.now();
      alice.tell({ type: 'send', to: bob.id, texts: [text] });
      await bob.until(message(text), text);
      return performance.now() - startedMs;
    };
    await waitOf('before');
    const beforeBytes = rssOf(pid);

    const deafTo = `127.0.0.1:${deaf.port}`;
    const long = 'x'.repeat(60_000);
    const queuedBytes = 10 * mib;
    const batch = Array.from({ length: 10 }, () => long);
    await sendPatientlyFrom(alice, deafTo, 'hello');
    await within(deaf.held.take(), 10_000, 'the handshake with who never reads');
    for (let bytes = 0; bytes < queuedBytes; bytes += batch.length * long.length) {
      const queued = queuedAt(alice);
      alice.tell({ type: 'send', to: deafTo, texts: batch });
      await eventually(() => queuedAt(alice) > queued, 10_000, 'queued');
    }

    const waitsMs: number[] = [];
    let mostBytes = 0;
    for (let n = 0; n < 40; n += 1) {
      waitsMs.push(await waitOf(`text ${n}`));
      mostBytes = Math.max(mostBytes, rssOf(pid));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const p95 = quantile(waitsMs, 0.95);
    context.diagnostic(
      `memory ${(beforeBytes / mib).toFixed(0)} MiB before, at most ${(mostBytes / mib).toFixed(0)} MiB; the other waited p50 ${quantile(waitsMs, 0.5).toFixed(0)} ms, p95 ${p95.toFixed(0)} ms`,
    );
    // The goal is 256 MB in all (printed); from Node 22 on a process starts out with some 40 MiB more than on 20.
    assert.ok(
      mostBytes - beforeBytes < 128 * mib,
      `${((mostBytes - beforeBytes) / mib).toFixed(0)} MiB more`,
    );
    assert.ok(p95 < 2_000, `p95 ${p95.toFixed(0)} ms`);
  },
);

test('of what waits for a peer that never reads, one megabyte is under way', async (context) => {
  const deaf = await startHolding(true);
  context.after(deaf.close);
  const beaconPort = await freeUdpPort();
  const alice = await liveNode(context, { name: 'alice', beaconPort });
  const bob = await liveNode(context, { name: 'bob', beaconPort });
  await untilMet(alice, bob);
  // Three times what may be under way.
  const texts = Array.from({ length: Math.ceil((3 * outbox.windowBytesMax) / 60_000) }, () =>
    'x'.repeat(60_000),
  );
  const queued = await sendPatiently(alice.handle, `127.0.0.1:${deaf.port}`, texts);
  await within(deaf.held.take(), 10_000, 'the handshake with who never reads');
  // As long as somebody else's words go to and fro, there is time for more.
  for (let n = 0; n < 30; n += 1) await deliver(alice, bob.id, `text ${n}`);
  const waiting = new Set(queued.map(({ id }) => id));
  const sent = alice.events.filter(
    (event) => event.type === 'status' && event.state === 'sent' && waiting.has(event.id),
  ).length;
  context.diagnostic(`${sent} of ${texts.length} texts of 60,000 bytes were under way`);
  assert.ok(sent > 0 && sent * 60_000 <= outbox.windowBytesMax, `${sent} under way`);
});

/** On a busy machine a handshake may miss its three seconds: nothing is queued then, and the user tries again. */
async function sendPatientlyFrom(node: NodeProcess, to: string, text: string): Promise<void> {
  for (let tries = 1; tries <= 10; tries += 1) {
    const before = node.said.length;
    const answer = (): string | undefined =>
      node.said
        .slice(before)
        .flatMap((one) =>
          one.said === 'queued' ? ['queued'] : one.said === 'not-queued' ? [one.code] : [],
        )[0];
    node.tell({ type: 'send', to, texts: [text] });
    await eventually(() => answer() !== undefined, 10_000, 'an answer to the send');
    if (answer() === 'queued') return;
    assert.equal(answer(), 'session/deadline');
  }
  assert.fail('no handshake in time');
}

const queuedAt = ({ said }: NodeProcess): number => said.filter((one) => one.said === 'queued').length;

/** Resident memory of a process, as the kernel tells it. */
function rssOf(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) * 1_024;
}
