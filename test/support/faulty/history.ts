import { history } from '../../../src/actors/history.js';
import { hostActors } from '../../../src/runtime/thread.js';
import { faulty, obeyFaults } from './order.js';

obeyFaults('history');
hostActors({ history: faulty(history) });
