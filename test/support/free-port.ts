/** Ports that tests and benches listen on. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** Returns a UDP port that was free a moment ago: nodes of one scene share it, other scenes do not hear it. */
export async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}
