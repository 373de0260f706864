import { hostActors } from '../../src/runtime/thread/thread.js';
import { callers } from './native-caller.js';

hostActors(callers);
