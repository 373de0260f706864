import { hostActors } from '../src/runtime/thread/thread.js';
import { echo } from './runtime.bench.js';

hostActors({ echo });
