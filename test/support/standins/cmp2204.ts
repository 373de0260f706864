/**
 * Stand-ins for Service_Announcer, Peer_Discovery, Chat_Responder and Chat_Initiator, written from the description of
 * the programs and sharing no code with the dialect.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import {
  connectBlocking,
  listenBlocking,
  pythonJson,
  queue,
  serveForever,
  type BlockingSocket,
  type Queue,
} from './blocking-socket.js';

/** `real` is the program; the others are other answers to its assignment. */
export type Cmp2204Spelling = 'real' | 'underscore' | 'joined';

export interface Cmp2204Received {
  readonly text: string;
  readonly isEncrypted: boolean;
  readonly from: string;
}

const spell = (words: string, spelling: Cmp2204Spelling): string =>
  words.replace(' ', { real: ' ', underscore: '_', joined: '' }[spelling]);

/** `P` and `Q` of the program's environment. */
export interface ToyGroup {
  readonly p: number;
  readonly q: number;
}

/** Each answer to the assignment has the group that it was handed in with. */
const usualGroups: Readonly<Record<Cmp2204Spelling, ToyGroup>> = {
  real: { p: 23, q: 5 },
  underscore: { p: 19, q: 2 },
  joined: { p: 19, q: 2 },
};

const pow = (base: number, exponent: number, { p }: ToyGroup): number => {
  let result = 1;
  for (let count = 0; count < exponent; count += 1) result = (result * base) % p;
  return result;
};

/** As the program does it: `str(public).encode()`, then `str()` of that; the other answers send the bare number. */
function keyValue(secret: number, spelling: Cmp2204Spelling, group: ToyGroup): string {
  const value = pow(group.q, secret, group);
  return { real: `"b'${value}'"`, underscore: `"${value}"`, joined: `${value}` }[spelling];
}

/**
 * The program reads the repr of bytes alone. The others do `int(value)`: a number, or the digits of one. Anything
 * else is the exception that ends a thread of the program, and the whole of another one.
 */
function cipherKey(theirs: unknown, secret: number, spelling: Cmp2204Spelling, group: ToyGroup): Buffer {
  const form = spelling === 'real' ? /^"b'(\d+)'"$/ : /^"?(\d+)"?$/;
  const [, digits] = form.exec(JSON.stringify(theirs)) ?? [];
  if (digits === undefined) throw new Error(`no key: ${JSON.stringify(theirs)}`);
  const shared = String(pow(Number(digits), secret, group));
  return Buffer.from((spelling === 'real' ? Buffer.from(shared).toString('base64') : shared).padEnd(24, ' '));
}

function encrypt(text: string, key: Buffer): string {
  const cipher = createCipheriv('des-ede3-ecb', key, null);
  return Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]).toString('base64');
}

function decrypt(base64: string, key: Buffer): string {
  const cipher = createDecipheriv('des-ede3-ecb', key, null);
  return Buffer.concat([cipher.update(base64, 'base64'), cipher.final()]).toString('utf8');
}

export interface Responder {
  readonly port: number;
  readonly received: Queue<Cmp2204Received>;
  /** Exceptions that ended single threads of it: the user sees a traceback, and the program goes on. */
  readonly threadsLost: readonly string[];
  /** Exception that ended the whole program; null: it lives. */
  readonly death: () => string | null;
  readonly close: () => Promise<void>;
}

/**
 * One `recv(1024)` is one JSON object. An unreadable one ends the thread of its connection; in a sibling a key or a
 * sealed text that cannot be read ends the program, and a text under a key that it does not know is dropped.
 */
export async function startResponder(options: {
  readonly host?: string;
  readonly port?: number;
  readonly secret?: number;
  readonly spelling?: Cmp2204Spelling;
  readonly group?: ToyGroup;
}): Promise<Responder> {
  const { host = '127.0.0.1', port = 0, secret = 15, spelling = 'real' } = options;
  const group = options.group ?? usualGroups[spelling];
  const received = queue<Cmp2204Received>();
  const threadsLost: string[] = [];
  let death: string | null = null;
  const server = await listenBlocking(host, port);
  const serve = async (socket: BlockingSocket): Promise<void> => {
    let key: Buffer | null = null;
    for (;;) {
      const words = await socket.recv(1_024);
      if (words === '') return;
      const message = JSON.parse(words) as Record<string, unknown>;
      const from = socket.remote.address;
      const plain = message[spell('unencrypted message', spelling)];
      const sealed = message[spell('encrypted message', spelling)];
      if (typeof plain === 'string') received.put({ text: plain, isEncrypted: false, from });
      else if ('key' in message) {
        key = cipherKey(message['key'], secret, spelling, group);
        socket.send(`{"key": ${keyValue(secret, spelling, group)}}`);
      } else if (typeof sealed === 'string' && key !== null)
        received.put({ text: decrypt(sealed, key), isEncrypted: true, from });
    }
  };
  const { close } = serveForever(server, async (socket) => {
    try {
      await serve(socket);
    } catch (cause) {
      const reason = String(cause);
      if (spelling === 'real') threadsLost.push(reason);
      else {
        death ??= reason;
        void server.close();
      }
    }
  });
  return { port: server.port, received, threadsLost, death: () => death, close };
}

/** One connection for one message; `secret`: the number typed for a secure one. */
export async function initiate(options: {
  readonly host?: string;
  readonly port: number;
  readonly text: string;
  readonly secret?: number;
  readonly spelling?: Cmp2204Spelling;
  readonly localAddress?: string;
  readonly group?: ToyGroup;
  /** Of a secure one: the user types the text once the keys are exchanged. */
  readonly typing?: () => Promise<void>;
}): Promise<void> {
  const { host = '127.0.0.1', port, text, secret, spelling = 'real', localAddress } = options;
  const group = options.group ?? usualGroups[spelling];
  const socket = await connectBlocking(host, port, localAddress);
  try {
    if (secret === undefined) {
      socket.send(`{"${spell('unencrypted message', spelling)}": ${pythonJson(text)}}`);
      return;
    }
    socket.send(`{"key": ${keyValue(secret, spelling, group)}}`);
    const answer = JSON.parse(await socket.recv(1_024)) as Record<string, unknown>;
    await options.typing?.();
    const sealed = encrypt(text, cipherKey(answer['key'], secret, spelling, group));
    socket.send(`{"${spell('encrypted message', spelling)}": "${sealed}"}`);
  } finally {
    await socket.close();
  }
}

/** Announces at once and then every `intervalMs`, from one socket. */
export async function startAnnouncer(options: {
  readonly username: string;
  readonly address: string;
  readonly to: { readonly host: string; readonly port: number };
  readonly intervalMs?: number;
  readonly withPort?: boolean;
  /** Siblings announce their name alone. */
  readonly withAddress?: boolean;
  readonly localAddress?: string;
}): Promise<{ readonly port: number; announce(): Promise<void>; readonly close: () => Promise<void> }> {
  const socket = createSocket('udp4');
  await bind(socket, 0, options.localAddress);
  const { username, address, to } = options;
  const datagram = pythonJson({
    username,
    ...(options.withAddress === false ? {} : { ip_address: address }),
    ...(options.withPort === true ? { port: 6_000 } : {}),
  });
  const announce = (): Promise<void> =>
    new Promise((resolve, reject) =>
      socket.send(datagram, to.port, to.host, (error) => (error === null ? resolve() : reject(error))),
    );
  await announce();
  const timer = setInterval(() => void announce(), options.intervalMs ?? 8_000);
  return {
    port: socket.address().port,
    announce,
    close: () =>
      new Promise((resolve) => {
        clearInterval(timer);
        socket.close(() => resolve());
      }),
  };
}

/** Only `username` is looked at; the address is the datagram's source. */
export async function startDiscovery(port = 0): Promise<{
  readonly port: number;
  readonly heard: Queue<{ readonly username: string; readonly host: string; readonly port: number }>;
  readonly close: () => Promise<void>;
}> {
  const heard = queue<{ username: string; host: string; port: number }>();
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.on('message', (datagram, from) => {
    // `recvfrom(1024)`: the system drops the rest.
    const { username } = JSON.parse(datagram.subarray(0, 1_024).toString('utf8')) as { username: string };
    heard.put({ username, host: from.address, port: from.port });
  });
  await bind(socket, port);
  return {
    port: socket.address().port,
    heard,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

const bind = (socket: Socket, port: number, host = '127.0.0.1'): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, host, resolve);
  });
