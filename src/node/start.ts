/**
 * Starting a node. Its code is loaded only then, so that a command that attaches to a running node starts three times
 * as fast.
 */
import { ResultAsync } from 'neverthrow';
import type { NodeError, NodeHandle, NodeOptions } from './handle.js';

/**
 * Starts a node and waits until peers can reach it. Errors: `home/…` (in use, unusable, damaged identity), `store/…`
 * (newer schema, unusable), `transport/…` (port), `chat/name-invalid`.
 */
export function startNode(options: NodeOptions): ResultAsync<NodeHandle, NodeError> {
  return new ResultAsync(import('./root.js').then((root) => root.startNode(options)));
}
