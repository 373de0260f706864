/** A TCP wire to a port of this machine that can go dumb: connections stand, and nothing comes through any more. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Wire {
  readonly port: number;
  /** From now on nothing passes in either direction, not even an end; who calls is answered by nobody. */
  goDumb(): void;
  /** New connections pass; those from before stay dumb. */
  heal(): void;
  close(): void;
}

export async function startWire(target: number): Promise<Wire> {
  const sockets = new Set<Socket>();
  let isDumb = false;
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (near) => {
    sockets.add(near);
    near.on('error', () => near.destroy());
    if (isDumb) return;
    const far = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
    far.on('error', () => far.destroy());
    sockets.add(far);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (bytes) => void (cut.has(from) || to.write(bytes)));
      from.on('end', () => void (cut.has(from) || to.end()));
      from.on('close', () => void (cut.has(from) || to.destroy()));
    }
    near.resume();
  });
  const cut = new Set<Socket>();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server that listens has such an address
  const { port } = server.address() as AddressInfo;
  return {
    port,
    goDumb() {
      isDumb = true;
      for (const socket of sockets) cut.add(socket);
    },
    heal() {
      isDumb = false;
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
