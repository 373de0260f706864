/** NATS with JetStream: a stream in files, which acknowledges each message to its sender. It syncs every two minutes. */
import type { Socket } from 'node:net';
import { opened, startServer } from './debian.js';
import type { Contestant } from './contestant.js';

/** Starts it; null: it cannot be had. */
export async function jetStream(home: string): Promise<Contestant | null> {
  const server = await startServer('nats-server', (port) => [
    '-a',
    '127.0.0.1',
    '-p',
    `${port}`,
    '-js',
    '-sd',
    home,
  ]);
  if (server === null) return null;
  const [sender, receiver] = [await opened(server.port), await opened(server.port)];
  let [arrived, confirmed] = [0, 0];
  const answers: string[] = [];
  onMessages(sender, (subject, text) => {
    if (subject === 'a') confirmed += 1;
    else answers.push(text);
  });
  onMessages(receiver, () => {
    arrived += 1;
  });
  const hello = 'CONNECT {"verbose":false,"pedantic":false}\r\n';
  sender.write(`${hello}SUB a 1\r\nSUB r 2\r\n`);
  receiver.write(`${hello}SUB d 1\r\nPING\r\n`);
  const ask = async (subject: string, body: object): Promise<void> => {
    const text = JSON.stringify(body);
    const { length } = answers;
    sender.write(`PUB $JS.API.${subject} r ${Buffer.byteLength(text)}\r\n${text}\r\n`);
    for (let tries = 0; answers.length === length && tries < 200; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 25));
    if (!(answers.at(-1) ?? '"error"').includes('"config"'))
      throw new Error(`JetStream: ${answers.at(-1) ?? 'no answer'}`);
  };
  await ask('STREAM.CREATE.S', {
    name: 'S',
    subjects: ['t'],
    storage: 'file',
    retention: 'limits',
    num_replicas: 1,
    max_consumers: -1,
    max_msgs: -1,
    max_bytes: -1,
    discard: 'old',
  });
  const config = {
    deliver_subject: 'd',
    ack_policy: 'none',
    deliver_policy: 'all',
    replay_policy: 'instant',
  };
  await ask('CONSUMER.CREATE.S', { stream_name: 'S', config });
  return {
    name: 'JetStream, files',
    server,
    send(count, text) {
      sender.write(`PUB t a ${Buffer.byteLength(text)}\r\n${text}\r\n`.repeat(count));
    },
    counted: () => ({ arrived, confirmed }),
    async stop() {
      sender.destroy();
      receiver.destroy();
      await server.stop();
    },
  };
}

/** Takes messages, and answers pings. */
function onMessages(socket: Socket, take: (subject: string, text: string) => void): void {
  let rest = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    rest += chunk;
    for (let at = 0; ;) {
      const end = rest.indexOf('\r\n', at);
      const line = end < 0 ? '' : rest.slice(at, end);
      const [verb, subject = ''] = line.split(' ', 2);
      const size = verb === 'MSG' ? Number(line.slice(line.lastIndexOf(' ') + 1)) + 2 : 0;
      if (end < 0 || rest.length < end + 2 + size) {
        rest = rest.slice(at);
        return;
      }
      if (verb === 'MSG') take(subject, rest.slice(end + 2, end + size));
      else if (verb === 'PING') socket.write('PONG\r\n');
      else if (verb === '-ERR') throw new Error(line);
      at = end + 2 + size;
    }
  });
}
