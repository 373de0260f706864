import { discoveryActor } from '../src/actors/presence/discovery.js';
import { hostActors } from '../src/runtime/thread/thread.js';

hostActors({ discovery: discoveryActor });
