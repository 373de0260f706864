import { broadcastActor } from '../src/actors/broadcast.js';
import { hostActors } from '../src/runtime/thread.js';

hostActors({ broadcast: broadcastActor });
