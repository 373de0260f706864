/** The port that the links between two threads share. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { Wire } from '../../src/runtime/link/wire.js';

const nothing = (): void => undefined;

test('a packet that overtakes the order to open its channel comes after the pipe is attached', async (context) => {
  const { port1, port2 } = new MessageChannel();
  const seen: string[] = [];
  const here = new Wire(port1, 1, nothing, nothing);
  const arrived = new Promise<void>((resolve) => {
    const there = new Wire(port2, 1, resolve, nothing);
    context.after(() => there.close());
    void Promise.resolve().then(async () => {
      await turn;
      const end = { onPacket: (packet: unknown) => void seen.push(String(packet)), onClosed: nothing };
      there.open<unknown, unknown>(1, end, () => void seen.push('attached'));
    });
  });
  context.after(() => here.close());
  const turn = arrived.then(() => new Promise<void>((resolve) => void setImmediate(resolve)));
  here.open<unknown, unknown>(1, { onPacket: nothing, onClosed: nothing }, (pipe) => {
    pipe.post('packet', [], 1, null);
  });
  await turn;
  await new Promise<void>((resolve) => void setImmediate(resolve));
  assert.deepEqual(seen, ['attached', 'packet']);
});
