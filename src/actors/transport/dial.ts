/** Opens connections to peers, a bounded number at a time. They take none of the slots of accepted connections. */
import { connect, isIP, type Socket } from 'node:net';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { err, ok, type Result } from 'neverthrow';
import { dialing } from '../../chat/routes/limits.js';
import { errnoOf, reasonOf } from '../../system-errors.js';
import type { DialError } from '../../chat/errors.js';
import type { ConnectionId } from '../../ids.js';
import { tcp } from '../tcp/limits.js';
import { transport as limits } from './limits.js';
import { hostOf, isUnicast } from '../../wire/address-space.js';
import { joinSocket, type Joint } from './socket.js';

/** The endpoint to dial, and the id that the connection gets. */
export interface DialRequest {
  readonly connectionId: ConnectionId;
  readonly host: string;
  readonly port: number;
  readonly deadlineMs: number;
}

/** A connection that is open. */
export interface Dialled {
  /** The end of the byte stream that is transferred to the session. */
  readonly port: MessagePort;
  readonly remoteAddress: string;
  readonly localAddress: string;
}

/** The reason why a connection did not open; `errno` is empty where no call of the system failed. */
interface OpenFailure {
  readonly reason: string;
  readonly errno: string;
}

/** The connections that this node opened or opens. */
export class Dialer {
  readonly #joints = new Map<ConnectionId, Joint>();
  readonly #pending = new Map<ConnectionId, Socket>();

  get outboundNow(): number {
    return this.#joints.size + this.#pending.size;
  }

  /** Opens a connection. Errors: `transport/dial-failed`, `transport/too-many-dials`. */
  async dial(request: DialRequest): Promise<Result<Dialled, DialError>> {
    const { connectionId, host, port } = request;
    const failed = (reason: string): Result<never, DialError> =>
      err({ code: 'transport/dial-failed', address: host, port, reason });
    if (!isDialable(host, port)) return failed('the address does not name one host');
    if (this.#joints.has(connectionId) || this.#pending.has(connectionId)) return failed('id in use');
    if (this.outboundNow >= dialing.outgoingMax)
      return err({ code: 'transport/too-many-dials', limit: dialing.outgoingMax });
    const opened = await this.#open(request);
    if (opened.isErr()) {
      const { reason, errno } = opened.error;
      const failure = { code: 'transport/dial-failed', address: host, port, reason } as const;
      return err(errno === 'ECONNRESET' ? { ...failure, isReset: true } : failure);
    }
    const socket = opened.value;
    const channel = new MessageChannel();
    const joint = joinSocket(socket, channel.port1, null, {
      onActive: () => undefined,
      onOver: () => this.#joints.delete(connectionId),
    });
    this.#joints.set(connectionId, joint);
    return ok({
      port: channel.port2,
      remoteAddress: hostOf(socket.remoteAddress ?? host),
      localAddress: hostOf(socket.localAddress ?? ''),
    });
  }

  /** Ends a connection, or the attempt to open it. Returns whether it existed. */
  close(connectionId: ConnectionId, reason: string): boolean {
    this.#pending.get(connectionId)?.destroy(new Error(reason));
    this.#joints.get(connectionId)?.end(reason);
    return this.#pending.has(connectionId) || this.#joints.has(connectionId);
  }

  closeAll(reason: string): void {
    for (const socket of this.#pending.values()) socket.destroy(new Error(reason));
    for (const joint of this.#joints.values()) joint.destroy(reason);
  }

  #open(request: DialRequest): Promise<Result<Socket, OpenFailure>> {
    const { connectionId, host, port } = request;
    const socket = connect({
      host,
      port,
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: tcp.keepAliveDelayMs,
    });
    this.#pending.set(connectionId, socket);
    const deadlineMs = Math.min(Math.max(request.deadlineMs, 1), limits.dialDeadlineMsMax);
    return new Promise((resolve) => {
      const settle = (result: Result<Socket, OpenFailure>): void => {
        clearTimeout(deadline);
        this.#pending.delete(connectionId);
        resolve(result);
      };
      const deadline = setTimeout(() => socket.destroy(new Error('no answer in time')), deadlineMs);
      // The listener stays for the life of the socket: an `error` event without one ends the thread.
      socket.on('error', (error) => settle(err({ reason: reasonOf(error), errno: errnoOf(error) })));
      socket.once('close', () => settle(err({ reason: 'the connection was closed', errno: '' })));
      socket.once('connect', () => {
        if (!isToItself(socket)) return settle(ok(socket.pause()));
        socket.destroy(new Error('connected to itself'));
      });
    });
  }
}

function isDialable(host: string, port: number): boolean {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return false;
  if (isIP(host) !== 0) return isUnicast(host);
  // A text of digits and dots that is not a dotted quad must not reach the resolver, which would read it as another
  // address.
  if (host.length > limits.hostCharsMax || /^[\d.]*$/.test(host)) return false;
  return /^[a-z0-9]([a-z0-9_.-]*[a-z0-9])?$/i.test(host);
}

/**
 * Whether the socket met itself, which a dial to a free ephemeral port of this machine can do (simultaneous open).
 */
const isToItself = (socket: Socket): boolean =>
  socket.localPort === socket.remotePort && socket.localAddress === socket.remoteAddress;
