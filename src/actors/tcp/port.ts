/** Tests of a TCP port: whether it can be listened on, and whether it answers. */
import { connect, createServer } from 'node:net';

/** Returns the error code of an attempt to listen on the port; null: it is free. */
export function tcpProblem(address: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host: address, port, exclusive: true, ipv6Only: address.includes(':') }, () =>
      server.close(() => resolve(null)),
    );
  });
}

/** Whether a connection succeeds within the time. */
export function isAnswering(host: string, port: number, deadlineMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (isThere: boolean): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.setTimeout(deadlineMs, () => settle(false));
    socket.once('error', () => settle(false));
    socket.once('connect', () => settle(true));
  });
}
