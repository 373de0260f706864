import { hostActors } from '../../src/runtime/index.js';
import { adder, counter } from './two-actors.js';

hostActors({ adder, counter });
