import { transportActor } from '../../../src/actors/transport/transport.js';
import { hostActors } from '../../../src/runtime/thread/thread.js';
import { faulty, obeyFaults } from './order.js';

obeyFaults('transport');
hostActors({ transport: faulty(transportActor) });
