/** Following messages: their ids are known before they are sent, so no order of events and answers loses a status. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newMessageId, type NodeEvent, type StatusEvent } from '../../src/index.js';
import { Deliveries } from '../../src/ui/cli/commands/deliveries.js';
import { startFakeNode } from '../support/fake-node.js';
import { eventually } from '../support/deadline.js';

test('a status that comes before the answer of the node is reported once and in order', async (t) => {
  const node = startFakeNode();
  t.after(() => node.close());
  const over = new AbortController();
  t.after(() => over.abort());
  const told: string[] = [];
  const deliveries = new Deliveries({
    node,
    wait: 'delivered',
    onStatus: async ({ id, state }) => void told.push(`${id === mine ? 'mine' : 'other'} ${state}`),
    signal: over.signal,
  });
  const mine = newMessageId();
  const status = (state: StatusEvent['state'], id = mine): StatusEvent & NodeEvent => ({
    type: 'status',
    id,
    peer: 'bob',
    state,
  });
  await deliveries.begin();
  deliveries.sending([mine]);
  assert.equal(deliveries.pending, 0, 'the node has taken nothing yet');
  for (const state of ['queued', 'sent', 'delivered'] as const) node.emit(status(state));
  node.emit(status('delivered', newMessageId()));
  await eventually(() => told.length === 3, 5_000, 'the events are told');
  await deliveries.queued([status('queued')]);
  assert.deepEqual(told, ['mine queued', 'mine sent', 'mine delivered']);
  assert.deepEqual(await deliveries.settled(0), { type: 'all' });
});

test('messages that the node refused are not waited for', async (t) => {
  const node = startFakeNode();
  t.after(() => node.close());
  const signal = AbortSignal.abort();
  const deliveries = new Deliveries({ node, wait: 'sent', onStatus: async () => undefined, signal });
  const ids = [newMessageId(), newMessageId()];
  deliveries.sending(ids);
  deliveries.refused(ids);
  assert.deepEqual(await deliveries.settled(0), { type: 'all' });
});

test('a message that was sent before its program proved to have no receipts is not waited for', async (t) => {
  const node = startFakeNode();
  t.after(() => node.close());
  const over = new AbortController();
  t.after(() => over.abort());
  const told: string[] = [];
  const onStatus = async ({ state }: StatusEvent): Promise<void> => void told.push(state);
  const deliveries = new Deliveries({ node, wait: 'delivered', onStatus, signal: over.signal });
  const id = newMessageId();
  await deliveries.begin();
  deliveries.sending([id]);
  node.emit({ type: 'status', id, peer: 'bob', state: 'sent' });
  await eventually(() => told.length === 1, 5_000, 'the event is told');
  assert.equal(await deliveries.settled(0), null);
  deliveries.settleForSent();
  assert.deepEqual(await deliveries.settled(0), { type: 'all' });
});
