import { hostActors } from '../src/runtime/thread/thread.js';
import { part } from './worlds.js';

hostActors({ part });
