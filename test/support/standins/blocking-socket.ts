/**
 * A socket as the older programs see it: `recv(n)` waits until something is there and returns at most `n` bytes of
 * it, glued or torn as the network left it; nothing at all means that the other side has ended its half. Unread bytes
 * stay with the system, and hold the sender back in the end.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { within } from '../deadline.js';

const deadlineMs = 10_000;

export interface BlockingSocket {
  readonly remote: { readonly address: string; readonly port: number };
  /** Text of one read; empty when the other side has closed. Fails, as the programs do, on bytes that are not UTF-8. */
  recv(bytesMax: number): Promise<string>;
  /** One write. */
  send(words: string | Uint8Array): void;
  /**
   * Ends both directions at once, whatever the other side still wants to say. Bytes that were sent still arrive. With
   * unread bytes the system tells the other side by a reset.
   */
  readonly close: () => Promise<void>;
}

export interface BlockingServer {
  readonly port: number;
  /** Waits as long as it takes. */
  readonly accept: () => Promise<BlockingSocket>;
  /** Ends the server and the connections that it accepted. */
  readonly close: () => Promise<void>;
}

export async function connectBlocking(
  host: string,
  port: number,
  localAddress = '127.0.0.1',
): Promise<BlockingSocket> {
  const socket = connect({ host, port, localAddress, allowHalfOpen: true });
  await within(
    new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    }),
    deadlineMs,
    `connection to ${host}:${port}`,
  );
  return wrap(socket);
}

export async function listenBlocking(host: string, port: number): Promise<BlockingServer> {
  const waiting = queue<BlockingSocket | null>();
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    waiting.put(wrap(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: portOf(server),
    async accept() {
      const socket = await waiting.take(null);
      if (socket !== null) return socket;
      waiting.put(null);
      throw new ServerClosed();
    },
    async close() {
      waiting.put(null);
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Error that `accept` throws once the server is closed: it ends the loop of a stand-in. */
export class ServerClosed extends Error {}

/** Accepts until the server is closed; each connection is served on its own. A failure in `serve` surfaces on close. */
export function serveForever(
  server: BlockingServer,
  serve: (socket: BlockingSocket) => Promise<void>,
): { readonly close: () => Promise<void> } {
  const serveOne = async (socket: BlockingSocket): Promise<void> => {
    try {
      await serve(socket);
    } finally {
      await socket.close();
    }
  };
  const served: Promise<void>[] = [];
  const loop = (async (): Promise<void> => {
    try {
      for (;;) {
        const one = serveOne(await server.accept());
        // Heard again by `close`; until then it must not count as unhandled.
        one.catch(() => undefined);
        served.push(one);
      }
    } catch (error) {
      if (!(error instanceof ServerClosed)) throw error;
    }
  })();
  return {
    async close() {
      await server.close();
      await loop;
      await Promise.all(served);
    },
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** As `json.dumps` writes it: blanks after `:` and `,`, and nothing but ASCII. */
export function pythonJson(value: string | Readonly<Record<string, string | number>>): string {
  if (typeof value !== 'string') {
    const members = Object.entries(value).map(
      ([key, member]) => `${pythonJson(key)}: ${typeof member === 'number' ? member : pythonJson(member)}`,
    );
    return `{${members.join(', ')}}`;
  }
  return JSON.stringify(value).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

function wrap(socket: Socket): BlockingSocket {
  socket.setNoDelay(true);
  const state: { held: Buffer; isEnded: boolean; wake: () => void } = {
    held: Buffer.alloc(0),
    isEnded: false,
    wake: () => undefined,
  };
  const over = (): void => {
    state.isEnded = true;
    state.wake();
  };
  socket.on('data', (chunk) => {
    socket.pause();
    state.held = Buffer.concat([state.held, chunk]);
    state.wake();
  });
  socket.on('end', over).on('close', over).on('error', over);
  const remote = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
  return {
    remote,
    async recv(bytesMax) {
      while (state.held.length === 0 && !state.isEnded)
        await new Promise<void>((resolve) => {
          state.wake = resolve;
        });
      const taken = state.held.subarray(0, bytesMax);
      state.held = state.held.subarray(taken.length);
      if (state.held.length === 0) socket.resume();
      return utf8.decode(taken);
    },
    send(words) {
      socket.write(words);
    },
    async close() {
      if (socket.closed) return;
      const closed = new Promise((resolve) => socket.once('close', resolve));
      if (state.held.length === 0) socket.destroySoon();
      else if (socket.writable) socket.write('', () => socket.resetAndDestroy());
      else socket.resetAndDestroy();
      await closed;
    },
  };
}

export interface Queue<T> {
  readonly put: (item: T) => void;
  /** Fails when nothing comes in time; `null`: waits as long as it takes. */
  readonly take: (deadline?: number | null) => Promise<T>;
  readonly waiting: readonly T[];
}

/** Values that one side of a test puts and the other waits for. */
export function queue<T>(): Queue<T> {
  const items: T[] = [];
  let takers: ((item: T) => void)[] = [];
  return {
    waiting: items,
    put(item) {
      const taker = takers.shift();
      if (taker === undefined) items.push(item);
      else taker(item);
    },
    async take(deadline = deadlineMs) {
      if (items.length > 0) return items.shift() as T;
      const next = new Promise<T>((resolve) => {
        takers.push(resolve);
      });
      const own = takers.at(-1);
      if (deadline === null) return next;
      try {
        return await within(next, deadline, 'the next item');
      } finally {
        takers = takers.filter((other) => other !== own);
      }
    },
  };
}
