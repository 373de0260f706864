/** mosquitto with QoS 1 on both sides, a persistent session and its database on disk. It syncs no message by itself. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Socket } from 'node:net';
import { opened, startServer } from './debian.js';
import type { Contestant } from './contestant.js';

const topic = Buffer.from('t');
const type = { connect: 0x10, publishQos1: 0x32, publishAck: 0x40, subscribe: 0x82, ping: 0xd0 } as const;
const keepAliveS = 0;

/** Starts it; null: it cannot be had. */
export async function mosquitto(home: string): Promise<Contestant | null> {
  const config = join(home, 'mosquitto.conf');
  const server = await startServer('mosquitto', (port) => {
    const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'max_inflight_messages 0'];
    lines.push('max_queued_messages 0', 'persistence true', `persistence_location ${home}/`, 'user root');
    writeFileSync(config, `${lines.join('\n')}\n`);
    return ['-c', config];
  });
  if (server === null) return null;
  const [sender, receiver] = [await opened(server.port), await opened(server.port)];
  let [arrived, confirmed, nth] = [0, 0, 0];
  onPackets(sender, (head) => {
    if ((head & 0xf0) === type.publishAck) confirmed += 1;
  });
  onPackets(receiver, (head, body) => {
    if ((head & 0xf0) !== 0x30) return;
    arrived += 1;
    const at = 2 + body.readUInt16BE(0);
    receiver.write(Buffer.from([type.publishAck, 2, body[at] ?? 0, body[at + 1] ?? 0]));
  });
  sender.write(connectAs('bench-a'));
  receiver.write(connectAs('bench-b'));
  receiver.write(packet(type.subscribe, Buffer.from([0, 1, 0, 1, ...topic, 1])));
  await new Promise((resolve) => setTimeout(resolve, 200));
  return {
    name: 'mosquitto QoS 1',
    server,
    send(count, text) {
      const words = Buffer.from(text);
      const all = Array.from({ length: count }, () => {
        nth = (nth % 0xffff) + 1;
        return packet(
          type.publishQos1,
          Buffer.concat([field(topic), Buffer.from([nth >> 8, nth & 0xff]), words]),
        );
      });
      sender.write(Buffer.concat(all));
    },
    counted: () => ({ arrived, confirmed }),
    async stop() {
      sender.destroy();
      receiver.destroy();
      await server.stop();
    },
  };
}

const field = (bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);

/** A session that the broker keeps while its client is away. */
const connectAs = (id: string): Buffer =>
  packet(
    type.connect,
    Buffer.concat([field(Buffer.from('MQTT')), Buffer.from([4, 0, 0, keepAliveS]), field(Buffer.from(id))]),
  );

function packet(head: number, body: Uint8Array): Buffer {
  const lengths: number[] = [];
  let left = body.length;
  do {
    lengths.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
    left >>= 7;
  } while (left > 0);
  return Buffer.concat([Buffer.from([head, ...lengths]), body]);
}

/** Cuts what arrives into packets. */
function onPackets(socket: Socket, take: (head: number, body: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let at = 0; ;) {
      let [length, used, byte] = [0, 0, 0x80];
      while ((byte & 0x80) !== 0 && at + 1 + used < rest.length) {
        byte = rest[at + 1 + used] ?? 0;
        length |= (byte & 0x7f) << (7 * used);
        used += 1;
      }
      const begin = at + 1 + used;
      if ((byte & 0x80) !== 0 || used === 0 || begin + length > rest.length) {
        rest = rest.subarray(at);
        return;
      }
      take(rest[at] ?? 0, rest.subarray(begin, begin + length));
      at = begin + length;
    }
  });
}
