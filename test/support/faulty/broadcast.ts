import { broadcastActor } from '../../../src/actors/presence/broadcast.js';
import { hostActors } from '../../../src/runtime/thread/thread.js';
import { faulty, obeyFaults } from './order.js';

obeyFaults('broadcast');
hostActors({ broadcast: faulty(broadcastActor) });
