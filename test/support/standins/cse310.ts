/**
 * A stand-in for the two sides of cse310, written from the description of the program: strict turns. The side that
 * connects sends first; each side reads once after each send, and cannot read or send otherwise.
 */
import { connectBlocking, listenBlocking, type BlockingSocket } from './blocking-socket.js';

export interface Turns {
  /** The text that is shown of the other side's turn; `null` once the chat has ended. Fails when the turn is ours. */
  read(): Promise<string | null>;
  /** A line typed at our turn: a text, `/nickname NEW` or `/disconnect`. Fails when it is not ours. */
  type(line: string): Promise<void>;
  readonly close: () => Promise<void>;
}

export const connectTo = async (
  port: number,
  host = '127.0.0.1',
  localAddress = '127.0.0.1',
): Promise<Turns> => openTurns(await connectBlocking(host, port, localAddress), 'Client', true);

export async function waitFor(
  host = '127.0.0.1',
  port = 0,
): Promise<{
  readonly port: number;
  readonly turns: () => Promise<Turns>;
  readonly close: () => Promise<void>;
}> {
  const server = await listenBlocking(host, port);
  return {
    port: server.port,
    turns: async () => openTurns(await server.accept(), 'Server', false),
    close: server.close,
  };
}

function openTurns(socket: BlockingSocket, defaultNick: string, isFirst: boolean): Turns {
  let nick = defaultNick;
  let isOurTurn = isFirst;
  let isOver = false;
  return {
    async read() {
      if (isOver) return null;
      if (isOurTurn) throw new Error('the program waits for a line to be typed');
      const words = await socket.recv(1_024);
      isOurTurn = true;
      isOver = words === '' || words.startsWith('/disconnect');
      if (isOver) await socket.close();
      return words === '' ? null : words.replace(/^\/disconnect/, '');
    },
    async type(line) {
      if (!isOurTurn || isOver) throw new Error('the program waits for the other side');
      isOurTurn = false;
      if (line === '/disconnect') {
        isOver = true;
        socket.send(`/disconnect${nick} disconnected from the chat.`);
        await socket.close();
      } else if (line.startsWith('/nickname ')) {
        const before = nick;
        nick = line.slice('/nickname '.length);
        socket.send(`${before} changed their nickname to ${nick}.`);
      } else socket.send(`${nick}: ${line}`);
    },
    close: socket.close,
  };
}
