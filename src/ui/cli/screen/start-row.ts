/**
 * The wait for a node that starts: on a terminal a row with the time that has passed, with `--json` a `progress` line
 * now and then, in a pipe nothing. A start that goes on for long is explained once.
 */
import { catalogue } from '../../text/catalogue.js';
import { join } from 'node:path';
import { escapeForTerminal } from '../../../index.js';
import { cli, progressRow } from '../limits.js';
import type { CommonOptions } from '../options/common-options.js';
import type { World } from '../world.js';
import { safeJson } from './safe-json.js';

/** Arguments of the wait. */
export interface StartWait {
  readonly home: string;
  /** Log file of the node; absent: the one in its home. */
  readonly logFile?: string;
  readonly common: Pick<CommonOptions, 'isJson' | 'isQuiet' | 'isPlain'>;
}

/** Shows the wait until the returned function is called. */
export function showStart(world: World, { home, logFile, common }: StartWait): () => void {
  const startedMs = performance.now();
  const isDrawn = world.stderr.isTTY === true && !common.isJson && !common.isPlain && !common.isQuiet;
  const erase = isDrawn ? '\r\u001B[K' : '';
  const show = (): void => {
    const doneMs = Math.round(performance.now() - startedMs);
    if (common.isJson && doneMs >= progressRow.startLineMs)
      world.stdout.write(`${safeJson({ type: 'progress', what: catalogue().commands.starting, doneMs })}\n`);
    const row = catalogue().commands.startingFor(Math.round(doneMs / 1_000));
    const room = (world.stderr.columns ?? progressRow.columns) - 1;
    if (isDrawn) world.stderr.write(`${erase}${row.slice(0, room)}`);
  };
  const ticking = setInterval(show, progressRow.lineEveryMs);
  const slow = setTimeout(() => {
    const log = logFile ?? join(home, 'node.log');
    const line = catalogue().commands.startsSlowly(log);
    if (!common.isQuiet) world.stderr.write(`${erase}parlance: ${escapeForTerminal(line)}\n`);
  }, cli.slowStartMs);
  // A command that a signal has stopped may leave the wait behind, which must not keep its process.
  for (const timer of [ticking, slow]) timer.unref();
  const end = (): void => {
    unlisten();
    clearInterval(ticking);
    clearTimeout(slow);
    world.stderr.write(erase);
  };
  const unlisten = world.onSignal(end);
  return end;
}
