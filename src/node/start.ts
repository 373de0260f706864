/** Starting a node, its code loaded only then: a command that attaches to a running node starts in a third of the time. */
import { ResultAsync } from 'neverthrow';
import type { NodeError, NodeHandle, NodeOptions } from './handle.js';

/**
 * Starts a node and waits until it can be reached. Errors: `home/…` (in use, unusable, damaged identity), `store/…`
 * (newer schema, unusable), `transport/…` (port), `chat/name-invalid`.
 */
export function startNode(options: NodeOptions): ResultAsync<NodeHandle, NodeError> {
  return new ResultAsync(import('./root.js').then((root) => root.startNode(options)));
}
