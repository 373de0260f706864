/** Drives a talk of ours over a real socket, with real silence: what the node does, for tests of the dialects alone. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type {
  ForeignMachine,
  AnyForeignDialect,
  ForeignInput,
  ForeignOptions,
  ForeignOutput,
  Utterance,
} from '../../../src/dialects/dialect.js';
import { queue, type Queue } from './blocking-socket.js';

export interface LiveTalk {
  /** All but the writes. */
  readonly outputs: Queue<ForeignOutput>;
  say(utterance: Utterance): void;
  readonly closed: Promise<void>;
  destroy(): void;
}

export async function dialTalk(
  dialect: AnyForeignDialect,
  port: number,
  options: ForeignOptions,
): Promise<LiveTalk> {
  const socket = connect({ host: '127.0.0.1', port });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return drive(socket, dialect, dialect.openMachine('dial', options));
}

export async function listenTalks(
  dialect: AnyForeignDialect,
  options: ForeignOptions,
): Promise<{ readonly port: number; readonly talks: Queue<LiveTalk>; readonly close: () => Promise<void> }> {
  const talks = queue<LiveTalk>();
  const open = new Set<LiveTalk>();
  const server = createServer((socket) => {
    const talk = drive(socket, dialect, dialect.openMachine('accept', options));
    open.add(talk);
    talks.put(talk);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    talks,
    async close() {
      for (const talk of open) talk.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function drive(socket: Socket, dialect: AnyForeignDialect, talk: ForeignMachine): LiveTalk {
  const outputs = queue<ForeignOutput>();
  let timer: NodeJS.Timeout | undefined;
  const perform = (list: readonly ForeignOutput[]): void => {
    for (const output of list) {
      if (output.type === 'write') socket.write(output.bytes);
      else outputs.put(output);
      if (output.type === 'close') socket.end();
      if (output.type === 'failed') socket.destroy();
    }
  };
  const receive = (input: ForeignInput): void => perform(talk.receive(input, Date.now()));
  socket.setNoDelay(true);
  socket.on('data', (bytes) => {
    clearTimeout(timer);
    receive({ type: 'bytes', bytes });
    if (dialect.framing.type === 'read')
      timer = setTimeout(() => receive({ type: 'idle' }), dialect.framing.idleGapMs);
  });
  socket.on('end', () => {
    clearTimeout(timer);
    receive({ type: 'closed' });
    socket.end();
  });
  socket.on('error', () => socket.destroy());
  const closed = new Promise<void>((resolve) =>
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    }),
  );
  return {
    outputs,
    say: (utterance) => perform(talk.say(utterance)._unsafeUnwrap()),
    closed,
    destroy: () => socket.destroy(),
  };
}
