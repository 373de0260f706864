/**
 * A node in a process of its own that offers a file, or accepts what is offered, and says each step as a line of JSON.
 * Its script is `files.program.ts`, to be killed at any moment and started again.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { TransferEvent } from '../../src/chat/events.js';
import { programFile } from './programs.js';

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
  const child = spawn(process.execPath, [programFile('support/files.program'), JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: child.stdout }).on('line', (line) =>
    onTransfer(JSON.parse(line) as TransferEvent),
  );
  return child;
}
