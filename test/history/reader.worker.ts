import { hostActors } from '../../src/runtime/thread.js';
import { reader } from './reader.js';

hostActors({ reader });
