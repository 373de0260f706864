/** The event of a message for tests: one that bob sent. */
import type { MessageEvent } from '../../src/index.js';

const at = '2026-05-01T10:00:00.000Z';

export const messageEvent = (fields: Partial<MessageEvent> = {}): MessageEvent => ({
  type: 'message',
  seq: 1,
  id: 'm1',
  direction: 'in',
  peer: 'bob',
  peerId: 'id-of-bob',
  conversation: 'id-of-bob',
  text: 'hello',
  dialect: 'native',
  encryption: 'noise',
  verified: false,
  sentAt: at,
  receivedAt: at,
  state: 'delivered',
  ...fields,
});
