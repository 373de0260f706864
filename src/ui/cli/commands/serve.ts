/** `parlance serve`: runs the node without a prompt, until a signal. */
import { eventLine } from '../screen/present.js';
import { EndReason, withNode, type RunContext } from '../run.js';
import type { ExitCode } from '../screen/wording.js';

export function serve(context: RunContext): Promise<ExitCode> {
  const { output, stopped } = context;
  return withNode(
    context,
    async ({ node, release }) => {
      // The node publishes `bye` when it is released, which ends the loop below.
      const leave = (): void => {
        release().catch(() => undefined);
      };
      if (stopped.aborted) leave();
      stopped.addEventListener('abort', leave, { once: true });
      const endReason = new EndReason();
      for await (const event of node.events()) {
        await output.result(event, eventLine(event, output.colors));
        endReason.read(event);
        if (event.type === 'bye') return stopped.aborted ? 0 : output.failureOnStderr(endReason.fault());
      }
      if (stopped.aborted) {
        await output.result({ type: 'bye' }, 'bye');
        return 0;
      }
      return output.failure(endReason.fault());
    },
    { mustOwn: true },
  );
}
