/**
 * New ids of messages (UUID version 7). They begin with the time, so that the ids of one home rise and lie together
 * in an index.
 */
import { uuidv7obj } from 'uuidv7';
import { messageIdFromBytes, type MessageId } from '../ids.js';

/** Makes a new id. */
export const newMessageId = (): MessageId => messageIdFromBytes(uuidv7obj().bytes);
