/** New ids of messages: the time first, so that ids of one home rise and meet on the same page of an index. */
import { uuidv7obj } from 'uuidv7';
import { messageIdFromBytes, type MessageId } from '../ids.js';

export const newMessageId = (): MessageId => messageIdFromBytes(uuidv7obj().bytes);
