/** Hosts the transport in a thread of its own. */
import { transportActor } from '../src/actors/transport/transport.js';
import { hostActors } from '../src/runtime/thread/thread.js';

hostActors({ transport: transportActor });
