import { sessionWarmth } from '../../../src/actors/session-warmth.js';
import { session } from '../../../src/actors/session.js';
import { talk } from '../../../src/actors/talk.js';
import { hostActors } from '../../../src/runtime/thread.js';
import { faulty, obeyFaults } from './order.js';

obeyFaults('session');
hostActors({ session: faulty(session), 'session-warmth': sessionWarmth, talk: faulty(talk) });
