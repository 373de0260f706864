/** The script of a node that sends or gets a file, started by `spawnFilesNode`: says each step as a line of JSON. */
import type { TransferEvent } from '../../src/chat/events.js';
import { startNode } from '../../src/node/root.js';
import type { FilesNodeOptions } from './files-child.js';

async function run({ beaconPort, directory, offer, ...rest }: FilesNodeOptions): Promise<void> {
  const node = (
    await startNode(
      {
        ...rest,
        bind: '127.0.0.1',
        port: 0,
        broadcast: ['127.255.255.255'],
        beaconPorts: [beaconPort],
        beaconIntervalMs: 1_000,
      },
      undefined,
      'inline',
    )
  )._unsafeUnwrap();
  const accept = async ({ id, state, direction }: TransferEvent): Promise<void> => {
    if (state === 'asked' && direction === 'in' && directory !== null)
      await node.actOnTransfer(id, 'accept', directory);
  };
  let isOffered = false;
  for await (const event of node.events()) {
    if (event.type === 'ready')
      for (const each of (await node.transfers()).unwrapOr([])) {
        isOffered ||= each.id === offer?.id;
        process.stdout.write(`${JSON.stringify(each)}\n`);
        await accept(each);
      }
    if (event.type === 'peer' && offer !== null && !isOffered && event.name === offer.to) {
      isOffered = true;
      await node.offerFiles(event.id, [offer.path], { id: offer.id });
    }
    if (event.type !== 'transfer') continue;
    process.stdout.write(`${JSON.stringify(event)}\n`);
    await accept(event);
  }
}

await run(JSON.parse(process.argv[2] ?? '{}') as FilesNodeOptions);
