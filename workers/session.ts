/** Hosts sessions and foreign connections in a thread of their own. */
import { session } from '../src/actors/connection/session.js';
import { sessionWarmth } from '../src/actors/connection/warmth.js';
import { foreignConnection } from '../src/actors/connection/foreign.js';
import { hostActors } from '../src/runtime/thread/thread.js';

hostActors({ session, 'session-warmth': sessionWarmth, foreign: foreignConnection });
