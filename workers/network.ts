/** Hosts transport, sessions and presence in one thread. */
import { discoveryActor } from '../src/actors/presence/discovery.js';
import { broadcastActor } from '../src/actors/presence/broadcast.js';
import { session } from '../src/actors/connection/session.js';
import { sessionWarmth } from '../src/actors/connection/warmth.js';
import { foreignConnection } from '../src/actors/connection/foreign.js';
import { filesActor } from '../src/actors/files/files.js';
import { transportActor } from '../src/actors/transport/transport.js';
import { hostActors } from '../src/runtime/thread/thread.js';

hostActors({
  transport: transportActor,
  session,
  'session-warmth': sessionWarmth,
  foreign: foreignConnection,
  discovery: discoveryActor,
  broadcast: broadcastActor,
  files: filesActor,
});
