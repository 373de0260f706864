/** `recv --files DIR`: accepts what is offered, and waits until it is there. */
import { catalogue } from '../../text/catalogue.js';
import { resolve } from 'node:path';
import {
  escapeForTerminal,
  type AcceptOptions,
  type NodeHandle,
  type TransferEvent,
} from '../../../index.js';
import type { Attachment } from '../attach.js';
import { EndReason, until, withNodes, type RunContext } from '../run.js';
import { lineOf, wordingOf, type ExitCode } from '../screen/wording.js';
import { TransferRows } from './rows.js';

/** Arguments of `recv --files`. */
export interface RecvFilesOptions {
  readonly directory: string;
  /** Number of transfers after which the command ends; null: it goes on. */
  readonly count: number | null;
  readonly from: string | null;
  readonly timeoutMs: number | null;
  readonly wishes: AcceptOptions;
}

/** Accepts offers and prints transfers. Exit codes: 4 where `timeoutMs` passed before `count` transfers were done. */
export async function recvFiles(context: RunContext, options: RecvFilesOptions): Promise<ExitCode> {
  const receiving: Receiving = {
    left: options.count ?? Number.POSITIVE_INFINITY,
    isBegun: false,
    done: new Set(),
  };
  return withNodes(context, options.timeoutMs, (attachment, timedOut) =>
    follow(context, options, attachment, receiving, timedOut),
  );
}

interface Receiving {
  left: number;
  isBegun: boolean;
  /** Transfers that were counted, or were done before. */
  readonly done: Set<string>;
}

async function follow(
  { output, stopped, world }: RunContext,
  options: RecvFilesOptions,
  { node }: Attachment,
  receiving: Receiving,
  timedOut: AbortSignal,
): Promise<ExitCode | 'again'> {
  const rows = new TransferRows(world, output);
  const endReason = new EndReason();
  const directory = resolve(options.directory);
  const take = async (event: TransferEvent): Promise<boolean> => {
    if (event.direction === 'out' || receiving.done.has(event.id)) return false;
    if (!(await isFrom(node, options.from, event))) return false;
    // A question that is answered here is none for the user.
    if (event.state !== 'asked' || output.isJson) await rows.show(event);
    if (event.state === 'asked') {
      const accepted = await node.actOnTransfer(event.id, 'accept', directory, options.wishes);
      if (accepted.isErr()) output.note(lineOf(wordingOf(accepted.error)));
    }
    if (event.state !== 'done') return false;
    receiving.done.add(event.id);
    receiving.left -= 1;
    return receiving.left <= 0;
  };
  try {
    for await (const event of until(node.events(), AbortSignal.any([stopped, timedOut]))) {
      if (event.type === 'bye') break;
      endReason.read(event);
      if (event.type === 'ready') {
        if (!receiving.isBegun && output.isJson) await output.result(event, null);
        const before = (await node.transfers()).unwrapOr([]);
        for (const each of before) {
          // Transfers that were done before this command began do not count.
          if (each.state === 'done' && !receiving.isBegun) receiving.done.add(each.id);
          else if (await take(each)) return 0;
        }
        receiving.isBegun = true;
      }
      if (event.type === 'error') output.note(escapeForTerminal(event.message));
      if (event.type === 'transfer' && (await take(event))) return 0;
    }
  } finally {
    rows.end();
  }
  if (stopped.aborted) return options.count === null ? 0 : output.failure({ code: 'command/stopped' });
  if (timedOut.aborted) {
    const waitedMs = options.timeoutMs ?? 0;
    return output.failure({ code: 'command/timeout', what: catalogue().files.notAllCame, waitedMs });
  }
  const fault = endReason.fault();
  return fault === null ? 'again' : output.failure(fault);
}

async function isFrom(node: NodeHandle, word: string | null, event: TransferEvent): Promise<boolean> {
  if (word === null || word === event.peerId) return true;
  const found = await node.find(word);
  return found.isOk() ? found.value.id === event.peerId : word === event.peer;
}
