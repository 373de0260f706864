/** Stand-ins for CentralHub and MessageBuddy, written from the description of the programs. */
import {
  connectBlocking,
  listenBlocking,
  queue,
  serveForever,
  type BlockingSocket,
  type Queue,
} from './blocking-socket.js';

export interface Hub {
  readonly port: number;
  /** The lines that the program prints. */
  readonly log: Queue<string>;
  readonly close: () => Promise<void>;
}

/** One `recv` is one word from the client: its name first, `LIST` later. */
export async function startHub(host = '127.0.0.1', port = 0): Promise<Hub> {
  const log = queue<string>();
  const users = new Map<BlockingSocket, string>();
  const server = await listenBlocking(host, port);
  const { close } = serveForever(server, async (socket) => {
    const { address, port: from } = socket.remote;
    log.put(`New connection from ${address}:${from}`);
    const name = await socket.recv(1_024);
    if (name === '') return;
    users.set(socket, name);
    log.put(`New user '${name}' has joined.`);
    for (let words = await socket.recv(1_024); words !== ''; words = await socket.recv(1_024)) {
      if (words !== 'LIST') continue;
      const rows = [...users].map(
        ([user, name]) => `Username: ${name}\nAddress: ${user.remote.address}\n-------------------\n`,
      );
      socket.send(`=== Currently Online Users ===\n${rows.join('')}`);
    }
    users.delete(socket);
    log.put(`User '${name}' has disconnected.`);
  });
  return {
    port: server.port,
    log,
    async close() {
      await close();
      log.put('Server shutting down...');
    },
  };
}

/** The client's side of the hub. The pause after the name is the user's, who reads the menu first. */
export async function register(
  port: number,
  name: string,
  host = '127.0.0.1',
): Promise<{ list(): Promise<string>; readonly close: () => Promise<void> }> {
  const socket = await connectBlocking(host, port);
  socket.send(name);
  return {
    list() {
      socket.send('LIST');
      return socket.recv(1_024);
    },
    close: socket.close,
  };
}

export interface Chat {
  /** The results of `recv`; `null` once the friend has stepped away or the connection is lost. */
  readonly heard: Queue<string | null>;
  say(text: string): void;
  /** Sends `EOM` and closes. */
  end(): Promise<void>;
  readonly close: () => Promise<void>;
}

/** Menu 2. */
export const startChat = async (
  port: number,
  host = '127.0.0.1',
  localAddress = '127.0.0.1',
): Promise<Chat> => openChat(await connectBlocking(host, port, localAddress));

/** Menu 3: listens, and takes one friend. */
export async function waitForChat(
  host = '127.0.0.1',
  port = 0,
): Promise<{
  readonly port: number;
  readonly chat: () => Promise<Chat>;
  readonly close: () => Promise<void>;
}> {
  const server = await listenBlocking(host, port);
  return { port: server.port, chat: async () => openChat(await server.accept()), close: server.close };
}

function openChat(socket: BlockingSocket): Chat {
  const heard = queue<string | null>();
  void (async () => {
    for (;;) {
      const words = await socket.recv(1_024);
      if (words === '' || words === 'EOM') break;
      heard.put(words);
    }
    heard.put(null);
    await socket.close();
  })();
  return {
    heard,
    say: (text) => socket.send(text),
    async end() {
      socket.send('EOM');
      await socket.close();
    },
    close: socket.close,
  };
}
