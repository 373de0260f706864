/** The messages that were shown last. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OperationEvent } from '../../../src/index.js';
import { ShownMessages } from '../../../src/ui/cli/prompt/sending/shown-messages.js';
import { messageEvent } from '../../support/message-event.js';

const at = '2026-05-01T10:00:00.000Z';
const message = messageEvent();
const editOf = (peerId: string): OperationEvent => ({
  type: 'edit',
  seq: 2,
  id: 'm2',
  target: 'm1',
  direction: 'in',
  peer: 'eve',
  peerId,
  conversation: peerId,
  at,
  text: 'other words',
  rev: 1,
});

test('an operation changes no message of another peer that has the same id', () => {
  const shown = new ShownMessages();
  shown.add({ message, isOpen: true, quoted: undefined });
  assert.equal(shown.changed(editOf('id-of-eve')), null);
  assert.equal(shown.changed(editOf('id-of-bob'))?.message.text, 'other words');
});
