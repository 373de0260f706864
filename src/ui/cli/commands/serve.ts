/** `parlance serve`: runs the node without a prompt, until a signal. */
import type { NodeEvent, NodeHandle } from '../../../index.js';
import { Naming } from '../screen/naming.js';
import { eventLine } from '../screen/present.js';
import { startOwn } from '../attach.js';
import type { Output } from '../screen/output.js';
import { EndReason, nodeEnded, whileAttached, type RunContext } from '../run.js';
import type { ExitCode } from '../screen/wording.js';

/** Runs a node until a signal ends it. */
export async function serve(context: RunContext): Promise<ExitCode> {
  const { output, stopped, world, common } = context;
  return whileAttached<ExitCode>(context, await startOwn(world, common), async ({ node, release }) => {
    // The node publishes `bye` when it is released, which ends the loop below.
    const leave = (): void => {
      release().catch(() => undefined);
    };
    if (stopped.aborted) leave();
    stopped.addEventListener('abort', leave, { once: true });
    const endReason = new EndReason();
    const fault = () => endReason.fault() ?? nodeEnded(null);
    const naming = new Naming();
    const emittedMark = output.isJson ? new EmittedMark(node, output) : null;
    for await (const event of await eventsOf(node, emittedMark)) {
      if (event.type === 'peer') naming.set(event);
      if (event.type === 'ready' && !output.isJson)
        for (const row of (await node.peers()).unwrapOr([])) naming.set(row);
      await output.result(event, eventLine(event, output.colors, naming));
      if (event.type === 'message') emittedMark?.noteWritten(event.seq);
      endReason.read(event);
      if (event.type === 'bye') return stopped.aborted ? 0 : output.failureOnStderr(fault());
    }
    if (stopped.aborted) {
      await output.result({ type: 'bye' }, 'bye');
      return 0;
    }
    return output.failure(fault());
  });
}

/** Returns the events of the node. With `--json` those begin with the messages since the last `serve --json`. */
async function eventsOf(node: NodeHandle, mark: EmittedMark | null): Promise<AsyncIterable<NodeEvent>> {
  if (mark === null) return node.events();
  const seq = await node.emittedSeq();
  return node.events(seq.isOk() ? { sinceSeq: seq.value } : {});
}

/** Marks on the node the newest message that this process has written. One mark is under way at a time. */
export class EmittedMark {
  readonly #node: Pick<NodeHandle, 'markEmitted'>;
  readonly #output: Pick<Output, 'written'>;
  #seq = 0;
  #isMarking = false;

  constructor(node: Pick<NodeHandle, 'markEmitted'>, output: Pick<Output, 'written'>) {
    this.#node = node;
    this.#output = output;
  }

  /** Notes a message that was handed to stdout. It is marked once the write has succeeded. */
  noteWritten(seq: number): void {
    this.#seq = seq;
    if (this.#isMarking) return;
    this.#isMarking = true;
    this.#mark().then(undefined, () => undefined);
  }

  async #mark(): Promise<void> {
    let marked = 0;
    while (marked < this.#seq) {
      const seq = this.#seq;
      // After a failure the next message, or the next start, sets the mark. At worst a message is emitted twice.
      const isWritten = await this.#output.written();
      if (!isWritten || (await this.#node.markEmitted(seq)).isErr()) break;
      marked = seq;
    }
    this.#isMarking = false;
  }
}
