import { session } from '../src/actors/session.js';
import { sessionWarmth } from '../src/actors/session-warmth.js';
import { talk } from '../src/actors/talk.js';
import { hostActors } from '../src/runtime/thread.js';

hostActors({ session, 'session-warmth': sessionWarmth, talk });
