import { sessionWarmth } from '../../../src/actors/connection/warmth.js';
import { session } from '../../../src/actors/connection/session.js';
import { foreignConnection } from '../../../src/actors/connection/foreign.js';
import { hostActors } from '../../../src/runtime/thread/thread.js';
import { faulty, obeyFaults } from './order.js';

obeyFaults('session');
hostActors({ session: faulty(session), 'session-warmth': sessionWarmth, foreign: faulty(foreignConnection) });
