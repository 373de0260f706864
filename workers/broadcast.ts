/** Hosts broadcast in a thread of its own. */
import { broadcastActor } from '../src/actors/presence/broadcast.js';
import { hostActors } from '../src/runtime/thread/thread.js';

hostActors({ broadcast: broadcastActor });
