/** Sessions between this version and 1.0.0. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Utterance } from '../../src/dialects/dialect.js';
import { messageIdFromBytes } from '../../src/ids.js';
import { session as limits } from '../../src/session/limits.js';
import {
  connect,
  isUp,
  makeNode,
  resume,
  settle,
  type Pair,
  type TestNode,
} from '../support/session-pair.js';
import { unpackVersion1 } from '../support/version-1.js';

/** A node of version 1.0.0. Its engine has the contract of today's, without what was added since. */
async function oldNode(t: TestContext): Promise<TestNode> {
  const load = unpackVersion1(t);
  const { createSession } = (await load('src/session/session.js')) as Pick<
    Required<TestNode>,
    'createSession'
  >;
  const { TicketBook } = (await load('src/session/tickets.js')) as { TicketBook: new () => TestNode['book'] };
  assert.equal(typeof createSession, 'function');
  return { ...makeNode(), createSession, book: new TicketBook() };
}

const textOf = (number: number, length: number): Utterance => ({
  type: 'text',
  id: messageIdFromBytes(new Uint8Array(16).fill(number)),
  sentAtMs: number,
  text: 'ğ'.repeat(length),
});

/** Both sides say texts, a receipt and a name, and hear exactly that. */
function talk(pair: Pair): void {
  const { initiator, responder } = pair;
  for (const [from, to] of [
    [initiator, responder],
    [responder, initiator],
  ] as const) {
    const words: readonly Utterance[] = [
      { type: 'profile', name: 'Ayşe', instance: '0a'.repeat(8) },
      textOf(1, 3),
      textOf(2, 32_000),
      { type: 'receipt', ids: [messageIdFromBytes(new Uint8Array(16).fill(9))] },
      textOf(3, 1),
    ];
    from.take(from.session.say(words, from.nowMs));
    settle(pair);
    assert.deepEqual(to.said.splice(0), words);
  }
}

const newNode = (): TestNode => makeNode({ features: 0, next: new Uint8Array(32).fill(5) });

test('1.0.0 and this version talk both ways, in full handshakes and in resumed sessions', async (t) => {
  const [old, fresh] = [await oldNode(t), newNode()];
  for (const [a, b] of [
    [old, fresh],
    [fresh, old],
  ] as const) {
    const full = connect(a, b);
    assert.ok(isUp(full) && full.initiator.resumed === false);
    talk(full);
    for (const [caller, called] of [
      [a, b],
      [b, a],
      [b, a],
    ] as const) {
      const resumed = resume(caller, called);
      assert.ok(isUp(resumed) && resumed.initiator.resumed && resumed.responder.resumed);
      talk(resumed);
      resumed.initiator.take(resumed.initiator.session.close('park'));
      settle(resumed);
      assert.deepEqual(resumed.responder.outputs.at(-1), { type: 'closed', reason: 'park' });
    }
  }
});

test('1.0.0 answers our question for a sign of life, and we answer its pings', async (t) => {
  const [old, fresh] = [await oldNode(t), newNode()];
  for (const pair of [connect(old, fresh), connect(fresh, old)]) {
    const [ours, theirs] =
      pair.initiator.node === fresh ? [pair.initiator, pair.responder] : [pair.responder, pair.initiator];
    ours.take(ours.session.ping());
    settle(pair);
    assert.ok(ours.has('answered'));
    theirs.take(theirs.session.tick(limits.pingAfterSilenceMs));
    theirs.nowMs = limits.pingAfterSilenceMs + 1;
    settle(pair);
    theirs.take(theirs.session.tick(limits.silenceMaxMs));
    assert.equal(theirs.failure, null, 'it heard our answer');
  }
});
