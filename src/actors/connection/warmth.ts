/**
 * Keeps one thread of sessions warm: it lives there from the start of the node and runs the code of a handshake once,
 * since a cold one takes some 140 ms. Child of the sessions' supervisor; permanent.
 */
import { ok } from 'neverthrow';
import { actor } from '../../runtime/actor.js';
import { warmUp } from '../../session/handshake.js';

/** The actor that warms its thread. */
export const sessionWarmth = actor<null, null, Record<never, never>>({
  name: 'session-warmth',
  restart: 'permanent',
  init() {
    // After `ready`, so that the node's own start does not wait for it.
    setImmediate(warmUp);
    return ok(null);
  },
  receive: {},
});
