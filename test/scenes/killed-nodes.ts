/** Kills nodes in processes of their own while they exchange messages, and checks what arrived. Fault D1. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { eventually } from '../support/deadline.js';
import {
  playNode,
  spawnNode,
  type NodeProcess,
  type PlayedNode,
  type SpawnOptions,
} from '../support/node-process.js';
import { temporaryHome } from '../support/program.js';
import { quantile } from '../support/scene-nodes.js';
import { dice } from '../support/seeds.js';
import { freeUdpPort } from '../support/free-port.js';

export async function run(
  context: TestContext,
  options: SpawnOptions,
): Promise<NodeProcess & { readonly id: string }> {
  const process = spawnNode(options);
  context.after(() => process.child.kill('SIGKILL'));
  const { id } = await process.until('ready');
  return { ...process, id };
}

/** Starts the node at the other end of the tested one, in this process. */
export async function playPeer(
  context: TestContext,
  options: Omit<SpawnOptions, 'placing'>,
): Promise<PlayedNode & { readonly id: string }> {
  const peer = await playNode(context, options);
  const { id } = await peer.until('ready');
  return { ...peer, id };
}

/** Sends ten texts each 20 ms until `end` settles. Texts are numbered from `from`; returns the next number. */
export async function sendUntil(
  end: Promise<unknown>,
  process: PlayedNode,
  to: string,
  from: number,
): Promise<number> {
  const ended = new AbortController();
  void end.then(() => ended.abort());
  let next = from;
  while (!ended.signal.aborted) {
    const first = next;
    next += 10;
    process.tell({ type: 'send', to, texts: Array.from({ length: 10 }, (_, at) => String(first + at)) });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return next;
}

export const queuedBy = (process: PlayedNode): readonly string[] =>
  process.said.flatMap((said) => (said.said === 'queued' ? said.texts : []));

/**
 * All that was queued is in the history of `at`: once, and in order. Messages without an answer may be there, too.
 */
export async function assertArrived(queued: readonly string[], at: PlayedNode): Promise<void> {
  const shown = (): readonly string[] =>
    at.said.flatMap((said) => (said.said === 'shown' ? [said.text] : []));
  const isAll = (): boolean => {
    const seen = new Set(shown());
    return queued.every((text) => seen.has(text));
  };
  await eventually(isAll, 20_000, 'all arrived').catch(() => undefined);
  const seen = shown();
  const lost = queued.filter((text) => !seen.includes(text));
  assert.deepEqual(lost, [], `${lost.length} of ${queued.length} lost`);
  assert.equal(new Set(seen).size, seen.length, 'shown twice');
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => Number(a) - Number(b)),
    'order',
  );
}

/**
 * A sender talks all the time, and the victim is killed at a random moment of each round and started again. At the end all
 * that was queued is there.
 */
export async function killing(
  context: TestContext,
  victim: 'sender' | 'receiver',
  seed: number,
  rounds: number,
): Promise<void> {
  const roll = dice(seed);
  const beaconPort = await freeUdpPort();
  const homes = { sender: temporaryHome(context), receiver: temporaryHome(context) };
  let starts = 0;
  const start = (): Promise<NodeProcess & { readonly id: string }> => {
    // On threads and inline in turn: as shipped, and at a third of the CPU time.
    const placing = (starts += 1) % 2 === 1 ? 'threads' : 'inline';
    return run(context, { home: homes[victim], name: victim, beaconPort, placing });
  };
  const other = victim === 'sender' ? 'receiver' : 'sender';
  const peer = await playPeer(context, { home: homes[other], name: other, beaconPort });
  let mortal = await start();
  const sender = (): PlayedNode => (victim === 'sender' ? mortal : peer);
  const receiver = (): PlayedNode & { readonly id: string } => (victim === 'sender' ? peer : mortal);
  const knows = () => sender().until('peer', ({ id }) => id === receiver().id);
  await knows();
  const queued: string[] = [];
  const readyMs: number[] = [];
  let next = 1;
  for (let round = 0; round < rounds; round += 1) {
    const killed = new Promise<void>((resolve) => {
      setTimeout(
        () => {
          mortal.child.kill('SIGKILL');
          resolve();
        },
        20 + roll(300),
      );
    });
    next = await sendUntil(killed, sender(), receiver().id, next);
    await mortal.exited;
    const startedMs = performance.now();
    if (victim === 'sender') queued.push(...queuedBy(mortal));
    mortal = await start();
    if (victim === 'sender') await knows().catch(() => undefined);
    readyMs.push(performance.now() - startedMs);
  }
  await knows();
  sender().tell({ type: 'send', to: receiver().id, texts: [String(next)] });
  await sender().until('queued', ({ texts }) => texts.includes(String(next)));
  queued.push(...queuedBy(sender()));
  await assertArrived(queued, receiver());
  const worst = Math.max(...readyMs).toFixed(0);
  const p95 = quantile(readyMs, 0.95).toFixed(0);
  context.diagnostic(
    `${rounds} kills of the ${victim}, ${queued.length} queued, 0 lost; ready again p95 ${p95} ms, at worst ${worst} ms`,
  );
}
