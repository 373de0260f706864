/** `parlance serve`: the node without a prompt, until a signal. */
import { eventLine } from '../screen/present.js';
import { LastWords, withNode, type RunContext } from '../run.js';
import type { ExitCode } from '../screen/wording.js';

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
      const lastWords = new LastWords();
      for await (const event of node.events()) {
        await output.result(event, eventLine(event, output.colors));
        lastWords.hear(event);
        if (event.type === 'bye') return stopped.aborted ? 0 : output.failureTold(lastWords.fault());
      }
      if (stopped.aborted) {
        await output.result({ type: 'bye' }, 'bye');
        return 0;
      }
      return output.failure(lastWords.fault());
    },
    { mustOwn: true },
  );
}
