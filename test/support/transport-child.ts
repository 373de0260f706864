/** A transport on a free port of loopback, in a process of its own: prints the port, echoes, ends with its stdin. */
import type { MessagePort } from 'node:worker_threads';
import { transportActor } from '../../src/actors/transport/transport.js';
import type { ConnectionId } from '../../src/ids.js';
import { openByteStream } from '../../src/runtime/stream.js';
import { drive, Recorder } from './actor-driver.js';
import type { TransportReports } from '../../src/actors/transport/protocol.js';

function serve(id: ConnectionId, port: MessagePort): void {
  let isProved = false;
  const stream = openByteStream(port, {
    onBytes(chunk) {
      stream.consumed(chunk.byteLength);
      if (!isProved) actor.cast('authenticated', { connectionId: id, isContact: true, carries: 'session' });
      isProved = true;
      stream.write(chunk.slice());
    },
    onEnd: () => undefined,
  });
}

const node = new Recorder<TransportReports>({}, ({ name, body }) => {
  if (name === 'listening') process.stdout.write(`${(body as { port: number }).port}\n`);
  if (name !== 'accepted') return;
  const { connectionId, port } = body as { connectionId: ConnectionId; port: MessagePort };
  serve(connectionId, port);
});
const actor = await drive(
  transportActor,
  {
    listeners: [{ bind: '127.0.0.1', port: 0, portStrict: false, dialect: 'sniffed' }],
    connectionsMax: 5,
    dialects: ['native'],
  },
  { node: node.ref },
);
process.stdin.resume().on('end', () => process.exit());
