/** Commands of the prompt about one peer: the one that is named, or the one of the open conversation. */
import { catalogue } from '../../text/catalogue.js';
import type { ResultAsync } from 'neverthrow';
import type { NodeError, NodeHandle, TransferEvent } from '../../../index.js';
import { peerName } from '../screen/present.js';
import { FileCommands } from './file-commands.js';
import type { Open } from './layout.js';
import type { Printer } from './printer.js';

const names = ['block', 'unblock', 'disconnect', 'send', 'files'] as const;
/** The name of a command about one peer. */
export type PeerCommandName = (typeof names)[number];

/** Whether a command is one about one peer. */
export const isPeerCommand = (name: string): name is PeerCommandName => names.some((known) => known === name);

type UsedNode = Pick<
  NodeHandle,
  'find' | 'block' | 'disconnect' | 'offerFiles' | 'transfers' | 'actOnTransfer'
>;

/** Runs the commands about one peer. */
export class PeerCommands {
  readonly #node: UsedNode;
  readonly #printer: Printer;
  readonly #files: FileCommands;

  constructor(node: UsedNode, printer: Printer) {
    this.#node = node;
    this.#printer = printer;
    this.#files = new FileCommands(node, printer);
  }

  /** Prints a transfer that entered a new state. */
  transfer = (event: TransferEvent): void => this.#files.event(event);

  run(name: PeerCommandName, argument: string, open: Open | null): Promise<void> {
    switch (name) {
      case 'send':
        return this.#files.send(argument, open);
      case 'files':
        return this.#files.files(argument);
      case 'block':
        return this.#onPeerOf(argument, open, (peer) =>
          this.#node.block(peer, true).map((row) => catalogue().prompt.isBlocked(peerName(row))),
        );
      case 'unblock':
        return this.#onPeerOf(argument, open, (peer) =>
          this.#node.block(peer, false).map((row) => catalogue().prompt.isUnblocked(peerName(row))),
        );
      case 'disconnect':
        return this.#onPeerOf(argument, open, (peer) =>
          this.#node.disconnect(peer).map(() => catalogue().prompt.disconnected),
        );
      default:
        return name satisfies never;
    }
  }

  async #onPeerOf(
    argument: string,
    open: Open | null,
    act: (peer: string) => ResultAsync<string, NodeError>,
  ): Promise<void> {
    const found = argument === '' ? null : await this.#node.find(argument);
    if (found?.isErr() === true && found.error.code !== 'chat/unknown-peer')
      return this.#printer.fail(found.error);
    const named = argument === '' ? null : argument;
    const peer = (found?.isOk() === true ? found.value.id : named) ?? open?.row?.id ?? open?.word;
    if (peer === undefined) return this.#printer.warn(catalogue().prompt.peerMissing);
    (await act(peer)).match(
      (words) => this.#printer.note(words),
      (error) => this.#printer.fail(error),
    );
  }
}
