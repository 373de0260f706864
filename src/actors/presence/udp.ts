/** A UDP socket for beacons: bound, allowed to broadcast, limited to one hop, with a listener for errors. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { err, ok, type Result } from 'neverthrow';
import { reasonOf } from '../../system-errors.js';
import { isV6 } from '../../wire/address-space.js';
import type { ListenError } from '../errors.js';
import { beaconSocket as limits } from './limits.js';

/** Arguments of the socket. */
export interface UdpOptions {
  readonly address: string;
  /** 0: any free port. */
  readonly port: number;
  /** Whether several homes of one machine listen on the port. */
  readonly isShared: boolean;
  readonly onDatagram: (bytes: Uint8Array, from: RemoteInfo) => void;
  /** Called on an error after the bind, when the socket may be unusable. */
  readonly onError: (error: NodeJS.ErrnoException) => void;
}

/** Opens the socket. The error is the code of the system, such as `EADDRINUSE`. */
export function openUdp(options: UdpOptions): Promise<Result<Socket, string>> {
  const socket = createSocket({
    type: isV6(options.address) ? 'udp6' : 'udp4',
    // Each family has a socket of its own.
    ipv6Only: isV6(options.address),
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
      if (!isV6(options.address)) socket.setBroadcast(true);
      socket.setTTL(limits.ttlHops);
      socket.setMulticastTTL(limits.ttlHops);
      resolve(ok(socket));
    });
  });
}

/**
 * Sends a datagram. Settles with null, or with the code of the failure: an unreachable network is an ordinary case.
 */
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

/** Names the failure: ports in use can be changed by the user, any other cause concerns the system. */
export function bindFault(
  failures: readonly { readonly address: string; readonly port: number; readonly cause: string }[],
): ListenError {
  const address = failures[0]?.address ?? '';
  const other = failures.find(({ cause }) => cause !== 'EADDRINUSE');
  if (other === undefined)
    return {
      code: 'transport/beacon-ports-in-use',
      address,
      ports: [...new Set(failures.map(({ port }) => port))],
    };
  return {
    code: 'transport/cannot-listen',
    address: other.address,
    port: other.port,
    reason: reasonOf(other.cause),
  };
}
