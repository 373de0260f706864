/** A UDP socket as beacons need it: bound, allowed to broadcast, one hop only, its errors heard. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { err, ok, type Result } from 'neverthrow';
import { beaconSocket as limits } from './limits.js';

export interface UdpOptions {
  readonly address: string;
  /** 0: any free port. */
  readonly port: number;
  /** Several homes of one machine listen on the same port. */
  readonly isShared: boolean;
  readonly onDatagram: (bytes: Uint8Array, from: RemoteInfo) => void;
  /** After it was bound: it may be of no use any more. */
  readonly onError: (error: NodeJS.ErrnoException) => void;
}

/** The error is the reason as the system names it, `EADDRINUSE`. */
export function openUdp(options: UdpOptions): Promise<Result<Socket, string>> {
  const socket = createSocket({
    type: 'udp4',
    reuseAddr: options.isShared,
    recvBufferSize: limits.receiveBufferBytes,
  });
  return new Promise((resolve) => {
    const refuse = (error: NodeJS.ErrnoException): void => {
      socket.close();
      resolve(err(error.code ?? error.message));
    };
    socket.once('error', refuse);
    socket.bind({ address: options.address, port: options.port, exclusive: true }, () => {
      socket.off('error', refuse);
      socket.on('error', options.onError);
      socket.on('message', options.onDatagram);
      socket.setBroadcast(true);
      socket.setTTL(limits.ttlHops);
      resolve(ok(socket));
    });
  });
}

/** Settles when the datagram was handed to the system, also when that failed: an unreachable network is no fault. */
export function sendUdp(
  socket: Socket,
  bytes: Uint8Array,
  address: string,
  port: number,
): Promise<string | null> {
  return new Promise((resolve) => {
    socket.send(bytes, port, address, (error) => {
      const code = error && 'code' in error ? String(error.code) : (error?.message ?? null);
      resolve(code);
    });
  });
}
