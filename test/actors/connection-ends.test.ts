/** The ends of connections that their own actors could not report. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inputOfEnd } from '../../src/actors/node/connections.js';
import { foreignPrefix, sessionPrefix } from '../../src/actors/node/protocol.js';

test('an end of a connection is an input, also where the report of its actor may be lost', () => {
  const crash = { type: 'crash', detail: 'it threw' } as const;
  const end = { type: 'lost', reason: 'crash' };
  const ended = (actor: string, reason: Parameters<typeof inputOfEnd>[0]['reason'] = crash) =>
    inputOfEnd({ actor, reason });
  assert.deepEqual(ended(`${sessionPrefix}s-1`), { type: 'sessionDown', sessionId: 's-1', end });
  assert.deepEqual(ended(`${foreignPrefix}s-2`), { type: 'foreignDown', sessionId: 's-2', end });
  for (const type of ['shutdown', 'no-actor', 'normal'] as const)
    assert.deepEqual(ended(`${sessionPrefix}s-3`, { type })?.end, { type: 'lost', reason: type });
  assert.equal(ended('history'), null);
});
