/** `parlance serve`: the node without a prompt, until a signal. */
import { eventLine } from './present.js';
import { withNode, type RunContext } from './run.js';
import type { ExitCode } from './wording.js';

export function serve(context: RunContext): Promise<ExitCode> {
  const { output, stopped } = context;
  return withNode(
    context,
    async ({ node, release }) => {
      // The node says `bye` itself when it is let go; that ends the loop below.
      const leave = (): void => {
        release().catch(() => undefined);
      };
      if (stopped.aborted) leave();
      stopped.addEventListener('abort', leave, { once: true });
      for await (const event of node.events()) {
        await output.result(event, eventLine(event, output.colors));
        if (event.type === 'bye') return 0;
      }
      if (stopped.aborted) {
        await output.result({ type: 'bye' }, 'bye');
        return 0;
      }
      return output.failure({ code: 'api/lost', detail: 'it ended by itself; its log says why' });
    },
    { mustOwn: true },
  );
}
