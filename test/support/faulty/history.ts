import { history } from '../../../src/actors/history.js';
import { hostActors } from '../../../src/runtime/thread.js';
import { faulty, obeyFaults, poisonable } from './order.js';

obeyFaults('history');
hostActors({ history: faulty(poisonable(history)) });
