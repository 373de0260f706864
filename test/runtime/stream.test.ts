import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { openByteStream } from '../../src/runtime/stream.js';

test('bytes written after the other end is gone never count as taken', async () => {
  const { port1, port2 } = new MessageChannel();
  const drains: number[] = [];
  const ended = new Promise<string>((resolve) => {
    const near = openByteStream(port1, {
      onBytes: () => undefined,
      onDrain: (outstandingBytes) => drains.push(outstandingBytes),
      onEnd(reason) {
        assert.equal(near.write(new Uint8Array(3)), 3);
        assert.equal(near.outstandingBytes(), 3);
        resolve(reason);
      },
    });
  });
  openByteStream(port2, { onBytes: () => undefined, onEnd: () => undefined }).end('closed');
  assert.equal(await ended, 'closed');
  assert.deepEqual(drains, []);
});

test('bytes written before an order to end arrive when the stream is drained, then its end', () => {
  const { port1, port2 } = new MessageChannel();
  const heard: string[] = [];
  const near = openByteStream(port1, {
    onBytes: (chunk) => heard.push(Buffer.from(chunk).toString()),
    onEnd: (reason) => heard.push(`end: ${reason}`),
  });
  const far = openByteStream(port2, { onBytes: () => undefined, onEnd: () => undefined });
  far.write(new TextEncoder().encode('last words'));
  far.end('closed');
  near.drain();
  near.end('ordered');
  assert.deepEqual(heard, ['last words', 'end: closed']);
});

test('an end that writes nothing more still hears the other one', () => {
  const { port1, port2 } = new MessageChannel();
  const heard: string[] = [];
  const near = openByteStream(port1, {
    onBytes: (chunk) => heard.push(Buffer.from(chunk).toString()),
    onEnd: (reason) => heard.push(`end: ${reason}`),
  });
  const far = openByteStream(port2, {
    onBytes: (chunk) => heard.push(`far: ${Buffer.from(chunk).toString()}`),
    onFinished: () => heard.push('far: finished'),
    onEnd: () => undefined,
  });
  near.write(new TextEncoder().encode('all'));
  near.finish();
  far.drain();
  far.write(new TextEncoder().encode('the rest'));
  far.end('closed');
  near.drain();
  assert.deepEqual(heard, ['far: all', 'far: finished', 'the rest', 'end: closed']);
});
