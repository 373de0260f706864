/** ngircd: neither encrypts here nor stores, and confirms nothing, so what arrives counts as confirmed. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Socket } from 'node:net';
import { opened, startServer } from './debian.js';
import type { Contestant } from './contestant.js';

/** Starts it; null: it cannot be had. */
export async function ngircd(home: string): Promise<Contestant | null> {
  const file = join(home, 'ngircd.conf');
  const server = await startServer('ngircd', (port) => {
    const lines = ['[Global]', 'Name = bench.local', 'Listen = 127.0.0.1', `Ports = ${port}`];
    lines.push(
      '[Limits]',
      'MaxPenaltyTime = 0',
      'MaxConnectionsIP = 0',
      '[Options]',
      'DNS = no',
      'Ident = no',
      'PAM = no',
    );
    writeFileSync(file, `${lines.join('\n')}\n`);
    return ['-n', '-f', file];
  });
  if (server === null) return null;
  const [sender, receiver] = [await opened(server.port), await opened(server.port)];
  let arrived = 0;
  await welcomed(sender, 'alice', () => undefined);
  await welcomed(receiver, 'bob', () => {
    arrived += 1;
  });
  return {
    name: 'ngircd',
    server,
    send: (count, text) => void sender.write(`PRIVMSG bob :${text}\r\n`.repeat(count)),
    counted: () => ({ arrived, confirmed: arrived }),
    async stop() {
      sender.destroy();
      receiver.destroy();
      await server.stop();
    },
  };
}

/** Logs in, and calls `take` for each message. */
function welcomed(socket: Socket, name: string, take: () => void): Promise<void> {
  let rest = '';
  socket.setEncoding('latin1');
  socket.write(`NICK ${name}\r\nUSER ${name} 0 * :${name}\r\n`);
  return new Promise((resolve) => {
    socket.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line.includes(' PRIVMSG ')) take();
        else if (line.startsWith('PING')) socket.write(`PONG${line.slice(4)}\r\n`);
        else if (line.includes(' 001 ')) resolve();
      }
    });
  });
}
