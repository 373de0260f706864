/** A stand-in for a Synergy peer, written from the description of the program. */
import {
  connectBlocking,
  listenBlocking,
  pythonJson,
  queue,
  serveForever,
  type Queue,
} from './blocking-socket.js';

export interface SynergyHeard {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly content: string;
  readonly form: 'json' | 'course';
}

export interface SynergyStandin {
  readonly port: number;
  /** Tracebacks that its user saw: the JSON version survives a text, and shows nothing of it. */
  readonly tracebacks: readonly string[];
  /** Exception that ended its only accept thread, after which it hears nothing; null: it listens. */
  readonly deafness: () => string | null;
  readonly heard: Queue<SynergyHeard>;
  /** `host:port` of each active peer, and whether we have sent it `connect`. */
  readonly active: ReadonlyMap<string, 'Connected' | 'Yet to connect'>;
  /** One connection, one write of at most 1,024 bytes; the other side closes. */
  send(port: number, content: string, host?: string): Promise<void>;
  /** `exit` to every active peer. */
  quit(): Promise<void>;
  readonly close: () => Promise<void>;
}

export async function startSynergy(options: {
  readonly name: string;
  readonly form?: 'json' | 'course';
  readonly host?: string;
  readonly port?: number;
  /** Parses in its only accept thread: what cannot be read makes it deaf. */
  readonly isSingleThreaded?: boolean;
  /** Ports on this machine that are greeted at start. */
  readonly mandatory?: readonly number[];
}): Promise<SynergyStandin> {
  const { name, form = 'json', host: ownHost = '127.0.0.1', port = 0 } = options;
  const heard = queue<SynergyHeard>();
  const active = new Map<string, 'Connected' | 'Yet to connect'>();
  const tracebacks: string[] = [];
  let deafness: string | null = null;
  const server = await listenBlocking(ownHost, port);
  const note = (peer: string, content: string, isOurs: boolean): void => {
    const word = content.toLowerCase();
    if (word === 'exit') active.delete(peer);
    else if (isOurs && word === 'connect') active.set(peer, 'Connected');
    else if (!active.has(peer)) active.set(peer, 'Yet to connect');
  };
  const loop = serveForever(server, async (socket) => {
    // The server reads once and closes: the rest of a longer message is lost, as in the program.
    const words = await socket.recv(1_024);
    if (words === '') return;
    if (deafness !== null) return;
    const host = socket.remote.address;
    try {
      const message = form === 'json' ? readJson(words) : readCourse(words);
      heard.put({ ...message, host });
      note(`${host}:${message.port}`, message.content, false);
    } catch (cause) {
      tracebacks.push(String(cause));
      if (options.isSingleThreaded === true) deafness = String(cause);
    }
  });
  const send = async (port: number, content: string, host = '127.0.0.1'): Promise<void> => {
    const socket = await connectBlocking(host, port, ownHost);
    const message = { type: 'message', sender_name: name, sender_port: server.port, content };
    const words = form === 'json' ? pythonJson(message) : `${ownHost}:${server.port} ${name} ${content}`;
    if (words.length > 1_024) throw new Error('Synergy sends no more than 1,024 bytes');
    socket.send(words);
    await socket.recv(1_024);
    await socket.close();
    note(`${host}:${port}`, content, true);
  };
  for (const peer of options.mandatory ?? []) await send(peer, 'Hello!');
  return {
    port: server.port,
    heard,
    active,
    tracebacks,
    deafness: () => deafness,
    send,
    async quit() {
      for (const peer of active.keys()) {
        const [host = '', port = '0'] = peer.split(':');
        await send(Number(port), 'exit', host);
      }
    },
    close: loop.close,
  };
}

function readJson(words: string): Omit<SynergyHeard, 'host'> {
  const message = JSON.parse(words) as Record<string, unknown>;
  if (message['type'] !== 'message') throw new Error(`Synergy cannot read ${words}`);
  return {
    name: String(message['sender_name']),
    port: Number(message['sender_port']),
    content: String(message['content']),
    form: 'json',
  };
}

function readCourse(words: string): Omit<SynergyHeard, 'host'> {
  if (!/^\d+\.\d+\.\d+\.\d+:\d+ \S+ /.test(words)) throw new Error(`Synergy cannot read ${words}`);
  const [address = '', name = '', ...rest] = words.split(' ');
  return { name, port: Number(address.split(':')[1]), content: rest.join(' '), form: 'course' };
}
