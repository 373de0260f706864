import { hostActors } from '../../src/runtime/thread.js';
import { journal, store, worker } from './actors.js';

hostActors({ journal, store, worker });
