/**
 * A node in a process of its own that offers a file, or accepts what is offered, and says each step as a line of JSON.
 * Started as a program by `spawnFilesNode`, to be killed at any moment and started again.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { TransferEvent } from '../../src/chat/events.js';
import { startNode } from '../../src/node/root.js';

export interface FilesNodeOptions {
  readonly home: string;
  readonly name: string;
  readonly beaconPort: number;
  /** Where everything that is offered goes; null: nothing is accepted. */
  readonly directory: string | null;
  /** A path to offer to a peer, with the id of the transfer; null: nothing is offered. */
  readonly offer: { readonly to: string; readonly path: string; readonly id: string } | null;
}

/** Starts the process. `onTransfer` gets each event of a transfer. */
export function spawnFilesNode(
  options: FilesNodeOptions,
  onTransfer: (event: TransferEvent) => void,
): ChildProcess {
  const child = spawn(process.execPath, [import.meta.filename, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: child.stdout }).on('line', (line) =>
    onTransfer(JSON.parse(line) as TransferEvent),
  );
  return child;
}

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

const [, script = '', given] = process.argv;
if (script === import.meta.filename && given !== undefined) await run(JSON.parse(given) as FilesNodeOptions);
