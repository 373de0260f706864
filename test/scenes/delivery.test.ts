/**
 * Processes that are killed, stopped, or find no room on the disk while they talk: what was queued is shown once, in
 * order. Spec: faults.md D1, D10, D15, S9.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { eventually } from '../support/deadline.js';
import { spawnNode, type NodeProcess, type SpawnOptions } from '../support/node-process.js';
import { freeBeaconPort, temporaryHome } from '../support/program.js';
import { dice, withSeeds } from '../support/seeds.js';
import { usableNowMs } from '../support/usable-time.js';

async function run(
  context: TestContext,
  options: SpawnOptions,
): Promise<NodeProcess & { readonly id: string }> {
  const process = spawnNode(options);
  context.after(() => process.child.kill('SIGKILL'));
  const { id } = await process.until('ready');
  return { ...process, id };
}

/** Sends ten texts each 20 ms until the process is gone. Texts are numbered from `from`; returns the next number. */
async function talkUntil(
  end: Promise<unknown>,
  process: NodeProcess,
  to: string,
  from: number,
): Promise<number> {
  const ended = new AbortController();
  void end.then(() => ended.abort());
  let next = from;
  while (!ended.signal.aborted) {
    const first = next;
    next += 10;
    process.tell({ told: 'send', to, texts: Array.from({ length: 10 }, (_, at) => String(first + at)) });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return next;
}

/** The node at the other end of what is tested. */
const inline = { placing: 'inline' } as const;

const queuedBy = (process: NodeProcess): readonly string[] =>
  process.said.flatMap((said) => (said.said === 'queued' ? said.texts : []));

/**
 * All that was queued is in the history of `at`: once, and in order. Messages without an answer may be there, too.
 */
async function assertArrived(queued: readonly string[], at: NodeProcess): Promise<void> {
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

describe('kill -9', () => {
  for (const victim of ['sender', 'receiver'] as const)
    test(`of the ${victim} at random moments loses nothing and shows nothing twice`, async (context) => {
      await withSeeds(context, (seed) => killing(context, victim, seed));
    });
});

async function killing(context: TestContext, victim: 'sender' | 'receiver', seed: number): Promise<void> {
  const roll = dice(seed);
  const beaconPort = await freeBeaconPort();
  const homes = { sender: temporaryHome(context), receiver: temporaryHome(context) };
  let starts = 0;
  const start = (name: 'sender' | 'receiver'): Promise<NodeProcess & { readonly id: string }> => {
    // The one that is killed runs on threads and inline in turn: as shipped, and at a third of the CPU time.
    const placing = name === victim && (starts += 1) % 2 === 1 ? 'threads' : 'inline';
    return run(context, { home: homes[name], name, beaconPort, placing });
  };
  let [sender, receiver] = [await start('sender'), await start('receiver')];
  await sender.until('peer', ({ id }) => id === receiver.id);
  const queued: string[] = [];
  const readyMs: number[] = [];
  let next = 1;
  const rounds = 4;
  for (let round = 0; round < rounds; round += 1) {
    const dead = victim === 'sender' ? sender : receiver;
    const killed = new Promise<void>((resolve) => {
      setTimeout(
        () => {
          dead.child.kill('SIGKILL');
          resolve();
        },
        20 + roll(300),
      );
    });
    next = await talkUntil(killed, sender, receiver.id, next);
    await dead.exited;
    const startedMs = performance.now();
    if (victim === 'sender') {
      queued.push(...queuedBy(sender));
      sender = await start('sender');
      await sender.until('peer', ({ id }) => id === receiver.id).catch(() => undefined);
    } else receiver = await start('receiver');
    readyMs.push(performance.now() - startedMs);
  }
  await sender.until('peer', ({ id }) => id === receiver.id);
  sender.tell({ told: 'send', to: receiver.id, texts: [String(next)] });
  await sender.until('queued', ({ texts }) => texts.includes(String(next)));
  queued.push(...queuedBy(sender));
  await assertArrived(queued, receiver);
  const worst = Math.max(...readyMs);
  context.diagnostic(`${rounds} kills, ${queued.length} queued; ready again at worst ${worst.toFixed(0)} ms`);
}

test('SIGTERM under load ends soon and loses nothing', async (context) => {
  const beaconPort = await freeBeaconPort();
  const home = temporaryHome(context);
  const receiver = await run(context, {
    ...inline,
    home: temporaryHome(context),
    name: 'receiver',
    beaconPort,
  });
  const sender = await run(context, { home, name: 'sender', beaconPort });
  await sender.until('peer', ({ id }) => id === receiver.id);
  let tookMs = Number.NaN;
  const ended = new Promise<void>((resolve) => {
    setTimeout(() => {
      const startedMs = usableNowMs();
      sender.child.kill('SIGTERM');
      void sender.exited.then(() => {
        tookMs = usableNowMs() - startedMs;
        resolve();
      });
    }, 400);
  });
  await talkUntil(ended, sender, receiver.id, 1);
  assert.equal(await sender.exited, 0);
  context.diagnostic(`ended after ${tookMs.toFixed(0)} ms`);
  // The goal is 2 s on a quiet machine (printed); this leaves room for a busy one.
  assert.ok(tookMs < 5_000, `it took ${tookMs.toFixed(0)} ms`);
  await run(context, { ...inline, home, name: 'sender', beaconPort });
  await assertArrived(queuedBy(sender), receiver);
});

test('a second node on one home is refused at once and names the first; kill -9 of that frees it', async (context) => {
  const options = {
    ...inline,
    home: temporaryHome(context),
    name: 'one',
    beaconPort: await freeBeaconPort(),
  };
  const first = await run(context, options);
  const second = spawnNode(options);
  context.after(() => second.child.kill('SIGKILL'));
  const { error } = await second.until('refused');
  assert.deepEqual([error.code, error.pid], ['home/in-use', first.child.pid]);
  assert.equal(await second.exited, 1);
  first.child.kill('SIGKILL');
  await first.exited;
  await run(context, options);
});

test('with a full disk nothing is queued, the error is reported, and the node recovers by itself', async (context) => {
  const mount = temporaryHome(context);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=0700', 'parlance-test', mount], {
      stdio: 'pipe',
    });
  } catch {
    context.skip('a file system of its own cannot be mounted here');
    return;
  }
  try {
    const beaconPort = await freeBeaconPort();
    const receiver = await run(context, {
      ...inline,
      home: temporaryHome(context),
      name: 'receiver',
      beaconPort,
    });
    const home = join(mount, 'home');
    mkdirSync(home, { mode: 0o700 });
    const sender = await run(context, { home, name: 'sender', beaconPort });
    await sender.until('peer', ({ id }) => id === receiver.id);
    sender.tell({ told: 'send', to: receiver.id, texts: ['1'] });
    await sender.until('queued');
    const ballast = join(mount, 'ballast');
    assert.throws(() => writeFileSync(ballast, Buffer.alloc(4 * 2 ** 20)), /ENOSPC/);
    const big = 'x'.repeat(60_000);
    const startedMs = performance.now();
    sender.tell({
      told: 'send',
      to: receiver.id,
      texts: Array.from({ length: 20 }, (_, n) => `${n + 2} ${big}`),
    });
    const refused = await sender.until('not-queued');
    context.diagnostic(`refused with ${refused.code} after ${(performance.now() - startedMs).toFixed(0)} ms`);
    assert.match(refused.code, /^store\//);
    rmSync(ballast);
    const freedMs = performance.now();
    let tries = 0;
    const isQueuedAgain = (): boolean => {
      tries += 1;
      sender.tell({ told: 'send', to: receiver.id, texts: [String(1_000 + tries)] });
      return queuedBy(sender).length > 1;
    };
    await eventually(
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        return isQueuedAgain();
      },
      5_000,
      'it recovers',
    );
    context.diagnostic(`queued again ${(performance.now() - freedMs).toFixed(0)} ms after there was room`);
    await assertArrived(queuedBy(sender), receiver);
    const after = receiver.said.flatMap((said) => (said.said === 'shown' ? [said.text] : []));
    assert.ok(
      after.every((text) => text.length < 100),
      'nothing that was refused arrived',
    );
    sender.child.kill('SIGKILL');
    await sender.exited;
  } finally {
    execFileSync('umount', ['-l', mount], { stdio: 'pipe' });
  }
});
