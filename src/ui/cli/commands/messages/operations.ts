/** `parlance edit`, `delete` and `react`: operations on a message that was sent or received. */
import { catalogue } from '../../../text/catalogue.js';
import type { Operation, StatusEvent } from '../../../../index.js';
import { withNode, type RunContext } from '../../run.js';
import type { ExitCode } from '../../screen/wording.js';

/** Arguments of the commands. */
export interface OperationOptions {
  /** The message: its id, the last characters of it, `^1` or `@1`. */
  readonly word: string;
  readonly operation: Exclude<Operation, { readonly do: 'reply' }>;
  /** Only in the conversation with this peer; null: in any. */
  readonly peer: string | null;
}

/** Does the operation, and prints its state. */
export async function operate(context: RunContext, options: OperationOptions): Promise<ExitCode> {
  const { output } = context;
  const { word, operation, peer } = options;
  return withNode(context, async ({ node }) => {
    const done = await node.operate(word, operation, peer === null ? {} : { peer });
    if (done.isErr()) return output.failure(done.error);
    await output.result(done.value, outcomeOf(operation, done.value));
    return 0;
  });
}

/** Returns the outcome as a sentence. */
export function outcomeOf(operation: Operation, { peer, state, reason }: StatusEvent): string {
  if (operation.do !== 'delete') return state === 'queued' ? catalogue().commands.queuedFor(peer) : state;
  if (operation.forMe === true) return catalogue().commands.removedHere;
  if (reason === 'withdrawn') return catalogue().commands.neverSent;
  if (reason !== undefined) return catalogue().commands.programKeeps(peer);
  return catalogue().commands.askedToRemove(peer);
}
