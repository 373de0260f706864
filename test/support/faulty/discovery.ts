import { discoveryActor } from '../../../src/actors/presence/discovery.js';
import { hostActors } from '../../../src/runtime/thread/thread.js';
import { faulty, obeyFaults } from './order.js';

obeyFaults('discovery');
hostActors({ discovery: faulty(discoveryActor) });
