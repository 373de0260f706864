import { discoveryActor } from '../../../src/actors/discovery.js';
import { hostActors } from '../../../src/runtime/thread.js';
import { faulty, obeyFaults } from './order.js';

obeyFaults('discovery');
hostActors({ discovery: faulty(discoveryActor) });
