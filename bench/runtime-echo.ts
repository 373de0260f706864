import { hostActors } from '../src/runtime/thread/thread.js';
import { echo } from './runtime.bench.js';
import { mortal } from './spawn.bench.js';

hostActors({ echo, mortal });
