import { history } from '../src/actors/history.js';
import { hostActors } from '../src/runtime/thread.js';

hostActors({ history });
