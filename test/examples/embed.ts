/** Two nodes in one program: they find each other, talk, and end. */
/* oxlint-disable eslint/no-console -- an example prints for the person that runs it */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNode, type NodeHandle } from '../../src/index.js';

const folder = await mkdtemp(join(tmpdir(), 'parlance-embed-'));
const start = async (name: string): Promise<NodeHandle> => {
  const started = await startNode({
    home: join(folder, name),
    name,
    // Only on this machine; without these three a node is there for everybody on the network.
    bind: '127.0.0.1',
    port: 0,
    broadcast: ['127.255.255.255'],
    beaconPorts: [Number(process.argv[2] ?? 6_000)],
  });
  return started.match(
    (node) => node,
    (error) => {
      throw new Error(`${name} does not start: ${error.code}`);
    },
  );
};

const alice = await start('alice');
const atAlice = alice.events();
const bob = await start('bob');
const atBob = bob.events();

for await (const event of atAlice)
  if (event.type === 'peer' && event.name === 'bob' && event.state === 'online') break;

const sent = await alice.send('bob', 'Lunch at noon?');
console.log(sent.isOk() ? `alice: ${sent.value.state}` : `alice: ${sent.error.code}`);

for await (const event of atBob)
  if (event.type === 'message') {
    console.log(`bob hears ${event.peer}: ${event.text}`);
    break;
  }

await Promise.all([alice.close(), bob.close()]);
await rm(folder, { recursive: true });
