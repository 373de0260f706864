/** The message that `copy` takes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { okAsync } from 'neverthrow';
import type { MessageEvent } from '../../src/index.js';
import { messageNamed } from '../../src/ui/cli/clipboard/copy.js';
import { messageEvent } from '../support/message-event.js';

const message = (id: string, more: Partial<MessageEvent> = {}): MessageEvent => messageEvent({ id, ...more });

test('a place counts messages that are not deleted', async () => {
  const stored = [message('m1'), message('m2'), message('m3', { text: '', deleted: true })];
  const node = { history: ({ limit = 0 } = {}) => okAsync(stored.slice(-limit)) };
  const named = async (word: string) => {
    const found = await messageNamed(node, { word, peer: null });
    return 'id' in found ? found.id : found.code;
  };
  assert.deepEqual([await named('@1'), await named('@2')], ['m2', 'm1']);
  assert.deepEqual(await messageNamed(node, { word: '@3', peer: null }), {
    code: 'message/unknown',
    id: '@3',
  });
});
