import { hostActors } from '../../src/runtime/thread.js';
import { callers } from './native-caller.js';

hostActors(callers);
