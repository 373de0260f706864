import { history } from '../../../src/actors/history/history.js';
import { hostActors } from '../../../src/runtime/thread/thread.js';
import { faulty, obeyFaults, poisonable } from './order.js';

obeyFaults('history');
hostActors({ history: faulty(poisonable(history)) });
