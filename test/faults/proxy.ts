/**
 * A man in the middle by hand, for TCP or UDP: it passes on what comes, late, bent, cut or in part.
 *
 *   node dist/test/faults/proxy.js tcp|udp LISTEN_PORT HOST:PORT [--delay MS] [--lose PERCENT] [--flip PERCENT]
 *     [--double PERCENT] [--cut-after BYTES] [--seed S] [--log]
 *
 * A piece is one read of a stream, or one datagram; percentages are shares of pieces, and `--flip` turns one bit. A
 * connection is reset after the bytes of `--cut-after`. The seed is printed, and with `--log` each piece as hex.
 */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { dice, runSeed } from '../support/seeds.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    delay: { type: 'string', default: '0' },
    lose: { type: 'string', default: '0' },
    flip: { type: 'string', default: '0' },
    double: { type: 'string', default: '0' },
    'cut-after': { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: String(runSeed) },
    log: { type: 'boolean', default: false },
  },
});
const [kind, listenPort = '', target = ''] = positionals;
const [host = '', port = ''] = target.split(/:(?=\d+$)/u);
if ((kind !== 'tcp' && kind !== 'udp') || host === '' || !(Number(port) > 0)) {
  process.stderr.write('proxy: give tcp or udp, a port to listen on, and HOST:PORT\n');
  process.exit(2);
}
const draw = dice(Number(values.seed));
const chance = (percent: string): boolean => draw(10_000) < Number(percent) * 100;

/** The pieces that go on in place of one, each after its delay. */
function bent(piece: Uint8Array, way: string): readonly Uint8Array[] {
  if (values.log) process.stdout.write(`${way} ${Buffer.from(piece).toString('hex')}\n`);
  if (chance(values.lose)) return [];
  const bytes = Uint8Array.from(piece);
  if (bytes.length > 0 && chance(values.flip)) {
    const at = draw(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << draw(8));
  }
  return chance(values.double) ? [bytes, bytes] : [bytes];
}

const late = (work: () => void): void => void setTimeout(work, Number(values.delay));

function pass(from: Socket, to: Socket, way: string, count: (bytes: number) => boolean): void {
  from.on('data', (piece) => {
    for (const bytes of bent(piece, way)) late(() => to.writable && to.write(bytes));
    if (!count(piece.length)) for (const end of [from, to]) end.resetAndDestroy();
  });
  from.on('end', () => late(() => to.end()));
  from.on('error', () => late(() => to.destroy()));
}

function serveTcp(): void {
  const server = createServer({ allowHalfOpen: true }, (caller) => {
    const called = connect({ host, port: Number(port), allowHalfOpen: true });
    let passed = 0;
    const count = (bytes: number): boolean => (passed += bytes) < Number(values['cut-after']);
    pass(caller, called, '>', count);
    pass(called, caller, '<', count);
  });
  server.listen(Number(listenPort), () => process.stdout.write(`seed ${values.seed}, tcp to ${target}\n`));
}

/** Answers of the target go to the host that was heard last. */
function serveUdp(): void {
  const socket = createSocket('udp4');
  let caller: RemoteInfo | null = null;
  socket.on('message', (bytes, from) => {
    const isAnswer = from.address === host && from.port === Number(port);
    if (!isAnswer) caller = from;
    const to = isAnswer ? caller : { address: host, port: Number(port) };
    if (to !== null)
      for (const piece of bent(bytes, isAnswer ? '<' : '>'))
        late(() => socket.send(piece, to.port, to.address));
  });
  socket.bind(Number(listenPort), () => process.stdout.write(`seed ${values.seed}, udp to ${target}\n`));
}

if (kind === 'tcp') serveTcp();
else serveUdp();
