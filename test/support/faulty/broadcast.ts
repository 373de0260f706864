import { broadcastActor } from '../../../src/actors/broadcast.js';
import { hostActors } from '../../../src/runtime/thread.js';
import { faulty, obeyFaults } from './order.js';

obeyFaults('broadcast');
hostActors({ broadcast: faulty(broadcastActor) });
