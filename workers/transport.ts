import { transportActor } from '../src/actors/transport.js';
import { hostActors } from '../src/runtime/thread.js';

hostActors({ transport: transportActor });
