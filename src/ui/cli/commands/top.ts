/** `parlance top`: what the actors of the running node do, refreshed in place. */
import { catalogue } from '../../text/catalogue.js';
import * as v from 'valibot';
import {
  escapeForTerminal,
  topLines,
  type NodeHandle,
  type SupervisorNode,
  type TreeNode,
} from '../../../index.js';
import { homeOf } from '../../../home/default-home.js';
import type { CliError } from '../errors.js';
import { cli } from '../limits.js';
import { pause, type RunContext } from '../run.js';
import type { ExitCode } from '../screen/wording.js';

const count = v.number();
const threads = v.array(
  v.object({
    name: v.string(),
    pending: count,
    heapUsedBytes: count,
    externalBytes: count,
    arrayBuffersBytes: count,
  }),
);
const actorStats = v.object({
  id: v.string(),
  mailboxDepth: count,
  linksIn: count,
  handled: count,
  handledPerSecond: count,
  busyShare: count,
  latencyMs: v.object({ p50: count, p99: count, max: count }),
  restarts: count,
  thread: v.string(),
});
const nodes: v.GenericSchema<TreeNode> = v.lazy(() =>
  v.variant('type', [
    supervisor,
    v.object({
      type: v.literal('actor'),
      id: v.string(),
      kind: v.string(),
      isUp: v.boolean(),
      restarts: count,
      stats: v.exactOptional(actorStats),
      children: v.array(nodes),
    }),
  ]),
);
const supervisor = v.object({
  type: v.literal('supervisor'),
  id: v.string(),
  strategy: v.picklist(['one-for-one', 'one-for-all', 'rest-for-one']),
  status: v.picklist(['down', 'starting', 'running', 'stopping']),
  children: v.array(nodes),
});
const figures = v.object({ tree: supervisor, threads });

const clear = '\u001B[H\u001B[J';
const enter = '\u001B[?1049h\u001B[?25l';
const leave = '\u001B[?25h\u001B[?1049l';

/** Prints the table again and again on a terminal, until a signal; once where `isOnce`, with `--json` and elsewhere. */
export async function top(context: RunContext, isOnce: boolean): Promise<ExitCode> {
  const { output, world, common } = context;
  const home = homeOf(common.home, world.env);
  if (home.isErr()) return output.failure(home.error);
  const running = await world.connectNode(home.value);
  if (running.isErr()) return output.failure(running.error);
  const node = running.value;
  const { stdout } = world;
  const isInPlace = stdout.isTTY === true && !isOnce && !output.isJson && !output.isPlain;
  if (isInPlace) stdout.write(enter);
  let ended: ExitCode | CliError;
  try {
    ended = await show(context, node, isInPlace);
  } finally {
    if (isInPlace) stdout.write(leave);
    await node.close();
  }
  // The line of a failure would vanish with the alternate screen.
  return typeof ended === 'number' ? ended : output.failure(ended);
}

/** Prints the table. Returns the exit code, or the failure to report. */
async function show(
  { output, stopped, world: { stdout } }: RunContext,
  node: Pick<NodeHandle, 'stats'>,
  isInPlace: boolean,
): Promise<ExitCode | CliError> {
  for (;;) {
    const answer = await node.stats();
    if (answer.isErr()) return answer.error;
    const read = v.safeParse(figures, answer.value);
    // A node of another version.
    if (!read.success)
      return {
        code: 'api/malformed',
        detail: catalogue().commands.noFigures,
      };
    if (!isInPlace) {
      const lines = table(read.output, stdout.columns, Infinity);
      await output.result({ type: 'top', ...read.output }, lines.join('\n'));
      return 0;
    }
    stdout.write(`${clear}${table(read.output, stdout.columns, stdout.rows).join('\n')}`);
    await pause(cli.topEveryMs, stopped);
    if (stopped.aborted) return 0;
  }
}

function table(
  { tree, threads }: v.InferOutput<typeof figures>,
  columns: number | undefined,
  rows: number | undefined,
): readonly string[] {
  const size = { columns: columns ?? cli.columnsDefault, rows: rows ?? cli.rowsDefault };
  const root: SupervisorNode = tree;
  return topLines(root, threads, size).map((line) => escapeForTerminal(line));
}
