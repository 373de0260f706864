/** Statuses of messages as events. Pure. */
import type { MessageId } from '../../ids.js';
import type { StatusEvent } from '../events.js';
import type { DeliveryState } from './entry.js';

/** Makes the event of a state. */
export const status = (id: MessageId, peer: string, state: DeliveryState): StatusEvent => ({
  type: 'status',
  id,
  peer,
  state,
});
