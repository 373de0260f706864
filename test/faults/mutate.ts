/**
 * Malformed inputs by hand: prints them as hex, one a line, or sends each over a connection of its own.
 *
 *   node dist/test/faults/mutate.js DIALECT [COUNT] [--seed S] [--to HOST:PORT]
 *
 * They are made from the recorded exchanges of a dialect (`test/captures`) by the mutators of the tests.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { parseArgs } from 'node:util';
import { foreignDialects } from '../../src/dialects/sniff.js';
import { readCaptures } from '../support/captures.js';
import { kinds } from '../support/malformed.js';
import { dice, runSeed } from '../support/seeds.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: String(runSeed) }, to: { type: 'string' } },
});
const [name = '', count = '10'] = positionals;
const dialect = Object.values(foreignDialects).find((each) => each.name === name);
if (dialect === undefined || !(Number(count) > 0)) {
  const names = Object.values(foreignDialects).map((each) => each.name);
  process.stderr.write(`mutate: give one of ${names.join(', ')}, and a number\n`);
  process.exit(2);
}
const corpus = readCaptures(dialect.name).flatMap(({ steps }) => steps.map(({ bytes }) => bytes));
const draw = dice(Number(values.seed));
const names = Object.keys(kinds);

async function send(bytes: Uint8Array, to: string): Promise<void> {
  const [host = '', port = ''] = to.split(/:(?=\d+$)/u);
  const socket = connect({ host, port: Number(port) });
  socket.on('error', () => undefined).resume();
  socket.end(bytes);
  await once(socket, 'close');
}

process.stderr.write(`seed ${values.seed}\n`);
for (let made = 0; made < Number(count); made += 1) {
  const kind = names[draw(names.length)] ?? '';
  const bytes = kinds[kind]?.make(corpus, draw) ?? new Uint8Array();
  process.stdout.write(`${Buffer.from(bytes).toString('hex')}\n`);
  if (values.to !== undefined) await send(bytes, values.to);
}
