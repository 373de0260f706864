import { hostActors } from '../../src/runtime/thread/thread.js';
import { reader } from './reader.js';

hostActors({ reader });
