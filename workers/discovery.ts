/** Hosts discovery in a thread of its own. */
import { discoveryActor } from '../src/actors/presence/discovery.js';
import { hostActors } from '../src/runtime/thread/thread.js';

hostActors({ discovery: discoveryActor });
