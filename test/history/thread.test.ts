import assert from 'node:assert/strict';
import { test } from 'node:test';
import { history } from '../../src/actors/history/history.js';
import { child, startSupervisor } from '../../src/runtime/index.js';
import { within } from '../support/deadline.js';
import { entry, messageId, peer, temporaryHome } from './driver.js';

const threadEntry = new URL('../../bundle/thread-history.cjs', import.meta.url);

test('the history keeps entries from its own thread, and commits what waits together', async () => {
  const { file, remove } = temporaryHome();
  try {
    const keeper = child(history, {
      args: { file },
      links: {},
      placement: { kind: 'thread', entry: threadEntry },
    });
    const root = (
      await startSupervisor({ name: 'root', strategy: 'one-for-one', children: [keeper] })
    )._unsafeUnwrap();
    const ref = root.ref(keeper);
    const appends = Array.from({ length: 2_000 }, (_, i) => ref.call('append', { entries: [entry(i)] }));
    const answers = await within(Promise.all(appends), 10_000, 'the appends');
    assert.deepEqual(
      answers.map((answer) => answer._unsafeUnwrap().seqs[0]),
      Array.from({ length: 2_000 }, (_, i) => i + 1),
    );
    const stats = (await ref.call('stats', {}))._unsafeUnwrap();
    assert.ok(stats.commits < 500, `${String(stats.commits)} commits`);
    const marked = await ref.call('mark', { peerId: peer(1), ids: [messageId(3)], state: 'delivered' });
    assert.deepEqual(marked._unsafeUnwrap().reached, [messageId(3)]);
    assert.equal((await ref.call('page', { limit: 9, search: 'message 1999' }))._unsafeUnwrap().length, 1);
    assert.equal(
      (await ref.call('page', { limit: 9, search: '"' }))._unsafeUnwrapErr().code,
      'store/bad-query',
    );
    await root.stop();
  } finally {
    remove();
  }
});

test('a history whose home cannot be used refuses to start and says why', async () => {
  const keeper = child(history, {
    args: { file: '/nonexistent/history.db' },
    links: {},
    placement: { kind: 'thread', entry: threadEntry },
  });
  const refused = (
    await startSupervisor({ name: 'root', strategy: 'one-for-one', children: [keeper] })
  )._unsafeUnwrapErr();
  assert.equal(refused.code, 'runtime/start-failed');
  assert.match(JSON.stringify(refused), /store\/unusable/);
});
