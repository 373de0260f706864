/** Starts nodes of commands in this process, with inline actors: the cheap form of a process of their own. */
import { ok, ResultAsync } from 'neverthrow';
import type { NodeError, NodeOptions } from '../../src/index.js';
import { startNode } from '../../src/node/root.js';
import { startNodeInTurn } from '../../src/node/start.js';
import { askHolder } from '../../src/ui/api/attach.js';
import { attend } from '../../src/ui/api/attended.js';
import type { LaunchTask, ServedBy } from '../../src/ui/api/launch.js';

/** Starts a node of `serve` with inline actors once its home is free. */
export const startInline = (options: NodeOptions) =>
  startNodeInTurn(
    options,
    () => askHolder(options.home),
    (inside, home) => startNode(inside, undefined, 'inline', () => ok(home)),
  );

/** Starts a node of commands in this process. It ends after its last client, as one of its own process does. */
export const launchInline = ({ options, startedWith }: LaunchTask): ResultAsync<ServedBy, NodeError> =>
  startInline(options)
    .andThen((node) => new ResultAsync(attend(node, options.home, startedWith)))
    .map(() => 'new' as const);
