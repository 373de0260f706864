/**
 * New ids of messages (UUID version 7). They begin with the time, so that the ids of one home rise and lie together
 * in an index.
 */
import { randomFillSync } from 'node:crypto';
import { V7Generator } from 'uuidv7';
import { messageIdFromBytes, type MessageId } from '../ids.js';
import { node as limits } from './limits.js';

/** Random words, drawn many at a time: a call of the system for each id costs more than the id. */
const pool = new Uint32Array(limits.randomWords);
let used = pool.length;

const generator = new V7Generator({
  nextUint32() {
    if (used >= pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    used += 1;
    return pool[used - 1] ?? 0;
  },
});

/** Makes a new id. */
export const newMessageId = (): MessageId => messageIdFromBytes(generator.generate().bytes);
