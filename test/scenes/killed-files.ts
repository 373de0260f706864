/** Kills a node at random moments of a transfer, starts it again, and checks what arrived. Case F1. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { NodeEvent } from '../../src/chat/events.js';
import { newMessageId } from '../../src/node/message-id.js';
import { hangMs } from '../support/deadline.js';
import { spawnFilesNode, type FilesNodeOptions } from '../support/files-child.js';
import { freeUdpPort } from '../support/free-port.js';
import { liveNode } from '../support/live-node.js';
import { temporaryHome } from '../support/program.js';
import { dice } from '../support/seeds.js';

/** Kills the victim `kills` times at random shares of the file, and lets the transfer end. */
export async function killingTransfer(
  context: TestContext,
  victim: 'sender' | 'receiver',
  seed: number,
  { kills, bytes }: { readonly kills: number; readonly bytes: number },
): Promise<void> {
  const random = dice(seed);
  const beaconPort = await freeUdpPort();
  const [home, source, target] = [temporaryHome(context), temporaryHome(context), temporaryHome(context)];
  const content = randomBytes(bytes);
  const path = join(source, 'big.bin');
  writeFileSync(path, content);
  const id = newMessageId();
  const options: FilesNodeOptions = {
    home,
    name: 'victim',
    beaconPort,
    directory: victim === 'receiver' ? target : null,
    offer: victim === 'sender' ? { to: 'other', path, id } : null,
  };
  const other = await liveNode(context, { name: 'other', beaconPort });
  const isAt = (event: NodeEvent, share: number): boolean =>
    event.type === 'transfer' && event.id === id && (event.state === 'done' || event.done >= share * bytes);
  let child: ChildProcess | null = null;
  context.after(() => child?.kill('SIGKILL'));
  for (let kill = 0; kill < kills; kill += 1) {
    const share = (kill + random(1_000) / 1_000) / kills;
    const { promise: started, resolve: reach } = waiting();
    child = spawnFilesNode(options, (event) => {
      if (isAt(event, share)) reach();
    });
    if (victim === 'receiver' && kill === 0) {
      await other.until(
        (event) => (event.type === 'peer' && event.name === 'victim' ? event : undefined),
        'met',
      );
      (await other.handle.offerFiles('victim', [path], { id }))._unsafeUnwrap();
    }
    if (victim === 'sender' && kill === 0) {
      await other.until(
        (event) => (event.type === 'transfer' && event.state === 'asked' ? event : undefined),
        'asked',
      );
      (await other.handle.actOnTransfer(id, 'accept', target))._unsafeUnwrap();
    }
    await within(started, `${String(Math.round(share * 100))} % before kill ${String(kill)}`);
    child.kill('SIGKILL');
    await once(child, 'close');
  }
  const { promise: ended, resolve: end } = waiting();
  child = spawnFilesNode(options, (event) => {
    if (event.id === id && event.state === 'done') end();
  });
  await within(
    Promise.race([
      ended,
      other.until(
        (event) => (event.type === 'transfer' && event.state === 'done' ? event : undefined),
        'done',
        hangMs,
      ),
    ]),
    'the end of the transfer',
  );
  assert.deepEqual(
    readdirSync(target).filter((name) => !name.startsWith('.')),
    ['big.bin'],
  );
  assert.ok(readFileSync(join(target, 'big.bin')).equals(content), 'byte for byte');
}

function waiting(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  const settlers: (() => void)[] = [];
  const promise = new Promise<void>((settle) => settlers.push(settle));
  return { promise, resolve: () => settlers.forEach((settle) => settle()) };
}

async function within<T>(work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not in time: ${what}`)), hangMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
