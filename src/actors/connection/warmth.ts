/**
 * Keeps one thread of sessions ready: it lives there from the start of the node, and pays for the first handshake (a
 * cold one takes some 140 ms, mostly compilation) before a peer has to wait for it. Child of root; permanent.
 */
import { ok } from 'neverthrow';
import { actor } from '../../runtime/actor.js';
import { warmUp } from '../../session/handshake.js';

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
