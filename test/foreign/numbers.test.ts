/** cmp2204: the private number that its user typed, from the call to the key, and what is kept of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expire } from '../../src/chat/foreign/commands.js';
import { forgetEntries } from '../../src/chat/foreign/sending.js';
import { foreignPeerId } from '../../src/chat/people/name.js';
import { messageIdFromBytes } from '../../src/ids.js';
import { People } from '../../src/chat/people/people.js';
import { foreignState, openTurn, ownPeerId } from '../support/core-parts.js';
import { startScene } from '../support/foreign-scene.js';
import { startResponder } from '../support/standins/cmp2204.js';

test('an invalid private number is refused at once, and nothing waits behind it', async (t) => {
  const scene = await startScene(t);
  const responder = await startResponder({});
  t.after(responder.close);
  const peer = `cmp2204://127.0.0.1:${responder.port}`;
  for (const privateNumber of [1.5, Number.NaN, -1, 0, 1e30, Number.POSITIVE_INFINITY]) {
    const refused = (await scene.node.sendVia(peer, 'bad', { privateNumber }))._unsafeUnwrapErr();
    assert.deepEqual(refused, {
      code: 'dialect/unsupported',
      dialect: 'cmp2204',
      what: `the private number ${privateNumber}`,
    });
  }
  (await scene.node.sendVia(peer, 'good', { privateNumber: Number.MAX_SAFE_INTEGER }))._unsafeUnwrap();
  assert.equal((await responder.received.take()).text, 'good');
});

test('a peer without private numbers is not sent one, and nothing is queued', async (t) => {
  const scene = await startScene(t);
  for (const via of [{ privateNumber: 7 }, { isPlain: true }, { isPlain: false }]) {
    const refused = (await scene.node.sendVia('synergy://127.0.0.1:1', 'x', via))._unsafeUnwrapErr();
    assert.equal(refused.code, 'dialect/unsupported');
  }
  assert.deepEqual((await scene.node.history({}))._unsafeUnwrap(), []);
});

test('a private number is forgotten with its line, however that ends', () => {
  const state = foreignState(new People(ownPeerId));
  const peerId = foreignPeerId('cmp2204', '127.0.0.1', 6001);
  const id = messageIdFromBytes(new Uint8Array(16).fill(1));
  assert.ok(peerId !== null);
  state.privateNumbers.set(id, 6n);
  forgetEntries(state, peerId, [id]);
  assert.equal(state.privateNumbers.size, 0);

  state.privateNumbers.set(id, 6n);
  state.timed.set(id, 0);
  const [report] = expire(state, peerId, [id], openTurn(20_000));
  assert.ok(report?.type === 'refused');
  assert.deepEqual(report.ids, [id]);
  assert.deepEqual([state.privateNumbers.size, state.timed.size], [0, 0]);
});
