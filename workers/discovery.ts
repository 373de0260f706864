import { discoveryActor } from '../src/actors/discovery.js';
import { hostActors } from '../src/runtime/thread.js';

hostActors({ discovery: discoveryActor });
