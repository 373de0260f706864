/**
 * The directory server of chatbuddy on real sockets. The pure `dialects/chatbuddy/hub-codec.ts` decides on bytes and
 * the table of users; this file handles connections, silence and bounds. Stands alone: no node is needed.
 */
import type { Socket } from 'node:net';
import { ResultAsync } from 'neverthrow';
import {
  encodeHubList,
  openHubListener,
  openHubTable,
  type HubListing,
  type HubRequest,
  type HubTable,
} from '../../dialects/chatbuddy/hub-codec.js';
import type { ListenError } from '../errors.js';
import { hubProtocol } from '../../dialects/chatbuddy/limits.js';
import { chatbuddyHub as limits } from './limits.js';
import { foreignFrames } from '../../dialects/limits.js';
import { localAddress } from '../../wire/limits.js';
import { LogTally } from '../../runtime/log-tally.js';
import { plainAddress } from '../../wire/address-space.js';
import { listen } from '../tcp/listen.js';
import { finishSocket } from '../tcp/finish.js';
import { addressesOf } from '../interfaces.js';

/** Arguments of a hub. */
export interface HubOptions {
  /** Default `0.0.0.0`. */
  readonly bind?: string;
  /** 0: any free port. Default 8080. */
  readonly port?: number;
  /** Whether a taken port is an error. If not, the next free port is used. */
  readonly portStrict?: boolean;
  /** Users at one time. Default 100, as in the original program. */
  readonly maxUsers?: number;
  /** Takes the lines that the original program prints. They hold names from users: escape them for a terminal. */
  readonly log?: (line: string) => void;
}

/**
 * The reason why the hub closed a connection. `too-many`: too many are open. `nonsense`: its bytes are not text.
 * `no-name`: no name came in time. `never-reads`: it asks for lists and does not read them.
 */
export type HubFault = 'too-many' | 'nonsense' | 'no-name' | 'never-reads';

/** A running hub. */
export interface HubHandle {
  /** The address that the hub is bound to. */
  readonly address: string;
  /** The addresses at which users reach it. */
  readonly addresses: readonly string[];
  readonly port: number;
  users(): readonly HubListing[];
  /** Connections that the hub has ended, by reason. */
  ended(): Readonly<Partial<Record<HubFault, number>>>;
  /** Closes the hub. Idempotent; settles once every connection is closed. */
  readonly close: () => Promise<void>;
}

/** Starts a hub. Errors: `transport/port-in-use`, `transport/cannot-listen`. */
export function startHub(options: HubOptions = {}): ResultAsync<HubHandle, ListenError> {
  const hub = new Hub(options.maxUsers ?? hubProtocol.usersMax, options.log ?? (() => undefined));
  const { bind = localAddress.bindDefault, port = hubProtocol.port, portStrict = false } = options;
  const listening = listen({ bind, port, portStrict, dialect: 'chatbuddy' }, (socket) => hub.welcome(socket));
  return new ResultAsync(listening).map((listener) => {
    // An error (no descriptor is left, a connection was reset early) does not end the listening.
    for (const server of listener.servers) server.on('error', () => undefined);
    let closing: Promise<void> | null = null;
    return {
      address: listener.address,
      addresses: addressesOf(listener.addresses.join(',')),
      port: listener.port,
      users: () => hub.users(),
      ended: () => hub.ended(),
      close: () =>
        (closing ??= new Promise<void>((resolve) => {
          const closed = listener.servers.map((server) => new Promise((done) => server.close(done)));
          void Promise.all(closed).then(() => resolve());
          hub.close();
        })),
    };
  });
}

const faultWords: Readonly<Record<HubFault, string>> = {
  'too-many': 'too many are connected',
  nonsense: 'it sent bytes that are not text',
  'no-name': 'it did not say its name',
  'never-reads': 'it asks for lists and does not read them',
};

class Hub {
  readonly #table: HubTable<Socket>;
  readonly #usersMax: number;
  readonly #log: (line: string) => void;
  readonly #sockets = new Set<Socket>();
  readonly #faults = new LogTally<HubFault>(limits.faultLogEveryMs);

  constructor(usersMax: number, log: (line: string) => void) {
    this.#table = openHubTable(usersMax);
    this.#usersMax = usersMax;
    this.#log = log;
  }

  welcome(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    if (this.#sockets.size >= this.#usersMax + limits.unnamedMax) {
      this.#end(socket, 'too-many');
      return;
    }
    this.#sockets.add(socket);
    const address = plainAddress(socket.remoteAddress ?? '');
    this.#log(this.#table.connected(address, socket.remotePort ?? 0));
    const listener = openHubListener();
    let gap: NodeJS.Timeout | undefined;
    const nameless = setTimeout(() => this.#end(socket, 'no-name'), limits.nameDeadlineMs);
    const serve = (requests: readonly HubRequest[]): void => {
      for (const request of requests) {
        clearTimeout(nameless);
        this.#serve(socket, address, request);
      }
    };
    const fail = (): void => this.#end(socket, 'nonsense');
    socket.on('data', (bytes: Buffer) => {
      clearTimeout(gap);
      listener.receive(new Uint8Array(bytes)).match(serve, fail);
      gap = setTimeout(() => listener.idle().match(serve, fail), foreignFrames.idleGapMs);
    });
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      clearTimeout(gap);
      clearTimeout(nameless);
      this.#sockets.delete(socket);
      const line = this.#table.leave(socket);
      if (line !== null) this.#log(line);
    });
  }

  users(): readonly HubListing[] {
    return this.#table.users();
  }

  ended(): Readonly<Partial<Record<HubFault, number>>> {
    return this.#faults.counts();
  }

  /** Ends a connection. Logs few lines, since any host can cause them. */
  #end(socket: Socket, fault: HubFault): void {
    const from = `${plainAddress(socket.remoteAddress ?? '')}:${socket.remotePort ?? 0}`;
    this.#faults.note(fault, performance.now(), (count) =>
      this.#log(`Closed the connection from ${from}: ${faultWords[fault]} (${count} so far).`),
    );
    socket.destroy();
  }

  close(): void {
    this.#log(this.#table.shutDown());
    for (const socket of this.#sockets) finishSocket(socket, () => undefined);
  }

  #full(): string {
    return this.#usersMax === 1 ? 'one user is online' : `${this.#usersMax} users are online`;
  }

  #serve(socket: Socket, address: string, request: HubRequest): void {
    if (request.type === 'joined') {
      const user = { name: request.name, address, port: socket.remotePort ?? 0 };
      const line = this.#table.join(socket, user);
      if (line === null) {
        this.#log(`Refused '${user.name}' from ${address}: ${this.#full()}.`);
        socket.write(`The hub is full: ${this.#full()}. Try again later.\n`);
        finishSocket(socket, () => undefined);
        return;
      }
      this.#log(line);
      return;
    }
    // A user that asks on and on and never reads is closed.
    if (socket.writableLength > hubProtocol.listBytesMax) this.#end(socket, 'never-reads');
    else socket.write(encodeHubList(this.#table.users()));
  }
}
