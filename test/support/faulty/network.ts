import { sessionWarmth } from '../../../src/actors/connection/warmth.js';
import { session } from '../../../src/actors/connection/session.js';
import { foreignConnection } from '../../../src/actors/connection/foreign.js';
import { broadcastActor } from '../../../src/actors/presence/broadcast.js';
import { discoveryActor } from '../../../src/actors/presence/discovery.js';
import { filesActor } from '../../../src/actors/files/files.js';
import { transportActor } from '../../../src/actors/transport/transport.js';
import { hostActors } from '../../../src/runtime/thread/thread.js';
import { faulty, obeyFaults } from './order.js';

obeyFaults('network');
hostActors({
  transport: faulty(transportActor),
  session,
  'session-warmth': sessionWarmth,
  foreign: foreignConnection,
  discovery: discoveryActor,
  broadcast: broadcastActor,
  files: filesActor,
});
