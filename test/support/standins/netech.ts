/** A stand-in for a Netech peer, written from the description of the program. */
import { connectBlocking, listenBlocking, queue, serveForever, type Queue } from './blocking-socket.js';

export interface NetechHeard {
  readonly team: string;
  readonly host: string;
  readonly port: number;
  readonly text: string;
}

export interface NetechStandin {
  readonly port: number;
  readonly heard: Queue<NetechHeard>;
  readonly active: ReadonlySet<string>;
  readonly connected: ReadonlySet<string>;
  /** One connection, one write, then closed. */
  send(port: number, text: string, host?: string): Promise<void>;
  readonly close: () => Promise<void>;
}

export async function startNetech(options: {
  readonly team: string;
  readonly host?: string;
  readonly port?: number;
}): Promise<NetechStandin> {
  const { team, host: ownHost = '127.0.0.1', port = 0 } = options;
  const heard = queue<NetechHeard>();
  const active = new Set<string>();
  const connected = new Set<string>();
  const server = await listenBlocking(ownHost, port);
  const note = (peer: string, text: string): void => {
    const words = text.toLowerCase();
    if (words === 'exit') {
      active.delete(peer);
      connected.delete(peer);
      return;
    }
    active.add(peer);
    if (words === 'connection message' || words === 'manual connection message') connected.add(peer);
  };
  const loop = serveForever(server, async (socket) => {
    for (let words = await socket.recv(1_024); words !== ''; words = await socket.recv(1_024)) {
      const message = read(words, socket.remote.port);
      heard.put({ ...message, host: socket.remote.address });
      note(`${socket.remote.address}:${message.port}`, message.text);
      if (message.text.toLowerCase() === 'exit') return;
    }
  });
  return {
    port: server.port,
    heard,
    active,
    connected,
    async send(port, text, host = '127.0.0.1') {
      const socket = await connectBlocking(host, port, ownHost);
      socket.send(`LISTENING_PORT:${server.port}|TEAM_NAME:${team}|${text}`);
      await socket.close();
      note(`${host}:${port}`, text);
    },
    close: loop.close,
  };
}

function read(words: string, sourcePort: number): Omit<NetechHeard, 'host'> {
  if (!words.startsWith('LISTENING_PORT:')) return { team: 'unknown_team', port: sourcePort, text: words };
  const [port = '', team = '', ...rest] = words.split('|');
  return {
    team: team.slice('TEAM_NAME:'.length),
    port: Number(port.slice('LISTENING_PORT:'.length)),
    text: rest.join('|'),
  };
}
