/** Hosts the history in a thread of its own. */
import { history } from '../src/actors/history/history.js';
import { hostActors } from '../src/runtime/thread/thread.js';

hostActors({ history });
